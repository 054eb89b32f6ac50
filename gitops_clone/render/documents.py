"""Rendered text as documents: each with the object it holds, so that the same object is found in another rendering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar, Sequence
from gitops_clone.documents.parse import parse
from gitops_clone.documents.proof import text_pointers
from gitops_clone.documents.split import split
from gitops_clone.finders.view import View
from gitops_clone.finding import Place, Span
from gitops_clone.places import find_places


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its text, what it holds (`Deployment web`; of several alike, numbered), and its images' places."""

    text: str
    kind: str
    name: str
    root: Node | None
    places: tuple[Place, ...]

    def scalars(self) -> dict[str, Scalar]:
        """Its scalars, by the pointers of their texts."""
        pointers = text_pointers(self.root)
        return {pointers[id(scalar)]: scalar for scalar in _scalars(self.root) if id(scalar) in pointers}

    def with_values(self, values: Mapping[str, str]) -> str:
        """The text with the whole scalars at pointers replaced; what they become is for reading only."""
        if not values:
            return self.text
        scalars = self.scalars()
        edits = [_whole(self.text, scalars[pointer], value) for pointer, value in values.items() if pointer in scalars]
        return splice(self.text, edits)


def read(text: str) -> list[Document]:
    """The documents of what a tool rendered. Raises `Unparsable`."""
    by_chunk: dict[int, list[Place]] = {}
    for place in find_places("", text.encode()).places:
        by_chunk.setdefault(place.chunk, []).append(place)
    documents: list[Document] = []
    names = Counter[str]()
    for chunk in split(text.encode()):
        here = chunk.data.decode()
        roots = parse(here)
        root = roots[0] if roots else None
        kind, name = _named(root)
        names[name] += 1
        name = f"{name} ({names[name]})" if names[name] > 1 else name
        documents.append(Document(here, kind, name, root, tuple(by_chunk.get(chunk.start, ()))))
    return documents


def _named(root: Node | None) -> tuple[str, str]:
    if root is None:
        return "", "nothing"
    view = View(root)
    kind = view.text(view.root, "kind") or "object"
    name, namespace = view.text(view.root, "metadata", "name") or "", view.text(view.root, "metadata", "namespace")
    return kind, f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _scalars(root: Node | None) -> Iterator[Scalar]:
    stack = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Sequence):
            stack += node.items
        elif isinstance(node, MappingNode):
            stack += (value for _, value in node.pairs)


def _whole(text: str, scalar: Scalar, value: str) -> Edit:
    end = scalar.end
    while end > scalar.start and text[end - 1] in "\r\n":  # a block scalar ends behind its last line
        end -= 1
    return Edit(Span(scalar.start, end), value)
