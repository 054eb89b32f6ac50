"""How an image could be relocated in the scalars that compose it: the ways, the best first. Pure.

Nothing here decides: a way is rendered, and taken only if all that is rendered comes out right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from gitops_clone.documents.planned import Tree
from gitops_clone.releases import keys
from gitops_clone.releases.compose import Composition, Part, name_end
from gitops_clone.releases.model import At

_MOST = 48
"""How many ways are thought of for one image."""
_ALGORITHM = "sha256:"

Texts = dict[At, str]


class Near(NamedTuple):
    """A scalar beside another, and its text; None: there is no such key, but it can be added at this place."""

    at: At
    text: str | None


Beside = Callable[[At, tuple[str, ...]], Sequence[Near]]
"""What is or could be beside a scalar under the keys of a kind; what wins over others comes first."""


@dataclass(frozen=True, slots=True)
class Way:
    """Scalars that get another value, keys that are added, and what is to be rendered then."""

    target: str
    set: Mapping[At, str] = field(default_factory=dict)
    added: Mapping[At, Tree] = field(default_factory=dict)


def ways(
    image: str, parts: Composition, targets: Sequence[str], home: str, beside: Beside, *, proved: bool = True
) -> list[Way]:
    """The ways to make one of the targets of an image, the best first. `home` is its new registry.

    Where no rendering proves them (`proved`), only those that charts take for certain.
    """
    found = (way for target in targets for way in _ways(image, parts, target, home, beside, proved))
    return list(islice(found, _MOST))


def _ways(image: str, parts: Composition, target: str, home: str, beside: Beside, proved: bool) -> Iterator[Way]:
    """The ways to one target: in the parts of the name alone if tag and digest stay, else in theirs too."""
    end, new_end = name_end(image), name_end(target)
    names, tail = _cut(parts, end)
    if image[end:] == target[new_end:] or not names:
        yield from (Way(target, *each) for each in _renamed(image, parts, target, home, beside))
        return
    if not tail:
        yield from (
            Way(target, texts) for texts in _fits(parts, target) if texts.get(_at(parts[0]), "").startswith(home)
        )
    renamed = list(_renamed(image, names, target[:new_end], home, beside))
    for tail_texts, added_below in _tails(names, tail, target[new_end:], beside, proved):
        for texts, added in renamed:
            yield Way(target, {**texts, **tail_texts}, {**added, **added_below})


def _cut(parts: Composition, end: int) -> tuple[Composition, Composition]:
    """The parts of the name, and those of tag and digest; nothing where one scalar holds some of both."""
    names: list[Part] = []
    position = 0
    for number, part in enumerate(parts):
        after = position + len(part.text)
        if after > end > position:
            if part.at is not None:
                return (), parts
            head, rest = Part(part.text[: end - position], None), Part(part.text[end - position :], None)
            return (*names, head), (rest, *parts[number + 1 :])
        if position >= end:
            return tuple(names), parts[number:]
        names.append(part)
        position = after
    return tuple(names), ()


def _renamed(
    image: str, parts: Composition, target: str, home: str, beside: Beside
) -> Iterator[tuple[Texts, dict[At, Tree]]]:
    """The new texts of parts that make the target, and what must be added beside them."""
    if "".join(part.text for part in parts) == target:
        yield {}, {}
        return
    first = parts[0]
    is_host = image.startswith(f"{first.text}/") and _is_host(first.text)
    fits = [fit for fit in _fits(parts, target) if fit.get(_at(first), "").startswith(home)]
    for texts in sorted(fits, key=lambda fit: (is_host and fit[_at(first)] != home, len(fit))):
        yield texts, {}
    if first.at is not None and not is_host and target.startswith(f"{home}/"):
        # A registry that stands there without a value: nothing but that may have to change.
        for near in beside(first.at, keys.REGISTRY):
            for texts in _same_or_fits(parts, target.removeprefix(f"{home}/")) if near.text == "" else ():
                yield {**texts, near.at: home}, {}
    if first.at is None and len(parts) > 1 and first.text.endswith("/") and target.startswith(f"{home}/"):
        # The chart has a registry of its own: it must be given another.
        second = parts[1]
        for near in beside(_at(second), keys.REGISTRY):
            for texts in sorted(_fits(parts[1:], target.removeprefix(f"{home}/")), key=len):
                yield ({**texts, near.at: home}, {}) if near.text is not None else (texts, {near.at: home})


def _at(part: Part) -> At:
    return part.at or At("", "")


def _is_host(text: str) -> bool:
    return "/" not in text and ("." in text or ":" in text or text == "localhost")


def _fits(parts: Composition, target: str) -> list[Texts]:
    """The new texts of scalars with which the parts make the target; each ends where a component of it ends."""
    found: list[Texts] = []

    def fit(number: int, rest: str, texts: Texts) -> None:
        if number == len(parts):
            if not rest:
                found.append({at: text for at, text in texts.items() if text != olds[at]})
            return
        part = parts[number]
        if part.at is None or part.at in texts:
            text = part.text if part.at is None else texts[part.at]
            if rest.startswith(text):
                fit(number + 1, rest[len(text) :], texts)
            return
        for text in _heads(rest, last=number == len(parts) - 1):
            fit(number + 1, rest[len(text) :], {**texts, part.at: text})

    olds = {part.at: part.text for part in parts if part.at is not None}
    fit(0, target, {})
    return found


def _same_or_fits(parts: Composition, target: str) -> list[Texts]:
    """The new texts as above; none are new if the parts make the target already."""
    return [{}] if "".join(part.text for part in parts) == target else sorted(_fits(parts, target), key=len)


def _heads(text: str, *, last: bool) -> Iterator[str]:
    """The beginnings of a text that end where a component of it ends."""
    if not last:
        yield from (text[:end] for end in range(1, len(text)) if text[end] in "/:@")
    if text:
        yield text


def _tails(
    names: Composition, tail: Composition, target: str, beside: Beside, proved: bool
) -> Iterator[tuple[Texts, dict[At, Tree]]]:
    """The new texts for tag and digest that make the tail of the target."""
    text = "".join(part.text for part in tail)
    tag, digest = _taken_apart(text)
    new_tag, new_digest = _taken_apart(target)
    holder = next((part for part in tail if part.at is not None and digest and digest[7:] in part.text), None)
    if holder is not None and "@" in holder.text:
        yield {_at(holder): target.removeprefix(":").removeprefix("@")}, {}
        return
    anchor = holder or next((part for part in reversed(names) if part.at is not None), None)
    if anchor is None:
        return
    tags = beside(_at(anchor), keys.TAG)
    for digest_texts in _digests(anchor, holder, new_digest, beside):
        if new_tag == tag:
            yield digest_texts, {}
        for near in tags:
            if near.text is None:
                yield digest_texts, {near.at: new_tag}
            elif near.text != new_tag:
                yield {**digest_texts, near.at: new_tag}, {}
    if new_digest and holder is None and proved:
        for near in tags:
            if near.text:
                yield {near.at: f"{new_tag}@{new_digest}".removeprefix("@")}, {}


def _digests(anchor: Part, holder: Part | None, new: str, beside: Beside) -> Iterator[Texts]:
    """The new texts for the scalar that holds, or could hold, the digest: as it is written there, or in both forms."""
    bare = new.removeprefix(_ALGORITHM)
    if holder is not None:
        yield {_at(holder): new if holder.text.startswith(_ALGORITHM) else bare}
    elif not new:
        yield {}
    else:
        for near in beside(_at(anchor), keys.DIGEST):
            if near.text is not None:
                is_hex = "sha" in near.at.place.rpartition("/")[2].lower()
                yield from ({near.at: text} for text in ((bare, new) if is_hex else (new, bare)))


def _taken_apart(tail: str) -> tuple[str, str]:
    """Tag and digest of `:1.25@sha256:…`, empty where there is none."""
    tag, _, digest = tail.partition("@")
    return tag.removeprefix(":"), digest
