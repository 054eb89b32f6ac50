"""What stands around a mention in a YAML or JSON file: a comment, or a place of an object. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from gitops_clone.documents.node import Node
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.split import split
from gitops_clone.documents.standing import Standing, scalars
from gitops_clone.finders.catalogue import Catalogue, Form
from gitops_clone.finders.templates import is_template
from gitops_clone.finders.whereabouts import Whereabouts, locate, rows_along
from gitops_clone.mentions import contexts
from gitops_clone.mentions.model import Context, What
from gitops_clone.mentions.names import Hit


def explain(utf8: bytes, hits: Sequence[Hit], catalogue: Catalogue) -> Iterator[Context]:
    """For each hit in a file's text, in order, what it is by what stands around it."""
    chunks = split(utf8)
    starts = [chunk.start for chunk in chunks]
    known: dict[int, _Document] = {}
    for hit in hits:
        number = bisect_right(starts, hit.start) - 1
        if number not in known:
            known[number] = _Document(chunks[number].data, catalogue)
        yield known[number].context(hit.start - starts[number])


class _Document:
    """A chunk of a file, parsed once for all mentions in it."""

    def __init__(self, data: bytes, catalogue: Catalogue) -> None:
        self._data, self._catalogue = data, catalogue
        self._roots: list[Node] | None
        self._standing: list[tuple[int, Node, Standing]] = []
        try:
            text = data.decode()
            self._roots = [root for root in parse(text, second_opinion=not is_template(text)) if root is not None]
        except (UnicodeDecodeError, Unparsable, RecursionError):
            self._roots = None
            return
        self._standing = [(each.scalar.start, root, each) for root in self._roots for each in scalars(root)]

    def context(self, offset: int) -> Context:
        """What stands at an offset in bytes."""
        if self._roots is None:
            return contexts.TEMPLATE
        place = len(self._data[:offset].decode())
        before = bisect_right(self._standing, place, key=lambda item: item[0]) - 1
        if before >= 0 and place < self._standing[before][2].scalar.end:
            _, root, standing = self._standing[before]
            return _of_place(locate(root, standing.path), self._catalogue)
        return contexts.of_comment(self._line(offset))

    def _line(self, offset: int) -> str:
        start = self._data.rfind(b"\n", 0, offset) + 1
        end = self._data.find(b"\n", offset)
        return self._data[start : len(self._data) if end < 0 else end].decode("utf-8", "replace")


def _of_place(place: Whereabouts, catalogue: Catalogue) -> Context:
    """What a mention in an object is: what the catalogue says of its place, or of one above it."""
    if place.path[:1] == ("status",):
        return contexts.RECORDED
    for row in (along.row for along in rows_along(place, catalogue) if along.reaches and along.row.note):
        if row.form in (Form.MENTION, Form.NOT_IMAGE):
            told = ": ".join(filter(None, (place.kind, row.note)))
            return Context(What.NAMED, told, needs_hand=row.form is Form.MENTION)
    return contexts.MANIFEST
