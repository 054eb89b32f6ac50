"""Image entries of post-renderers that name another image (`newName`): relocated where they stand.

Which images of a chart they take, only rendering tells: where the chart is not at hand, an entry counts if it says the
tag or the digest too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.charts.texts import Texts
from gitops_clone.controllers.model import Applied, ImageOverride, Kind
from gitops_clone.documents.amend import Amendment, Insert, Rename, Replace
from gitops_clone.finding import Finding, Place, Rule, RuleKind, Span, State
from gitops_clone.image import parse
from gitops_clone.layers import transformer
from gitops_clone.layers.flow import Key
from gitops_clone.layers.transformer import matches
from gitops_clone.naming import Pin
from gitops_clone.releases.judge import Looked
from gitops_clone.releases.survey import ANNOTATED
from gitops_clone.states import Rules, classify

_TAG = "its tag is that of the chart's image, which only rendering shows"
_RULE = Rule(RuleKind.ENTRY)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, what is found of it, an image each, and the file and document that it stands in."""

    override: ImageOverride
    findings: tuple[Finding, ...]
    file: str
    document: int


@dataclass(frozen=True, slots=True)
class Overrides:
    """The entries of a run's post-renderers; `files` are those that may be edited."""

    entries: tuple[Entry, ...]
    rules: Rules
    files: frozenset[str]

    def amendments(self, available: Available, digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        """The edits by file: an entry moves if all that it makes is backed up."""
        found: dict[str, list[Amendment]] = defaultdict(list)
        for entry in self.entries:
            upstreams = [one.upstream for one in entry.findings if one.state is State.UPSTREAM and one.upstream]
            if len(upstreams) == len(entry.findings) and all(map(available, upstreams)) and entry.file in self.files:
                found[entry.file] += self._moved(entry, upstreams[0], digest)
        return found

    def coupled(self, available: Available, digest: Digest) -> Sequence[frozenset[str]]:
        """None: each entry goes by itself."""
        return ()

    def without(self, files: Collection[str]) -> Self:
        """The same entries, when these files cannot be changed."""
        return replace(self, files=self.files - frozenset(files))

    def _moved(self, entry: Entry, upstream: str, digest: Digest) -> Iterator[Amendment]:
        override, scheme, pin = entry.override, self.rules.scheme, self.rules.pin
        place, reference = f"{entry.document}{override.pointer}", parse(upstream)
        becomes = str(scheme.written(reference, pin, digest(upstream)))
        yield Replace(f"{place}/newName", override.new_name, scheme.backup(reference).name, upstream, becomes)
        if override.digest and not override.new_tag and pin is Pin.NEVER:
            tag = override.digest.replace(":", "_")
            yield Rename(f"{place}/digest", "newTag", override.digest, tag, upstream, becomes)
        locked = digest(upstream) if pin is Pin.ALWAYS else None
        if override.new_tag and not override.digest and locked is not None:
            yield Insert(f"{place}/digest", locked, upstream, becomes)


def overrides(
    applied: Iterable[Applied], looked: Sequence[Looked], texts: Texts, files: Collection[str], rules: Rules
) -> Overrides:
    """The entries with a new name of releases that stand in some files. `looked` are releases as they are rendered."""
    found: dict[tuple[str, int, str], Entry] = {}
    for each in applied:
        if each.owner.kind is not Kind.HELM_RELEASE or each.owner.file not in files:
            continue
        made = _made(each, [one for one in looked if one.reading.release.owner == each.owner])
        for override, images in made.items():
            key = (each.owner.file, each.owner.document, override.pointer)
            findings = tuple(_finding(each, override, image, texts, rules) for image in sorted(images))
            if findings:
                found.setdefault(key, Entry(override, findings, each.owner.file, each.owner.document))
    return Overrides(tuple(found.values()), rules, frozenset(files))


def _made(each: Applied, looked: Sequence[Looked]) -> dict[ImageOverride, set[str]]:
    """What the entries with a new name make; of a tag that is not known, the name alone."""
    found: dict[ImageOverride, set[str]] = {override: set() for override in each.images if override.new_name}
    whole = [one for one in looked if one.rendering is not None and not one.reading.failing and not one.reading.absent]
    if not whole or len(whole) < len(looked):
        for override in found:
            found[override].add(str(transformer.Parts(override.new_name, override.new_tag, override.digest)))
        return found
    for one in whole:
        for seen in one.rendering.seen if one.rendering is not None else ():
            image, last = seen.place.image, None
            for override in each.images:
                if matches(override.name, image):
                    image, last = transformer.apply(_rule(override), image), override
            if last is not None and last.new_name:
                found[last].add(image)
    return found


def _rule(override: ImageOverride) -> transformer.Rule:
    return transformer.Rule(override.name, override.new_name, override.new_tag, override.digest)


def _finding(each: Applied, override: ImageOverride, image: str, texts: Texts, rules: Rules) -> Finding:
    """What an entry makes, at its new name."""
    owner, where = each.owner, f"{override.pointer}/newName"
    stands = texts.at(Key(owner.file, owner.document, where))
    behind = each.images[each.images.index(override) + 1 :]
    taker = next((other for other in behind if matches(other.name, image)), None)
    note = ANNOTATED if owner.ignored else "reached through an alias or a merge key" if stands is None else None
    if note is None and stands is not None:
        note = stands.obstacle or each.obstacle
    if note is None and taker is not None:
        note = f"selected by name in {owner.file}:{taker.line} ({owner})"
    if note is None and image == override.new_name:
        note = _TAG
    return classify(
        Place(
            file=owner.file,
            document=owner.document,
            pointer=where,
            text_pointer=where,
            line=stands.line if stands is not None else override.line,
            column=stands.column if stands is not None else 1,
            image=image,
            raw=image,
            span=Span(0, 0),
            note=note,
            ignored=owner.ignored or (stands is not None and stands.ignored),
            policy=stands.policy if stands is not None else None,
            namespace=each.namespace or each.default_namespace,
            rule=_RULE,
            composed=True,
        ),
        rules,
    )
