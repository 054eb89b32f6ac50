"""What of a tree of files is applied to a cluster: kustomizations that no other includes, charts, applications."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finders.view import View
from gitops_clone.finding import Skipped
from gitops_clone.layers.graph import Graph, build, resolve
from gitops_clone.layers.survey import read_all
from gitops_clone.render import applications
from gitops_clone.render.applications import Application
from gitops_clone.render.model import EntryPoint, Kind

_CHART = "Chart.yaml"


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of files: the names of its manifests and of its kustomizations, relative to `root`."""

    root: Path
    names: Sequence[str]
    kustomizations: Sequence[str]


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """The entry points of a tree, sorted; `foreign` are the applications whose chart is not in the repository."""

    found: tuple[EntryPoint, ...]
    foreign: tuple[Application, ...]
    skipped: tuple[Skipped, ...]


def find(tree: Tree, chosen: Collection[str], *, network: bool = False) -> EntryPoints:
    """The entry points of a tree that use any of the `chosen` files; without `network`, remote bases are obstacles."""
    read, unread = read_all(tree.root, tree.kustomizations)
    graph = build(read, _Files(tree.root))
    known = frozenset(tree.names)
    applied = applications.find(tree.names, lambda name: _read(tree.root / name) if name in known else None)
    by_path: dict[str, list[str]] = defaultdict(list)
    for application in applied:
        if application.path is not None:
            by_path[application.path].append(application.name)
    kustomizations = [
        EntryPoint(Kind.KUSTOMIZATION, folder, obstacle=_obstacle(tree.root, graph, folder, network))
        for folder in _kustomizations(graph, by_path, chosen)
    ]
    found = [*kustomizations, *_charts(tree, applied, chosen)]
    named = [each if each.owner else replace(each, applied_by=_unique(by_path.get(each.folder, ()))) for each in found]
    charts = {each.folder for each in found if each.kind is Kind.CHART}
    foreign = [
        each
        for each in applied
        if each.file in chosen and (each.path is None or (each.release and each.path not in charts))
    ]
    skipped = [item for item in unread if item.file in chosen]  # of all others, kustomize tells what is wrong
    return EntryPoints(tuple(sorted(named, key=lambda each: each.key)), tuple(foreign), tuple(skipped))


def _kustomizations(graph: Graph, applied: Collection[str], chosen: Collection[str]) -> Iterator[str]:
    for folder, each in graph.kustomizations.items():
        if each.component or (folder not in graph.entry_points and folder not in applied):
            continue
        if any(name in chosen for inner in graph.closure(folder) for name in _used(graph, inner)):
            yield folder


def _used(graph: Graph, folder: str) -> Iterator[str]:
    """The manifests that a kustomization names itself, its own file among them."""
    each = graph.kustomizations[folder]
    yield each.file
    yield from graph.includes[folder].files
    yield from filter(None, (resolve(folder, patch.path) for patch in each.patches if patch.path))


def _obstacle(root: Path, graph: Graph, folder: str, network: bool) -> str | None:
    """What of a kustomization is remote, or lies outside the repository: by its path, or by a symbolic link."""
    for inner in graph.closure(folder):
        each = graph.kustomizations[inner]
        for written in (*each.resources, *each.components):
            name = resolve(inner, written)
            if name is None and not network:
                return f"{each.file}: {written} is remote (--network lets kustomize fetch it)"
            if name is not None and not _is_below(root, root / name):
                return f"{each.file}: {written} is outside the repository"
    return None


def _charts(tree: Tree, applied: Sequence[Application], chosen: Collection[str]) -> Iterator[EntryPoint]:
    known = frozenset(tree.names)
    folders = sorted(name.rpartition("/")[0] for name in known if name.rpartition("/")[2] == _CHART)
    for folder in folders:
        prefix = f"{folder}/" if folder else ""
        if _is_part(folder, folders) or _is_library(_read(tree.root / f"{prefix}{_CHART}")):
            continue
        here = [_with_files(each, known) for each in applied if each.path == folder]
        whole = any(name.startswith(prefix) for name in chosen)
        if not whole:
            here = [each for each in here if not {each.file, *each.values}.isdisjoint(chosen)]
        ways: set[tuple[str, ...]] = {(), *_beside(tree.names, prefix)} if whole else set()
        ways |= {each.values for each in here if not each.inline and not each.obstacle}
        found = [EntryPoint(Kind.CHART, folder, values) for values in sorted(ways - {(f"{prefix}values.yaml",)})]
        found += _by_owners(folder, here)
        obstacle = _linked_outside(tree.root, tree.root / folder) if found else None
        yield from (replace(each, obstacle=obstacle or each.obstacle) for each in found)


def _beside(names: Iterable[str], prefix: str) -> set[tuple[str, ...]]:
    """The values files beside a chart's own."""
    return {(name,) for name in names if name.startswith(prefix) and _is_values(name.removeprefix(prefix))}


def _with_files(application: Application, known: Collection[str]) -> Application:
    """The application; its values files must be in the repository, and not in another source (`$values/…`)."""
    missing = next((name for name in application.values if name not in known), None)
    return replace(application, obstacle=f"{missing} is not in the repository") if missing else application


def _by_owners(folder: str, applied: Iterable[Application]) -> Iterator[EntryPoint]:
    """A chart with the values that stand in applications."""
    for each in applied:
        if each.inline or each.obstacle:
            owner = f"{each.name} in {each.file}"
            yield EntryPoint(Kind.CHART, folder, each.values, owner, each.inline, obstacle=each.obstacle)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _is_values(name: str) -> bool:
    return name.startswith("values-") and name.endswith((".yaml", ".yml")) and "/" not in name


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


def _linked_outside(root: Path, folder: Path) -> str | None:
    """The symbolic link of a chart, Helm following them all, that leaves the repository."""
    for directory, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(directory, name)
            if path.is_symlink() and not _is_below(root, path):
                return f"{path.relative_to(root)} is a symbolic link to outside the repository"
    return None


def _is_below(root: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # reported where its images are looked for


class _Files:
    """Answers `name in …` for the regular files of a tree."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __contains__(self, name: object) -> bool:
        path = self._root / str(name)
        return path.is_file() and _is_below(self._root, path)
