"""What a release renders: its images, what composes them, and how one rendering differs from another. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.pointer import at as node_at
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.documents.split import split
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finding import Place, Span
from gitops_clone.places import find_places
from gitops_clone.releases.compose import Composition, Marks
from gitops_clone.releases.model import At

_KIND = re.compile(r"^kind:[ \t]*(\S+)", re.MULTILINE)
_NAME = re.compile(r"^  name:[ \t]*(\S+)", re.MULTILINE)

Texts = Mapping[str, str]
"""What each template renders."""


class Unreadable(ValueError):
    """What a chart renders could hold an image, and cannot be read; the message is one line."""


class Seen(NamedTuple):
    """An image in what a template renders; the place's file is the template."""

    template: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the templates of a release render, and the images in it."""

    texts: Texts
    seen: tuple[Seen, ...]


def look(texts: Texts, catalogue: Catalogue) -> Rendering:
    """Find the images. Raises `Unreadable`."""
    seen: list[Seen] = []
    for template, text in texts.items():
        found = find_places(template, text.encode(), catalogue)
        for skipped in found.skipped:
            if skipped.fatal:
                raise Unreadable(f"what {template} renders cannot be read: line {skipped.line}: {skipped.reason}")
        seen += (Seen(template, place) for place in found.places)
    return Rendering(texts, tuple(seen))


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of the marks: the composition of each image (None: not understood), in the order of `seen`.

    `elsewhere` says of scalars where else the chart puts them.
    """

    compositions: tuple[Composition | None, ...]
    elsewhere: Mapping[At, str]


def trace(rendering: Rendering, marks: Marks, marked: Texts) -> Marked:
    """Which scalars compose the images of a rendering, given the one with marked values."""
    compositions: list[Composition | None] = [None] * len(rendering.seen)
    elsewhere: dict[At, str] = {}
    by_template: dict[str, list[int]] = defaultdict(list)
    for number, (template, _) in enumerate(rendering.seen):
        by_template[template].append(number)
    for template, text in marked.items():
        before, after = split(rendering.texts.get(template, "").encode()), split(text.encode())
        numbers = {chunk.start: number for number, chunk in enumerate(before)}
        here: dict[int, list[int]] = defaultdict(list)
        for index in by_template[template] if len(before) == len(after) else ():
            here[numbers[rendering.seen[index].place.chunk]].append(index)
        for number, chunk in enumerate(after):
            places = {index: rendering.seen[index].place for index in here[number]}
            first = before[number].document if places else 0
            found, strange = _trace_chunk(chunk.data.decode(), first, places, marks)
            for index, composition in found.items():
                compositions[index] = composition
            elsewhere = {**strange, **elsewhere}
    return Marked(tuple(compositions), elsewhere)


def _trace_chunk(
    text: str, first: int, places: Mapping[int, Place], marks: Marks
) -> tuple[dict[int, Composition | None], dict[At, str]]:
    """The compositions of the images in a document, and the scalars that show elsewhere in it, with where that is."""
    whole = {index: _whole(place) for index, place in places.items()}
    if next(marks.within(text), None) is None:
        return {index: marks.composition(value, value, span) for index, (value, span) in whole.items()}, {}
    found: dict[int, Composition | None] = {}
    known: dict[tuple[int, str], Scalar | None] = {}
    spans: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for index, place in places.items():
        where = (place.document - first, place.text_pointer or "")
        if where not in known:
            known[where] = _scalar(text, *where)
        scalar, (value, span) = known[where], whole[index]
        found[index] = marks.composition(value, scalar.value, span) if scalar is not None else None
        spans[where].append(span)
    scalars = {where: scalar for where, scalar in known.items() if scalar is not None}
    strange: dict[At, str] = {}
    for where, scalar in scalars.items():
        for offset, mark in marks.plain(scalar.value)[1]:
            if not any(span.start <= offset < span.end for span in spans[where]):
                strange.setdefault(mark.at, named(text))
    for mark in marks.within(text):
        if not any(scalar.start <= mark.start < scalar.end for scalar in scalars.values()):
            strange.setdefault(mark.at, f"{named(text)}: {_line(text, mark.start)}")
    return found, strange


def _whole(place: Place) -> tuple[str, Span]:
    """The value of the scalar that an image stands in, and the image's span there."""
    return (place.within.value, place.within.span) if place.within else (place.image, Span(0, len(place.image)))


