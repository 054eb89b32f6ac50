"""The folders of a tree that are charts, and what is in a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finders.view import View
from gitops_clone.render import tree as trees
from gitops_clone.render.tree import Tree

_CHART = "Chart.yaml"


def charts(tree: Tree) -> list[str]:
    """The charts, but for libraries and those that are a part of another chart (below its charts/)."""
    folders = sorted(name.rpartition("/")[0] for name in tree.names if name.rpartition("/")[2] == _CHART)
    return [each for each in folders if not _is_part(each, folders) and not _is_library(tree.read(_in(each, _CHART)))]


def names(tree: Tree, folder: str) -> list[str]:
    """The names of the manifests and kustomizations at or below a folder."""
    prefix = _in(folder, "")
    return sorted({name for name in (*tree.names, *tree.kustomizations) if name.startswith(prefix)})


def chart_file(folder: str) -> str:
    """The name of the file that makes a folder a chart."""
    return _in(folder, _CHART)


def is_chart(tree: Tree, folder: str) -> bool:
    return _in(folder, _CHART) in tree


def is_below(folder: str, outer: str) -> bool:
    """Whether a folder is another one, or below it."""
    return not outer or folder == outer or folder.startswith(f"{outer}/")


def outermost(folders: Iterable[str]) -> list[str]:
    """The folders that are not below another one of them."""
    found: list[str] = []
    for each in sorted(folders, key=lambda folder: folder.split("/")):
        if not found or not is_below(each, found[-1]):
            found.append(each)
    return found


def is_values(folder: str, name: str) -> bool:
    """Whether a file is a values file beside a chart's own."""
    own = name.removeprefix(_in(folder, ""))
    return own.startswith("values-") and own.endswith((".yaml", ".yml")) and "/" not in own


def linked_outside(tree: Tree, folder: str) -> str | None:
    """The symbolic link of a chart, Helm following them all, that leaves the tree."""
    for directory, folders, files in os.walk(tree.root / folder):
        for name in (*folders, *files):
            path = Path(directory, name)
            if path.is_symlink() and not trees.is_below(tree.root, path):
                return f"{path.relative_to(tree.root)} is a symbolic link to outside the repository"
    return None


def _in(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_part(folder: str, folders: Collection[str]) -> bool:
    """Whether a chart lies in another chart's charts/."""
    parts = folder.split("/")
    return any(part == "charts" and "/".join(parts[:end]) in folders for end, part in enumerate(parts))


def _is_library(data: bytes) -> bool:
    """Whether it is a chart that others use, and that Helm does not render."""
    try:
        roots = parse(data.decode())
    except (Unparsable, UnicodeDecodeError):
        return False
    return any(root is not None and View(root).text(View(root).root, "type") == "library" for root in roots)
