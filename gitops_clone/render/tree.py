"""A folder of files as rendering sees it: its manifests, and what was rendered from them as files of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import View, Visit


@dataclass(frozen=True, slots=True)
class Tree:
    """The names of manifests and of kustomizations, relative to `root`; `made` are texts under names of no file."""

    root: Path
    names: Sequence[str]
    kustomizations: Sequence[str]
    made: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """The bytes of a file, or of what was made; nothing for what cannot be read, which the scan reports."""
        if name in self.made:
            return self.made[name]
        try:
            return (self.root / name).read_bytes() if name in self else b""
        except OSError:
            return b""

    def content(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none, or it is outside the tree."""
        return self.read(name) if name in self.made or name in self else None

    def at(self, name: str, document: int, pointer: str) -> tuple[View, Visit] | None:
        """What stands at a pointer of a document of a file, aliases expanded; None where nothing does."""
        try:
            source = decode(self.read(name))
            check(source)
            chunk = next(each for each in reversed(split(source.utf8)) if each.document <= document)
            root = dict(enumerate(parse(chunk.data.decode(), second_opinion=False), chunk.document)).get(document)
        except (Undecodable, Unparsable):
            return None
        if root is None:
            return None
        view = View(root)
        visit: Visit | None = view.root
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            below = view.children(visit) if visit is not None else ()
            visit = next((child for child in below if str(child.path[-1]) == key), None)
        return (view, visit) if visit is not None else None

    def __contains__(self, name: object) -> bool:
        """Whether it is a regular file of the tree, not one that a link outside leads to."""
        path = self.root / str(name)
        return path.is_file() and is_below(self.root, path)


def is_below(root: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)
