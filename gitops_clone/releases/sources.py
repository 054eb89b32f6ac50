"""Values as they stand in files: their tree, and where each of its scalars and mappings can be edited. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from gitops_clone.controllers.model import Values, ValuesForm
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar, Sequence, is_null
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import Path, TooManyAliases, View, Visit
from gitops_clone.helm.yaml_values import NotValues
from gitops_clone.lines import Lines
from gitops_clone.releases.model import At, Spot
from gitops_clone.releases.typed import scalar, typed

_KEY = re.compile(r"[\w-]+")
_SOPS = "SOPS: its MAC covers all values, an edit would make the file undecryptable"


class Unknown(ValueError):
    """The values cannot be told from the files; the message is one line, `line` (1-based) where it is known."""

    def __init__(self, reason: str, file: str = "", line: int | None = None) -> None:
        super().__init__(reason)
        self.file = file
        self.line = line


class Stream(NamedTuple):
    """A text of YAML documents: the number of the first, the lines before it, and what precedes places in it."""

    text: str
    lines_before: int
    first: int
    roots: tuple[Node | None, ...]
    prefix: str = ""

    def root(self, document: int | None = None) -> tuple[int, Node | None]:
        """A document by its number, without one the first that is not empty."""
        numbered = list(enumerate(self.roots, self.first))
        for number, root in numbered:
            if number == document or (document is None and root is not None):
                return number, root
        return self.first, None


@dataclass(frozen=True)
class Source:
    """One source of values. `spots` has its scalars by path, `maps` the places of mappings that may take another key.

    `empty` are mappings that may not, `duplicates` the keys that stand twice on the way to a path. `note` says why none
    of it must be edited.
    """

    file: str
    tree: Any
    spots: Mapping[Path, Spot]
    maps: Mapping[Path, str]
    stream: Stream
    note: str | None = None
    duplicates: Mapping[Path, str] = field(default_factory=dict)
    empty: frozenset[Path] = frozenset()
    offsets: Mapping[At, int] = field(default_factory=dict)

    @cached_property
    def paths(self) -> dict[At, list[Path]]:
        """The paths of each text: several where aliases share it."""
        found: dict[At, list[Path]] = {}
        for path, spot in self.spots.items():
            found.setdefault(spot.at, []).append(path)
        return found

    @cached_property
    def embedded(self) -> dict[At, Spot]:
        """The scalars of YAML that stands in texts of several lines, where it may hold images."""
        found: dict[At, Spot] = {}
        for at, text, _ in self.spots.values():
            if "\n" not in text or "image" not in text:
                continue
            try:
                roots = parse(text, second_opinion=False)
            except Unparsable:
                continue  # a text of another kind, or a template
            for number, root in enumerate(roots):
                for node, where in _pointers(root) if root is not None else ():
                    if isinstance(node, Scalar):
                        inner = At(self.file, f"{at.place}#{number}{where}")
                        found[inner] = Spot(inner, node.value, is_null(node))
        return found

    @cached_property
    def lines(self) -> Lines:
        """Its lines and comments; offsets are those of `offsets`."""
        return Lines(self.stream.text, self.stream.lines_before, self.stream.roots)


def read(data: bytes, values: Values) -> Source:
    """The values of one source, given the bytes of the file that they stand in. Raises `Unknown`."""
    if values.form is ValuesForm.REFERENCE:
        reference = values.reference
        raise Unknown(f"values from {reference.kind} {reference.name} are not known here" if reference else "not known")
    if values.form is ValuesForm.CONTENT:
        return Source(values.file, _nested(values, data.decode("utf-8", "replace")), {}, {}, Stream("", 0, 0, ()))
    stream = _stream(values, data)
    if values.form is ValuesForm.FILE:
        number, root = stream.root()
        return _whole(values, stream, number, root)
    # Behind a `#` stand the document and the pointer in the YAML that a scalar holds.
    outer, *inner = values.pointer.split("#")
    number, view, visit = _found(values, stream, values.document, outer)
    for below in inner:
        document, _, pointer_below = below.partition("/")
        stream = _inner(values, stream, _text(values, visit), f"{stream.prefix}{number}{outer}")
        outer = f"/{pointer_below}"
        number, view, visit = _found(values, stream, int(document), outer)
    if values.form is ValuesForm.TREE:
        return _of(values, stream, number, view, visit)
    place = f"{stream.prefix}{number}{outer}"
    if values.form is ValuesForm.SCALAR:
        return _single(values, stream, _text(values, visit), place)
    held = _inner(values, stream, _text(values, visit), place)
    return _whole(values, held, *held.root())


def _found(values: Values, stream: Stream, document: int, where: str) -> tuple[int, View, Visit]:
    """The node at a pointer of a document, with that document."""
    number, root = stream.root(document)
    view = View(root) if root is not None else None
    visit = _visit(view, where) if view is not None else None
    if visit is None or view is None:
        raise Unknown(f"{where} is not there", values.file)
    return number, view, visit


def _text(values: Values, visit: Visit) -> Scalar:
    if not isinstance(visit.node, Scalar):
        raise Unknown(f"{values.pointer} is no text", values.file)
    return visit.node


def _stream(values: Values, data: bytes) -> Stream:
    """The documents that a source stands among."""
    try:
        source = decode(data)
        check(source)
    except Undecodable as error:
        raise Unknown(str(error), values.file, error.line) from None
    chunks = split(source.utf8)
    wanted = values.document if values.form is not ValuesForm.FILE else 0
    chunk = next(each for each in reversed(chunks) if each.document <= wanted)
    return _parsed(values, chunk.data.decode(), source.utf8.count(b"\n", 0, chunk.start), chunk.document)


def _inner(values: Values, stream: Stream, node: Scalar, place: str) -> Stream:
    """The YAML that a scalar holds."""
    before = stream.lines_before + stream.text.count("\n", 0, node.start) + (node.style in ("|", ">"))
    return _parsed(values, node.value, before, 0, f"{place}#")


def _parsed(values: Values, text: str, before: int, first: int, prefix: str = "") -> Stream:
    try:
        return Stream(text, before, first, tuple(parse(text)), prefix)
    except Unparsable as error:
        raise Unknown(str(error), values.file, error.line + before) from None


def _visit(view: View, where: str) -> Visit | None:
    """The node at a pointer of the expanded document."""
    visit: Visit | None = view.root
    for step in where.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        below = view.children(visit) if visit is not None else ()
        visit = next((child for child in below if str(child.path[-1]) == key), None)
    return visit


def _whole(values: Values, stream: Stream, number: int, root: Node | None) -> Source:
    """The values that a document is."""
    if root is None:
        return Source(values.file, {}, {}, {}, stream)
    view = View(root)
    return _of(values, stream, number, view, view.root)


def _of(values: Values, stream: Stream, number: int, view: View, top: Visit) -> Source:
    """The values that a mapping of a document is."""
    if not isinstance(top.node, MappingNode):
        raise Unknown("its values are no mapping", values.file, stream.lines_before + 1)
    pointers = {id(node): f"{stream.prefix}{number}{where}" for node, where in _pointers(view.root.node)}
    spots: dict[Path, Spot] = {}
    maps: dict[Path, str] = {}
    offsets: dict[At, int] = {}
    duplicates: dict[Path, str] = {}
    empty: set[Path] = set()
    try:
        for visit in view.walk(top):
            path = visit.path[len(top.path) :]
            if visit.duplicate is not None:
                duplicates[path] = visit.duplicate
            if isinstance(visit.node, Scalar):
                at = At(values.file, pointers[id(visit.node)])
                spots[path] = Spot(at, visit.node.value, is_null(visit.node))
                offsets[at] = visit.node.start
            elif isinstance(visit.node, MappingNode) and visit.node.pairs and visit.alias is None:
                maps[path] = pointers[id(visit.node)]
            elif isinstance(visit.node, MappingNode):
                empty.add(path)
        tree = typed(view, top)
    except (TooManyAliases, RecursionError):
        raise Unknown("its aliases stand for too many nodes", values.file) from None
    except NotValues as error:
        raise Unknown(str(error), values.file) from None
    return Source(
        values.file, tree, spots, maps, stream, _encrypted(view), duplicates, frozenset(empty), offsets
    )  # fmt: skip


def _pointers(root: Node) -> Iterator[tuple[Node, str]]:
    """Every node that stands in a document's own text, with its pointer."""
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, where = stack.pop()
        yield node, where
        if isinstance(node, Sequence):
            stack += ((item, f"{where}/{number}") for number, item in enumerate(node.items))
        elif isinstance(node, MappingNode):
            stack += ((value, where + pointer((key.value,))) for key, value in node.pairs if isinstance(key, Scalar))


def _encrypted(view: View) -> str | None:
    sops = view.child(view.root, "sops")
    return _SOPS if sops is not None and view.text(sops, "mac_only_encrypted") != "true" else None


def _single(values: Values, stream: Stream, node: Scalar, place: str) -> Source:
    """One value under a dotted key."""
    at = At(values.file, place)
    value = node.value if values.string or node.style else scalar(node)
    spots: dict[Path, Spot] = {tuple(values.path.split(".")): Spot(at, node.value)}
    return Source(values.file, _nested(values, value), spots, {}, stream, offsets={at: node.start})


def _nested(values: Values, value: Any) -> Any:
    """A value under its dotted key. Raises `Unknown` where the key is more than that."""
    keys = values.path.split(".")
    if not all(_KEY.fullmatch(key) for key in keys):
        raise Unknown(f"the key {values.path} is not understood", values.file)
    for key in reversed(keys):
        value = {key: value}
    return value