def _line(text: str, offset: int) -> str:
    """The key of the line at an offset, for people."""
    start = text.rfind("\n", 0, offset) + 1
    return text[start:offset].strip().partition(": ")[0][:60]


def _scalar(text: str, document: int, pointer: str) -> Scalar | None:
    try:
        roots = parse(text, second_opinion=False)
    except Unparsable:
        return None
    root = roots[document] if document < len(roots) else None
    node = node_at(root, pointer)[1] if root is not None else None
    return node if isinstance(node, Scalar) else None


def named(text: str) -> str:
    """How reports name the object of a text: `Deployment web`."""
    kind, name = _KIND.search(text), _NAME.search(text)
    return f"{kind[1] if kind else 'an object'}{f' {name[1]}' if name else ''}"


def differences(before: Rendering, wanted: Mapping[int, str], after: Texts) -> Iterator[tuple[int | None, str]]:
    """Where a rendering is not the one before with images (by index in `seen`) replaced: the index, or None elsewhere.

    Each comes with what stands there instead.
    """
    if before.texts.keys() != after.keys():
        yield None, "other templates render something"
        return
    by_template: dict[str, list[int]] = defaultdict(list)
    for number, (template, _) in enumerate(before.seen):
        by_template[template].append(number)
    for template, old in before.texts.items():
        new = after[template]
        places = {number: before.seen[number].place for number in by_template[template]}
        expected = _replaced(old, {places[number]: wanted[number] for number in places if number in wanted})
        if expected == new or _is_same(expected, new):
            continue
        wrong = list(_wrong(places, wanted, old, new))
        yield from wrong
        if not wrong:
            yield None, _first_difference(expected, new)


def _replaced(text: str, images: Mapping[Place, str]) -> str:
    """A text with the images at places replaced."""
    if not images:
        return text
    starts = _starts(text)
    edits: dict[tuple[int, int], Edit] = {}
    for place, image in images.items():
        offset = starts[place.chunk]
        span = Span(place.span.start + offset, place.span.end + offset)
        edits[span] = Edit(span, place.raw.replace(place.image, image) if place.raw != place.image else image)
    return splice(text, edits.values())


def _starts(text: str) -> dict[int, int]:
    """The offset in code points of each chunk, by its offset in bytes."""
    starts: dict[int, int] = {}
    offset = 0
    for chunk in split(text.encode()):
        starts[chunk.start] = offset
        offset += len(chunk.data.decode())
    return starts


def _wrong(places: Mapping[int, Place], wanted: Mapping[int, str], old: str, new: str) -> Iterator[tuple[int, str]]:
    """The images that are not what they should be."""
    before, after = split(old.encode()), split(new.encode())
    if len(before) != len(after):
        return
    numbers = {chunk.start: number for number, chunk in enumerate(before)}
    expected: dict[tuple[int, int, str], list[tuple[Span, str]]] = defaultdict(list)
    by_scalar: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for index, place in places.items():
        number = numbers[place.chunk]
        where = (number, place.document - before[number].document, place.text_pointer or "")
        expected[where].append((_whole(place)[1], wanted.get(index, place.image)))
        by_scalar[where].append(index)
    for where, indices in by_scalar.items():
        number, document, pointer = where
        value = splice(_whole(places[indices[0]])[0], [Edit(*each) for each in expected[where]])
        scalar = _scalar(after[number].data.decode(), document, pointer)
        found = scalar.value if scalar is not None else None
        if found != value:
            whole = _whole(places[indices[0]])[0]
            reason = "the chart leaves it out" if found is None else f"the chart makes {found} of it"
            reason = "a part of it stands in the chart's templates" if found == whole else reason
            yield from ((index, reason[:200]) for index in indices)


def _is_same(one: str, other: str) -> bool:
    try:
        prove(one, other, {})
    except (Unproved, Unparsable):
        return False
    return True


def _first_difference(expected: str, new: str) -> str:
    """What else has changed: the first line that has."""
    line, before = 0, ""
    for number, (one, other) in enumerate(zip(expected.splitlines(), new.splitlines(), strict=False)):
        if one != other:
            line, before = number, other.strip()
            break
    head = "\n".join(new.splitlines()[:line])
    start = max(head.rfind("\n---"), 0)
    name = named("\n".join([head[start:], *new.splitlines()[line:]]))
    return f"the chart also changes {name}: {before[:120]}" if before else f"the chart also changes {name}"
