"""A file to its documents, by bytes, so that only those are parsed that can matter.

A document starts at a line `---`. That holds inside block and quoted scalars too, where YAML forbids such a line
(YAML 1.2.2, rule c-forbidden). A file with directives or document end marks is one chunk, parsed whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Each begins with a literal, which `re` finds five times faster than the start of a line, and then looks back.
_START = re.compile(rb"---(?<![^\n]---)(?=[ \t\r\n]|\Z)")
_DIRECTIVE = re.compile(rb"%(?<![^\n]%)")
_END = re.compile(rb"\.\.\.(?<![^\n]\.\.\.)(?=[ \t\r\n]|\Z)")
_CONTENT = re.compile(rb"^[ \t]*[^\s#]", re.MULTILINE)


class Chunk(NamedTuple):
    """A run of bytes that holds one document, or the whole stream if `document` is 0 and the file is parsed whole."""

    document: int
    start: int
    data: bytes


def split(utf8: bytes) -> list[Chunk]:
    """The documents of a file, empty ones counted, in order."""
    starts = [match.start() for match in _START.finditer(utf8)]
    if not starts or _DIRECTIVE.search(utf8) or _END.search(utf8):
        return [Chunk(0, 0, utf8)]
    if starts[0] > 0 and _CONTENT.search(utf8, 0, starts[0]):
        starts.insert(0, 0)
    else:
        starts[0] = 0
    ends = [*starts[1:], len(utf8)]
    return [Chunk(number, start, utf8[start:end]) for number, (start, end) in enumerate(zip(starts, ends, strict=True))]
