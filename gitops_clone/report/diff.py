"""A unified diff as git prints it: `git apply` takes it when it is not coloured and not for a terminal.

Edits put text in the place of other text within lines, so line N before is line N after, and one pass over the lines
finds every difference; difflib would take minutes for a file of 10 MB.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from gitops_clone.report.visible import printable, visible

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import FileChange

CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file"
_QUOTED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class _Range(NamedTuple):
    """Lines `start:end` (0-based) before, and `new_start:new_end` after."""

    start: int
    end: int
    new_start: int
    new_end: int


def render(files: Sequence[FileChange], style: Style) -> str:
    """The diff of all files, with a newline at the end; nothing if no file differs.

    On a terminal, control characters are shown as escapes and CRLF as a line end. In the log of a GitHub runner,
    lines that look like its commands are disarmed by `::stop-commands::`, which `git apply` passes over. The part of a
    file that is not UTF-8 is decoded, and commented out with `#`: git takes UTF-16 for binary.
    """
    lines = [line for file in files if file.before != file.after for line in _file(file, style)]
    if lines and style.github:
        token = os.urandom(16).hex()  # nobody who wrote a manifest can know it
        lines = [f"::stop-commands::{token}", *lines, f"::{token}::"]
    return "".join(f"{line}\n" for line in lines)


def _file(file: FileChange, style: Style) -> list[str]:
    before = file.before.decode(file.encoding).split("\n")
    after = file.after.decode(file.encoding).split("\n")
    lines = _header(file.file, style)
    lines += [line for hunk in _hunks(_differences(before, after)) for line in _hunk(hunk, before, after, style)]
    if file.encoding == "utf-8":
        return lines
    note = f"# {visible(file.file)} is {file.encoding.upper()}: decoded here, git apply passes over it"
    return [note, *(lines if style.terminal or style.colour else [f"# {line}" for line in lines])]


def _header(name: str, style: Style) -> list[str]:
    old, new = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    end = "\t" if " " in name else ""  # as git does: else the name would end at the space
    return [style.strong(f"diff --git {old} {new}"), style.strong(f"--- {old}{end}"), style.strong(f"+++ {new}{end}")]


def _quoted(path: str) -> str:
    """The path as git writes it: in C's quotes if anything in it is special, bytes of what cannot be shown in octal."""
    if path.isprintable() and not re.search(r'["\\]|##', path):
        return path
    return '"' + "".join(_QUOTED.get(c, c if c.isprintable() and c != "#" else _octal(c)) for c in path) + '"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def _differences(before: Sequence[str], after: Sequence[str]) -> list[_Range]:
    if len(before) == len(after):
        numbers = [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        return [_Range(number, number + 1, number, number + 1) for number in numbers]
    # Lines came or went: everything between the first and the last difference.
    start = next(n for n, (old, new) in enumerate(zip_longest(before, after)) if old != new)
    start = min(start, len(before) - 1, len(after) - 1)  # a last line that got or lost its newline
    end, new_end = len(before), len(after)
    while end > start and new_end > start and before[end - 1] == after[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    return [_Range(start, end, start, new_end)]


def _hunks(differences: Sequence[_Range]) -> Iterator[list[_Range]]:
    """Differences whose context would touch share a hunk."""
    hunk: list[_Range] = []
    for difference in differences:
        if hunk and difference.start - hunk[-1].end > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(difference)
    if hunk:
        yield hunk


def _hunk(hunk: Sequence[_Range], before: Sequence[str], after: Sequence[str], style: Style) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    # A text that ends in a newline splits into one more, empty string, which is no line.
    length = len(before) - (before[-1] == "")
    new_length = len(after) - (after[-1] == "")
    start = max(first.start - CONTEXT, 0)
    end = min(last.end + CONTEXT, length)
    new_start = start + first.new_start - first.start
    new_end = min(last.new_end + CONTEXT, new_length)
    yield style.hunk(f"@@ -{_extent(start, end)} +{_extent(new_start, new_end)} @@")

    position = start
    for difference in _runs(hunk):
        yield from _lines(" ", before, position, difference.start, style)
        old, new = before[difference.start : difference.end], after[difference.new_start : difference.new_end]
        yield from _changed("-", old, new, difference.end == len(before), style)
        yield from _changed("+", new, old, difference.new_end == len(after), style)
        position = difference.end
    yield from _lines(" ", before, position, end, style)


def _extent(start: int, end: int) -> str:
    """Line and number of lines as a hunk header has them; an empty range names the line before it."""
    if end == start:
        return f"{start},0"
    return f"{start + 1}" if end - start == 1 else f"{start + 1},{end - start}"


def _runs(hunk: Sequence[_Range]) -> Iterator[_Range]:
    """Differences in lines that follow each other as one, so that all removed lines come before the added ones."""
    run = hunk[0]
    for difference in hunk[1:]:
        if difference.start == run.end:
            run = _Range(run.start, difference.end, run.new_start, difference.new_end)
        else:
            yield run
            run = difference
    yield run


def _lines(sign: str, text: Sequence[str], start: int, end: int, style: Style) -> Iterator[str]:
    for number in range(start, end):
        yield f"{sign}{_shown(text[number], style)}"
        if number == len(text) - 1:
            yield _NO_NEWLINE


def _changed(sign: str, lines: Sequence[str], others: Sequence[str], at_end: bool, style: Style) -> Iterator[str]:
    """Removed or added lines, with what differs from the other side set off."""
    if at_end and lines and lines[-1] == "":
        lines, at_end = lines[:-1], False
    paint = style.removed if sign == "-" else style.added
    for number, line in enumerate(lines):
        text = _shown(line, style)
        head, tail = len(text), 0
        if style.colour and len(lines) == len(others):
            other = _shown(others[number], style)
            head = _shared(text, other)
            tail = _shared(text[head:][::-1], other[head:][::-1])
        middle = len(text) - tail
        yield paint(sign + text[:head]) + paint(text[head:middle], changed=True) + paint(text[middle:])
    if at_end and lines:
        yield _NO_NEWLINE


def _shared(one: str, other: str) -> int:
    """The length of the common prefix."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _shown(line: str, style: Style) -> str:
    if not (style.terminal or style.colour):
        return line
    return "\t".join(printable(part) for part in line.removesuffix("\r").removeprefix("\ufeff").split("\t"))
