"""The property: a rendering equals the one before with its images relocated, and nothing else changed. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher, unified_diff
from itertools import zip_longest

from gitops_clone.charts import addresses
from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.parse import Unparsable
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.finding import Certainty, Place, Span, State
from gitops_clone.image import parse
from gitops_clone.render.documents import Document, Unreadable, read
from gitops_clone.render.judged import without_given
from gitops_clone.states import Rules, classify

# The hash that kustomize puts at the end of a name (its alphabet).
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}\Z")
_NAME = re.compile(r"[\w.-]+-[2456789bcdfghkmt]{10}(?![\w.-])")
_SECRET = re.compile(r"/(?:data|stringData)/")


def difference(
    before: Sequence[Document], after: Sequence[Document], rules: Rules, again: Sequence[Document] = ()
) -> str:
    """How a rendering differs from the one before with its images relocated: a unified diff, empty if it does not.

    `again` is the tree before rendered once more: what differs between these two (a random password, the time) is not
    compared. Values of Secrets are compared, but not shown. What objects of Flux and Argo CD give to what they apply is
    not compared here, but where that is rendered.
    """
    rules = replace(rules, certainty=Certainty.POSSIBLE)  # what an image is, whoever asked for how sure it must be
    before, after, again = without_given(before), without_given(after), without_given(again)
    random = {
        one.name: dict.fromkeys(_unlike(one, other), "(random)")
        for one, other in _pairs(before, again)
        if one and other
    }
    wanted: dict[str, str] = {}
    found: dict[str, str] = {}
    names = _renamed(_pairs(before, after))
    for old, new in _pairs(before, after):
        masks = random.get(old.name, {}) if old else {}
        hidden = _hidden(old, new)
        if old:
            text = _relocated(old, new, rules).with_values({**hidden[0], **masks})
            wanted[old.name] = _NAME.sub(lambda match: names.get(match[0], match[0]), text) if names else text
        if new:
            found[new.name] = new.with_values({**hidden[1], **masks})
    return "".join(_diff([wanted[each.name] for each in before], [found[each.name] for each in after], before))


def _renamed(pairs: Iterable[tuple[Document | None, Document | None]]) -> dict[str, str]:
    """The new names of ConfigMaps whose generated name ends with another hash, since their texts were relocated."""
    renamed: dict[str, str] = {}
    for old, new in pairs:
        if old and new and old.kind == "ConfigMap" and old.name != new.name:
            name, other = (each.name.split()[-1].rpartition("/")[2] for each in (old, new))
            if _HASH.sub("", name) == _HASH.sub("", other):
                renamed[name] = other
    return renamed


def _pairs(
    before: Sequence[Document], after: Sequence[Document]
) -> Iterator[tuple[Document, Document] | tuple[Document, None] | tuple[None, Document]]:
    """The same objects of two renderings: by name; those with names of their own (hashes, random ones) in order."""
    there = {document.name: document for document in after}
    here = {document.name for document in before}
    left: dict[str, tuple[list[Document], list[Document]]] = defaultdict(lambda: ([], []))
    for document in before:
        if document.name in there:
            yield document, there[document.name]
        else:
            left[document.kind][0].append(document)
    for document in after:
        if document.name not in here:
            left[document.kind][1].append(document)
    for old, new in left.values():
        yield from zip_longest(old, new)


def _relocated(document: Document, other: Document | None, rules: Rules) -> Document:
    """A document as it may be after: each image as the other rendering has it, if that is an image's right to be."""
    theirs = {(place.pointer, place.inner): place for place in other.places} if other else {}
    edits: dict[Span, str] = {}
    for place in document.places:
        edits |= _image(place, theirs.get((place.pointer, place.inner)), rules)
    whole: dict[Span, str] = {}
    if other and document.kind == "ConfigMap" and document.text != other.text:
        whole = _embedded(document, other, rules)
    if other and document.kind in addresses.KINDS and document.text != other.text:
        whole |= _addresses(document, other, rules)
    edits = {span: text for span, text in edits.items() if not any(_holds(each, span) for each in whole)}
    if not edits and not whole:
        return document
    text = splice(document.text, [Edit(span, replacement) for span, replacement in {**edits, **whole}.items()])
    return replace(document, text=text)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _embedded(document: Document, other: Document, rules: Rules) -> dict[Span, str]:
    """The edits that relocate manifests in the data of a ConfigMap, which has them from files that were rewritten."""
    theirs = other.scalars()
    return {
        Span(scalar.start, scalar.end): other.text[twin.start : twin.end]
        for pointer, scalar in document.scalars().items()
        if pointer.startswith("/data/") and (twin := theirs.get(pointer)) and _moved(scalar.value, twin.value, rules)
    }


