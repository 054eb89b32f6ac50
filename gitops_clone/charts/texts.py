"""Where texts stand in their files: lines, columns, comments; and what else a file says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Alias, Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import text_span
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.layers.flow import Key
from gitops_clone.lines import Lines
from gitops_clone.places import COMMENTED, sops_note

_SHARED = "other places of its document may have its text by an alias"


class Stands(NamedTuple):
    """Where a text stands (1-based), as it is written; the ImagePolicy that owns its line, and why it must stay.

    `ignored`: a comment says that it must.
    """

    line: int
    column: int
    raw: str
    policy: str | None = None
    obstacle: str | None = None
    ignored: bool = False


class _Chunk(NamedTuple):
    first: int
    text: str
    roots: list[Node | None]
    lines: Lines


class Texts:
    """Answers for the files of a repository; `content` gives their bytes."""

    def __init__(self, content: Callable[[str], bytes | None]) -> None:
        self._content = content
        self._known: dict[str, list[_Chunk]] = {}

    def at(self, key: Key) -> Stands | None:
        """Where the text at a place stands; of one inside a scalar, where that begins. None where it does not."""
        outer, mark, _ = key.pointer.partition("#")
        for chunk in self._chunks(key.file):
            number = key.document - chunk.first
            root = chunk.roots[number] if 0 <= number < len(chunk.roots) else None
            node = at(root, outer)[1] if root is not None else None
            if root is not None and isinstance(node, Scalar):
                shared = any(_is_anchored(at(root, above)[1]) for above in _above(outer))
                return _stands(chunk, root, node, inner=bool(mark), shared=shared)
            if isinstance(node, Alias):
                return Stands(*chunk.lines.position(node.start), f"*{node.name}", obstacle=_SHARED)
        return None

    def _chunks(self, file: str) -> list[_Chunk]:
        if file not in self._known:
            self._known[file] = list(_read(self._content(file) or b""))
        return self._known[file]


def _above(pointer: str) -> Iterator[str]:
    """A pointer, and those to all that is above its place."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def _is_anchored(node: Node | None) -> bool:
    """Whether aliases may have a node elsewhere, too."""
    return node is not None and not isinstance(node, Alias) and node.anchor is not None


def _stands(chunk: _Chunk, root: Node, scalar: Scalar, *, inner: bool, shared: bool) -> Stands:
    span = None if inner else text_span(chunk.text, scalar)
    start, end = (span.start, span.end) if span is not None else (scalar.start, scalar.end)
    line, column = chunk.lines.position(start)
    raw = chunk.text[start:end] if span is not None else scalar.value
    ignored = chunk.lines.ignored(start) or chunk.lines.ignored(scalar.start)
    obstacle = COMMENTED if ignored else sops_note(root) or (_SHARED if shared else None)
    return Stands(line, column, raw, chunk.lines.policy(start), obstacle, ignored)


def _read(data: bytes) -> Iterator[_Chunk]:
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return
    before = 0
    for chunk in split(source.utf8):
        text = chunk.data.decode()
        try:
            roots = parse(text)
        except Unparsable:
            roots = []
        yield _Chunk(chunk.document, text, roots, Lines(text, before, roots))
        before += chunk.data.count(b"\n")
