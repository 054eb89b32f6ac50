"""The documents of files, each parsed once, to say in which object a place stands."""

from __future__ import annotations

from pathlib import Path

from gitops_clone.documents.node import Node
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.documents.split import split
from gitops_clone.explain.composed import Part
from gitops_clone.finders.whereabouts import Whereabouts, below, locate
from gitops_clone.finding import Place
from gitops_clone.releases.model import At


class Trees:
    """The files below a root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, bytes] = {}
        self._chunks: dict[tuple[str, int], list[Node | None]] = {}

    def locate(self, place: Place) -> Whereabouts | None:
        """Where a place stands; None outside YAML and JSON."""
        if place.text_pointer is None:
            return None
        try:
            roots = self._documents(place)
        except (OSError, Undecodable, Unparsable, UnicodeDecodeError):
            return None
        first, listed = roots
        number = place.document - first
        node = listed[number] if number < len(listed) else None
        return locate(node, _path(node, place.text_pointer.partition("#")[0])) if node is not None else None

    def parts(self, place: Place) -> tuple[Part, ...]:
        """The texts of a split reference, with their lines."""
        if not place.parts:
            return ()
        utf8 = self._text(place.file)
        text = utf8[place.chunk :].decode("utf-8", "replace")
        before = utf8.count(b"\n", 0, place.chunk)
        return tuple(
            Part(
                part.within.image if part.within else part.value,
                At(place.file, f"{place.document}{part.text_pointer}"),
                before + text.count("\n", 0, part.span.start) + 1,
                part.span.start - text.rfind("\n", 0, part.span.start),
            )
            for part in place.parts
        )

    def _text(self, file: str) -> bytes:
        if file not in self._files:
            self._files[file] = decode((self._root / file).read_bytes()).utf8
        return self._files[file]

    def _documents(self, place: Place) -> tuple[int, list[Node | None]]:
        """The number of the first document of a place's chunk, and its documents."""
        chunk = next(c for c in reversed(split(self._text(place.file))) if c.document <= place.document)
        key = (place.file, chunk.start)
        if key not in self._chunks:
            self._chunks[key] = parse(chunk.data.decode())
        return chunk.document, self._chunks[key]


def _path(root: Node, text: str) -> tuple[str | int, ...]:
    """The path of a pointer: numbers where a list is."""
    path: list[str | int] = []
    node: Node | None = root
    for part in text.split("/")[1:]:
        step: str | int = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, SequenceNode) and isinstance(step, str) and step.isdigit():
            step = int(step)
        path.append(step)
        node = below(node, step)
    return tuple(path)
