"""The property: a rendering equals the one before with its images relocated, and nothing else changed. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher, unified_diff

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.parse import Unparsable
from gitops_clone.documents.parse import parse as parse_yaml
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.finding import Place, State
from gitops_clone.image import parse
from gitops_clone.render.documents import Document
from gitops_clone.states import Rules, classify

# A document's values that are not shown, or not compared, by their pointers.
_Masks = Mapping[str, Mapping[str, str]]
_SECRET = re.compile(r"/(?:data|stringData)/")


def difference(
    before: Sequence[Document], after: Sequence[Document], rules: Rules, again: Sequence[Document] = ()
) -> str:
    """How a rendering differs from the one before with its images relocated: a unified diff, empty if it does not.

    `again` is the tree before rendered once more: what differs between these two (a random password, the time) is not
    compared. Values of Secrets are compared, but not shown.
    """
    random = _unlike(before, again) if again else {}
    there = {document.name: document for document in after}
    expected = [_relocated(document, there.get(document.name), rules) for document in before]
    secrets = _secrets(before, after)
    wanted = [_shown(document, random, secrets[0]) for document in expected]
    found = [_shown(document, random, secrets[1]) for document in after]
    return "".join(_diff(wanted, found))


def _relocated(document: Document, other: Document | None, rules: Rules) -> Document:
    """A document as it may be after: each image as the other rendering has it, if that is an image's right to be."""
    images = {place.pointer: place for place in other.places} if other else {}
    edits = {place.span: _image(place, images.get(place.pointer), rules) for place in document.places}
    if not edits:
        return document
    text = splice(document.text, (Edit(span, replacement) for span, replacement in edits.items()))
    return replace(document, text=text, root=parse_yaml(text)[0])


def _image(place: Place, other: Place | None, rules: Rules) -> str:
    """The raw text that may stand at a place: the image relocated in any of the ways to pin it, or as it was."""
    finding = classify(place, rules)
    if finding.upstream is None or finding.state not in (State.UPSTREAM, State.BACKUP):
        return place.raw
    entry = rules.lock.images.get(finding.upstream)
    digest = entry.digest if entry else None
    if other is not None and other.image in {place.image, *rules.forms(finding.upstream, digest)}:
        return other.raw
    written = str(rules.scheme.written(parse(finding.upstream), rules.pin, digest))
    return place.raw.replace(place.image, written) if finding.state is State.UPSTREAM else place.raw


def _unlike(before: Sequence[Document], again: Sequence[Document]) -> _Masks:
    """What two renderings of the same files do not agree on."""
    other = {document.name: document for document in again}
    masks = {}
    for document in before:
        if (twin := other.get(document.name)) is not None and twin.text != document.text:
            scalars = twin.scalars()
            masks[document.name] = {
                pointer: "(random)"
                for pointer, scalar in document.scalars().items()
                if pointer not in scalars or scalars[pointer].value != scalar.value
            }
    return masks


def _secrets(before: Sequence[Document], after: Sequence[Document]) -> tuple[_Masks, _Masks]:
    """The values of Secrets of both sides: `(hidden)`, and where they differ, so that the diff tells it."""
    sides = [
        {
            document.name: {p: s.value for p, s in document.scalars().items() if _SECRET.match(p)}
            for document in documents
            if document.name.startswith("Secret ")
        }
        for documents in (before, after)
    ]
    masks: tuple[dict[str, dict[str, str]], ...] = (defaultdict(dict), defaultdict(dict))
    for side, own in enumerate(sides):
        for name, values in own.items():
            others = sides[1 - side].get(name, {})
            for pointer, value in values.items():
                same = others.get(pointer, value) == value
                masks[side][name][pointer] = "(hidden)" if same else f"(hidden, {('before', 'after')[side]})"
    return masks[0], masks[1]


def _shown(document: Document, random: _Masks, secrets: _Masks) -> str:
    masks = {**secrets.get(document.name, {}), **random.get(document.name, {})}
    return document.with_values(masks) if masks else document.text


def _diff(wanted: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    """Whole documents are matched first: lines are compared only where one differs."""
    for tag, start, end, new_start, new_end in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        old, new = "".join(wanted[start:end]), "".join(found[new_start:new_end])
        if not _is_same(old, new):
            lines = unified_diff(old.splitlines(True), new.splitlines(True), "expected", "rendered", n=3)
            yield from (line if line.endswith("\n") else f"{line}\n" for line in lines)


def _is_same(old: str, new: str) -> bool:
    """Whether two texts say the same: comments that Helm leaves in may differ."""
    try:
        prove(old, new, {})
    except (Unproved, Unparsable):
        return False
    return True
