"""Text inside scalars: where in the file each part of a scalar's value stands, whatever the scalar's style.

YAML folds, indents and escapes, but it keeps every character that is no white space, in order (YAML 1.2.2, chapters 7
and 8). So the characters of a value and those of its token correspond one to one, white space left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.scalar import content_start
from gitops_clone.finding import Span

_WHITE = frozenset(" \t\r\n")
_SINGLE = re.compile(r"''|[^ \t\r\n]")
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # JSON's escape of one character
_DOUBLE = re.compile(_PAIR + r"|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n|.)|[^ \t\r\n]", re.DOTALL)
_WHITE_ESCAPES = frozenset(("\\t", "\\\t", "\\n", "\\r", "\\ ", "\\\n", "\\\r\n"))


class Uneven(ValueError):
    """The value does not stand in the text in a way that an edit of a part could keep; the message is one line."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A scalar's value, and where it stands: `marks` has the span in the text for each character but white space.

    `places` are the offsets of these characters in the value; `indent` is what precedes each line of a literal block.
    Of a span of the value with white space inside, only the whole can be removed.
    """

    value: str
    style: str
    places: tuple[int, ...]
    marks: tuple[Span, ...]
    indent: str = ""
    newline: str = "\n"

    def edit_of(self, inner: Edit) -> Edit:
        """The edit of the file's text that does what an edit of the value does.

        Raises `Uneven` where the text stands in several pieces, and for added or removed lines but in literal blocks.
        """
        span, new = inner.span, inner.replacement
        if span.start == span.end:
            return self._insertion(span.start, new)
        first, last = bisect_left(self.places, span.start), bisect_left(self.places, span.end)
        outer = self.marks[first:last]
        if last - first != span.end - span.start:
            return self._removal(span, new)
        if any(one.end != other.start for one, other in pairwise(outer)):
            raise Uneven("its text is folded")
        return Edit(Span(outer[0].start, outer[-1].end), self._encoded(new))

    def _insertion(self, offset: int, new: str) -> Edit:
        """Something added behind a character; whole lines only behind a line of a literal block."""
        before = bisect_left(self.places, offset)
        if before == 0 or ("\n" in new and self.style != "|"):
            raise Uneven("lines can be added only to a literal block")
        at = self._behind(before - 1, offset)
        return Edit(Span(at, at), self._encoded(new).replace("\n", f"{self.newline}{self.indent}"))

    def _removal(self, span: Span, new: str) -> Edit:
        """A text with white space inside, to be taken out."""
        first, last = bisect_left(self.places, span.start), bisect_left(self.places, span.end)
        if new or first == last or first == 0 or self.places[last - 1] + 1 != span.end:
            raise Uneven("a text with white space inside cannot be replaced in one piece")
        if self.style != "|" and "\n" in self.value[span.start : span.end]:
            raise Uneven("lines can be removed only from a literal block")
        return Edit(Span(self._behind(first - 1, span.start), self.marks[last - 1].end), "")

    def _behind(self, mark: int, offset: int) -> int:
        """Where an offset of the value stands that is behind a mark, on its line."""
        blanks = self.value[self.places[mark] + 1 : offset]
        if "\n" in blanks:
            raise Uneven("its text is folded")
        return self.marks[mark].end + len(blanks)

    def _encoded(self, new: str) -> str:
        if self.style == "'":
            return new.replace("'", "''")
        return new.replace("\\", "\\\\").replace('"', '\\"') if self.style == '"' else new


def embedded(text: str, scalar: Scalar) -> Embedded:
    """Where the value of a scalar of the text stands. Raises `Uneven` where the two do not correspond."""
    start, end = content_start(text, scalar), scalar.end
    places = tuple(place for place, character in enumerate(scalar.value) if character not in _WHITE)
    if scalar.style == '"':
        marks = tuple(_escaped(text, start + 1, end - 1))
    elif scalar.style == "'":
        marks = tuple(Span(*match.span()) for match in _SINGLE.finditer(text, start + 1, end - 1))
    else:
        body = (text.find("\n", start, end) + 1 or end) if scalar.style else start
        marks = tuple(Span(place, place + 1) for place in range(body, end) if text[place] not in _WHITE)
    if len(marks) != len(places):
        raise Uneven("its text has another form than its value")
    indent, newline = _layout(text, scalar, places, marks) if scalar.style == "|" and marks else ("", "\n")
    return Embedded(scalar.value, scalar.style, places, marks, indent, newline)


def _escaped(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _DOUBLE.finditer(text, start, end):
        token = match[0]
        coded = len(token) < 12 and token[:2] in ("\\x", "\\u", "\\U") and chr(int(token[2:], 16))
        if token not in _WHITE_ESCAPES and coded not in _WHITE:
            yield Span(*match.span())


def _layout(text: str, scalar: Scalar, places: tuple[int, ...], marks: tuple[Span, ...]) -> tuple[str, str]:
    """What precedes each line of a literal block, and the line break: read off the first line with content."""
    line = text.rfind("\n", 0, marks[0].start) + 1
    inner = places[0] - (scalar.value.rfind("\n", 0, places[0]) + 1)
    return text[line : marks[0].start - inner], "\r\n" if text[line - 2 : line] == "\r\n" else "\n"
