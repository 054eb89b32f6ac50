"""Which scalars of values compose which image: told by rendering once more with each of them marked. Pure.

A scalar that may be a part of an image's name gets a mark in front, one that holds a digest another digest. Where the
marks come out in the images says what a chart makes of its values, whatever its templates do on the way.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.finding import Span
from gitops_clone.releases import keys
from gitops_clone.releases.model import At, Spot

_LETTERS = "abcdefghijklmnoprstuvwx"
_MARK = re.compile(r"zq([a-pr-x]+)qz", re.IGNORECASE)
_DIGEST = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{64}(?![0-9a-fA-F])")
_SEPARATOR = re.compile(r"[/:@]")
_WORD = re.compile(r"[A-Za-z0-9]")
_MOST = 2000
"""How many scalars one rendering may mark."""


class Part(NamedTuple):
    """A piece of an image's text, and the scalar that it is the whole value of; None: the chart's own text."""

    text: str
    at: At | None


Composition = tuple[Part, ...]


class Mark(NamedTuple):
    """Where a marked scalar shows: the span of its mark, what stands there in truth, and where that is in its value."""

    start: int
    end: int
    at: At
    truth: str
    offset: int


@dataclass(frozen=True, slots=True)
class Marks:
    """`values` are the marked values to render with; the rest is the way back, from marks and digests to scalars."""

    values: Mapping[At, str]
    _texts: Mapping[At, str]
    _words: Mapping[str, At]
    _digests: Mapping[str, tuple[At, str]]

    def composition(self, text: str, marked: str, span: Span) -> Composition | None:
        """What composes an image, the part of a text at a span, given the text that the marked values rendered.

        None if that is not understood.
        """
        plain, found = self.plain(marked)
        if plain != text:
            return None
        pieces = set()
        for place, mark in found:
            start = place - mark.offset
            if span.start <= place < span.end:
                pieces.add((start - span.start, start + len(self._texts[mark.at]) - span.start, mark.at))
        return self._parts(text[span.start : span.end], sorted(pieces))

    def plain(self, marked: str) -> tuple[str, list[tuple[int, Mark]]]:
        """A marked text as it is in truth, and the marks with their places in that."""
        truth = ""
        position = 0
        found: list[tuple[int, Mark]] = []
        for each in self.within(marked):
            truth += marked[position : each.start]
            found.append((len(truth), each))
            truth += each.truth
            position = each.end
        return truth + marked[position:], found

    def within(self, text: str) -> Iterator[Mark]:
        """The marks that a text shows, in its order."""
        found: list[Mark] = []
        for match in _MARK.finditer(text):
            if (at := self._words.get(match[1].lower())) is not None:
                found.append(Mark(*match.span(), at, "", _first_word(self._texts[at])))
        for match in _DIGEST.finditer(text) if self._digests else ():
            if match[0] in self._digests:
                at, digest = self._digests[match[0]]
                found.append(Mark(*match.span(), at, digest, self._texts[at].index(digest)))
        yield from sorted(found)

    def _parts(self, image: str, pieces: Iterable[tuple[int, int, At]]) -> Composition | None:
        parts: list[Part] = []
        position = 0
        for start, end, at in pieces:
            if start < position or image[start:end] != self._texts[at]:
                return None
            if start > position:
                parts.append(Part(image[position:start], None))
            parts.append(Part(image[start:end], at))
            position = end
        return (*parts, Part(image[position:], None)) if position < len(image) else tuple(parts)


def mark(images: Collection[str], spots: Iterable[Spot], *, words: bool = False) -> Marks:
    """Mark the scalars whose text may be a part of one of these images' names, or holds one of their digests.

    A mere word (`mysql`) may mean anything, and marked change what is rendered: without `words`, it is marked only
    under a key that speaks of images.
    """
    names = {run for image in images for run in _runs(image)}
    digests = {digest for image in images for digest in _DIGEST.findall(image)}
    values: dict[At, str] = {}
    texts: dict[At, str] = {}
    marks: dict[str, At] = {}
    others: dict[str, tuple[At, str]] = {}
    for at, text, _ in spots:
        if at in values or len(values) == _MOST:
            continue
        marked = text
        if (found := _DIGEST.search(text)) and found[0] in digests:
            other = hashlib.sha256(f"{len(values)}".encode()).hexdigest()
            others[other] = at, found[0]
            marked = text.replace(found[0], other, 1)
        if text.strip("/") in names and (words or _SEPARATOR.search(text) or keys.speaks(at.place)):
            word = _word(len(values))
            marks[word] = at
            first = _first_word(marked)
            marked = f"{marked[:first]}zq{word}qz{marked[first:]}"
        if marked != text:
            values[at], texts[at] = marked, text
    return Marks(values, texts, marks, others)


def name_end(image: str) -> int:
    """Where the name of an image ends, and its tag or digest begins."""
    name = image.partition("@")[0]
    colon = name.rfind(":")
    return colon if colon > name.rfind("/") else len(name)


def lead(parts: Composition) -> At | None:
    """The scalar that has the repository: the last one of the name."""
    end = name_end("".join(part.text for part in parts))
    position = 0
    found = None
    for part in parts:
        if part.at is not None and position < end:
            found = part.at
        position += len(part.text)
    return found


def is_whole(composition: Composition | None) -> bool:
    """Whether the whole name of an image is known to come from scalars, but for what separates them."""
    if composition is None:
        return False
    end = name_end("".join(part.text for part in composition))
    position = 0
    for part in composition:
        if part.at is None and _WORD.search(part.text[: max(end - position, 0)]):
            return False
        position += len(part.text)
    return True


def _runs(image: str) -> Iterator[str]:
    """The texts that may be a part of an image's name: runs of its components, to the end also with tag and digest."""
    starts = [0, *(match.end() for match in _SEPARATOR.finditer(image, 0, name_end(image)))]
    ends = [*(match.start() for match in _SEPARATOR.finditer(image)), len(image)]
    for start in starts:
        yield from (image[start:stop] for stop in ends if stop > start)


def _first_word(text: str) -> int:
    match = _WORD.search(text)
    return match.start() if match else 0


def _word(number: int) -> str:
    word = ""
    while True:
        number, digit = divmod(number, len(_LETTERS))
        word += _LETTERS[digit]
        if number == 0:
            return word
