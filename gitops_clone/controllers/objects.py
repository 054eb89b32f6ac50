"""The objects of one file, as readers of controllers take them: found by bytes first, with positions. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gitops_clone.controllers.model import Owner
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.candidates import is_definition
from gitops_clone.finders.view import TooManyAliases, View, Visit

_MAX_LISTED = 10_000
_IMAGE_LIST = "argocd-image-updater.argoproj.io/image-list"


@dataclass(frozen=True, slots=True)
class Object:
    """One object: its root `visit` in the `view` of a document, and what is needed to say where things stand."""

    file: str
    document: int
    view: View
    visit: Visit
    text: str
    lines_before: int

    @property
    def kind(self) -> str:
        return self.read("kind") or ""

    @property
    def group(self) -> str:
        """The API group, without the version."""
        return (self.read("apiVersion") or "").rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.read("metadata", "name") or ""

    @property
    def namespace(self) -> str | None:
        return self.read("metadata", "namespace") or None

    def at(self, *keys: str) -> Visit | None:
        return self.view.at(self.visit, *keys)

    def read(self, *keys: str) -> str | None:
        """The text of the scalar under a path of keys; None where there is none."""
        return self.view.text(self.visit, *keys)

    def items(self, visit: Visit | None) -> Iterator[Visit]:
        """The items of a list; nothing for anything else."""
        if visit is not None and isinstance(visit.node, SequenceNode):
            yield from self.view.children(visit)

    def texts(self, visit: Visit | None) -> Iterator[tuple[str, Visit]]:
        """The items of a list that are scalars, each with its text."""
        for item in self.items(visit):
            if isinstance(item.node, Scalar):
                yield item.node.value, item

    def flat(self, visit: Visit | None) -> dict[str, str]:
        """The keys of a mapping that have scalars as values."""
        below = self.view.children(visit) if visit is not None else ()
        return {str(child.path[-1]): child.node.value for child in below if isinstance(child.node, Scalar)}

    def pointer(self, *keys: str) -> str:
        return pointer((*self.visit.path, *keys))

    def line(self, visit: Visit) -> int:
        """The line (1-based) of a scalar; that of the first scalar in a collection."""
        for found in self.view.walk(visit):
            if isinstance(found.node, Scalar):
                return self.lines_before + self.text.count("\n", 0, found.node.start) + 1
        return self.lines_before + 1

    def duplicate(self, visit: Visit | None) -> str | None:
        """Why what has a key that stands twice cannot be told; None if there is no such key at or below a visit."""
        for found in self.view.walk(visit) if visit is not None else ():
            if found.duplicate is not None:
                return f'its key "{found.duplicate}" stands twice'
        return None

    def owner(self, kind: str) -> Owner:
        return Owner(
            self.file,
            self.document,
            self.line(self.visit),
            kind,
            self.name,
            self.namespace,
            pointer(self.visit.path),
            self.read("metadata", "annotations", "gitops-clone/ignore") == "true",
            tuple(_updated(self.read("metadata", "annotations", _IMAGE_LIST) or "")),
        )


def _updated(text: str) -> Iterator[str]:
    """The names in a list `alias=name:constraint, …`
    (https://argocd-image-updater.readthedocs.io/en/v0.16.0/configuration/images/)."""
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        name = entry.partition("=")[2] if "=" in entry.partition(":")[0] else entry
        path, slash, last = name.rpartition("/")
        yield f"{path}{slash}{last.partition(':')[0]}"


def objects(file: str, data: bytes, marks: Collection[bytes]) -> Iterator[Object]:
    """The objects of the documents that hold one of the `marks`, also those in a List; no custom resource definitions.

    What cannot be decoded or parsed has none: the scan reports it.
    """
    if not any(mark in data for mark in marks):
        return
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return
    lines_before = 0
    for chunk in split(source.utf8):
        if any(mark in chunk.data for mark in marks) and not is_definition(chunk.data):
            text = chunk.data.decode()
            try:
                roots = parse(text, second_opinion=False)
            except Unparsable:
                roots = []
            for document, root in enumerate(roots, chunk.document):
                if root is not None:
                    yield from _of_document(file, document, View(root), text, lines_before)
        lines_before += chunk.data.count(b"\n")


def _of_document(file: str, document: int, view: View, text: str, lines_before: int) -> Iterator[Object]:
    pending = [view.root]
    seen = 0
    try:
        while pending and seen < _MAX_LISTED:
            visit = pending.pop(0)
            seen += 1
            kind = view.text(visit, "kind") or ""
            listed = view.child(visit, "items") if kind.endswith("List") else None
            if listed is not None:
                pending += view.children(listed)
            else:
                yield Object(file, document, view, visit, text, lines_before)
    except (TooManyAliases, RecursionError):
        return


def unknown(texts: Mapping[str, str | None]) -> str | None:
    """Why texts, by what they are, cannot be told: the first that something else fills in; None if none."""
    for what, text in texts.items():
        if text is not None and "{{" in text:
            return f"its {what} is templated: {{{{ … }}}}"
        if text is not None and "${" in text:
            return f"its {what} has a variable: ${{…}}"
    return None


def inside(path: str) -> str | None:
    """A path of a source as a name relative to its root, "" for the root itself ("/" and "./" too); None above it."""
    name = posixpath.normpath(path.lstrip("/") or ".")
    return None if name == ".." or name.startswith("../") else "" if name == "." else name
