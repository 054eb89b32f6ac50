"""Rendered text as documents: each with the object it holds, so that the same object is found in another rendering."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import text_pointers
from gitops_clone.documents.split import split
from gitops_clone.documents.texts import scalars
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.finders.view import View
from gitops_clone.finding import Place, Span
from gitops_clone.places import find_places

# How kustomize writes an object, and most charts; to parse megabytes of definitions for their names would take longer
# than to render them.
_KIND = re.compile(r"^kind: (\w+)[ \t]*$", re.MULTILINE)
_METADATA = re.compile(r"^metadata:[ \t]*\n((?:  .*\n)+)", re.MULTILINE)
_NAME = re.compile(r"^  name: ([\w.:-]+)[ \t]*$", re.MULTILINE)
_NAMESPACE = re.compile(r"^  namespace: (.*)$", re.MULTILINE)


class Unreadable(ValueError):
    """What a tool rendered could hold an image, and cannot be read; the message is one line."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its text, what it holds (`Deployment web`; of several alike, numbered), and its images' places."""

    text: str
    kind: str
    name: str
    places: tuple[Place, ...]

    def scalars(self) -> dict[str, Scalar]:
        """Its scalars, by the pointers of their texts."""
        root = _root(self.text)
        pointers = text_pointers(root)
        return {pointers[id(scalar)]: scalar for scalar in scalars(root) if id(scalar) in pointers}

    def with_values(self, values: Mapping[str, str]) -> str:
        """The text with the whole scalars at pointers replaced; what they become is for reading only."""
        if not values:
            return self.text
        scalars = self.scalars()
        edits = [_whole(self.text, scalars[pointer], value) for pointer, value in values.items() if pointer in scalars]
        return splice(self.text, edits)


def read(text: str, catalogue: Catalogue = SHIPPED, namespace: str | None = None) -> list[Document]:
    """The documents of what a tool rendered; objects without a namespace are in the given one. Raises `Unreadable`."""
    found = find_places("", text.encode(), catalogue)
    for skipped in found.skipped:
        if skipped.fatal:
            raise Unreadable(f"line {skipped.line}: {skipped.reason}" if skipped.line else skipped.reason)
    by_chunk: dict[int, list[Place]] = {}
    for place in found.places:
        known = place if place.namespace or not namespace else replace(place, namespace=namespace)
        by_chunk.setdefault(place.chunk, []).append(known)
    documents: list[Document] = []
    names = Counter[str]()
    for chunk in split(text.encode()):
        here = chunk.data.decode()
        kind, name = _named(here)
        names[name] += 1
        name = f"{name} ({names[name]})" if names[name] > 1 else name
        documents.append(Document(here, kind, name, tuple(by_chunk.get(chunk.start, ()))))
    return documents


def _named(text: str) -> tuple[str, str]:
    """The kind of an object, and kind, namespace and name in one text."""
    kind, metadata = _KIND.search(text), _METADATA.search(text)
    name = _NAME.search(metadata[1]) if metadata else None
    if kind is None or metadata is None or name is None:
        return _named_by_parsing(text)
    namespace = _NAMESPACE.search(metadata[1])
    return _joined(kind[1], namespace[1].strip("\"' ") if namespace else None, name[1])


def _named_by_parsing(text: str) -> tuple[str, str]:
    root = _root(text)
    if root is None:
        return "", "nothing"
    view = View(root)
    namespace, name = (view.text(view.root, "metadata", key) for key in ("namespace", "name"))
    return _joined(view.text(view.root, "kind") or "object", namespace, name or "")


def _joined(kind: str, namespace: str | None, name: str) -> tuple[str, str]:
    return kind, f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def _root(text: str) -> Node | None:
    try:
        roots = parse(text)
    except Unparsable:
        return None  # it holds no image: `read` has looked
    return roots[0] if roots else None


def _whole(text: str, scalar: Scalar, value: str) -> Edit:
    """The edit that replaces a scalar, quotes and all."""
    end = scalar.end
    while end > scalar.start and text[end - 1] in "\r\n":  # a block scalar ends behind its last line
        end -= 1
    return Edit(Span(scalar.start, end), value)