def _addresses(document: Document, other: Document, rules: Rules) -> dict[Span, str]:
    """The edits that relocate where an object takes charts and other artifacts from."""
    theirs = other.scalars()
    return {
        Span(scalar.start, scalar.end): other.text[twin.start : twin.end]
        for pointer, scalar in document.scalars().items()
        if addresses.PLACE.search(pointer) and (twin := theirs.get(pointer))
        if addresses.is_moved(scalar.value, twin.value, rules.scheme)
    }


def _moved(before: str, after: str, rules: Rules) -> bool:
    """Whether a text of manifests is another one with its images relocated."""
    try:
        old, new = read(before), read(after)
    except Unreadable:
        return False
    return (
        before != after
        and len(old) == len(new)
        and after == "".join(_relocated(one, other, rules).text for one, other in zip(old, new, strict=True))
    )


def _image(place: Place, other: Place | None, rules: Rules) -> dict[Span, str]:
    """The raw texts that may stand at a place: the image relocated in any of the ways to pin it, or as it was."""
    finding = classify(place, rules)
    if finding.upstream is None or finding.state not in (State.UPSTREAM, State.BACKUP):
        return {}
    entry = rules.lock.images.get(finding.upstream)
    digest = entry.digest if entry else None
    if other is not None and other.image in {place.image, *rules.forms(finding.upstream, digest)}:
        if place.parts:
            theirs = {part.role: part.raw for part in other.parts}
            return {part.span: theirs.get(part.role, part.raw) for part in place.parts}
        return {place.span: other.raw} if place.span.start < place.span.end else {}
    if finding.state is not State.UPSTREAM or place.parts:
        return {}
    written = str(rules.scheme.written(parse(finding.upstream), rules.pin, digest))
    return {place.span: place.raw.replace(place.image, written)}


def _unlike(one: Document, other: Document) -> list[str]:
    """The pointers of the scalars in which a document differs from another."""
    if one.text == other.text:
        return []
    scalars = other.scalars()
    return [
        pointer
        for pointer, scalar in one.scalars().items()
        if pointer not in scalars or scalars[pointer].value != scalar.value
    ]


def _hidden(old: Document | None, new: Document | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What is shown for the values of a Secret, before and after: `(hidden)`, and whether they differ."""
    values = [
        {pointer: scalar.value for pointer, scalar in document.scalars().items() if _SECRET.match(pointer)}
        if document and document.kind == "Secret"
        else {}
        for document in (old, new)
    ]
    shown: list[dict[str, str]] = []
    for side, own in enumerate(values):
        unlike = f"(hidden, {('before', 'after')[side]})"
        shown.append({p: "(hidden)" if values[1 - side].get(p, value) == value else unlike for p, value in own.items()})
    return shown[0], shown[1]


def _diff(wanted: Sequence[str], found: Sequence[str], before: Sequence[Document]) -> Iterator[str]:
    """Whole documents are matched first: lines are compared only where one differs."""
    for tag, start, end, new_start, new_end in SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        old, new = "".join(wanted[start:end]), "".join(found[new_start:new_end])
        if not _is_same(old, new):
            where = ", ".join(["expected", *(document.name for document in before[start:end])])
            lines = unified_diff(old.splitlines(True), new.splitlines(True), where, "rendered", n=3)
            yield from (line if line.endswith("\n") else f"{line}\n" for line in lines)


def _is_same(old: str, new: str) -> bool:
    """Whether two texts say the same: comments that Helm leaves in may differ."""
    try:
        prove(old, new, {})
    except (Unproved, Unparsable):
        return False
    return True
