"""What of a tree of files is applied to a cluster: kustomizations that no other includes, charts, applications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_clone.controllers.model import Applied
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.finding import Skipped
from gitops_clone.layers.graph import Graph, build
from gitops_clone.layers.near import read_all
from gitops_clone.layers.paths import resolve
from gitops_clone.render import applications, folders
from gitops_clone.render.given import unknown
from gitops_clone.render.model import EntryPoint, Kind, PointKey
from gitops_clone.render.tree import Tree, is_below


@dataclass(frozen=True, slots=True)
class Inner:
    """An object in a file that other entry points are made of, and these: they may bring it, changed by then.

    `chosen`: it is to be rendered where they do not.
    """

    point: EntryPoint
    bringing: tuple[PointKey, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """The entry points of a tree, sorted; those of `inner` count only as far as nothing brings their objects."""

    found: tuple[EntryPoint, ...]
    inner: Mapping[PointKey, Inner]
    skipped: tuple[Skipped, ...]


class Finder:
    """Finds the entry points of a tree; it knows its kustomizations, charts and applications."""

    def __init__(self, tree: Tree, *, network: bool = False) -> None:
        self.tree = tree
        self._network = network
        read, self._unread = read_all(tree.root, tree.kustomizations)
        self._graph = build(read, tree)
        self._charts = folders.charts(tree)
        self.known = applications.referred(tree, dict.fromkeys((*tree.names, *tree.kustomizations)))

    def find(self, chosen: Collection[str]) -> EntryPoints:
        """The entry points that use any of the `chosen` files, or bring an object of one that does."""
        applied = applications.follow(applications.find(self.tree, self.tree.names), self.known)
        objects = [replace(self.point(each, each.owner.file), source=each) for each in applied]
        points = [*objects, *self._kustomizations(objects), *self._plain_charts(objects)]
        bringing = _bringing(points)
        wanted = {each.key for each in points if not each.uses.isdisjoint(chosen)}
        pending = list(wanted)
        while pending:
            more = [key for key in bringing.get(pending.pop(), ()) if key not in wanted]
            wanted.update(more)
            pending += more
        found = sorted((each for each in points if each.key in wanted), key=lambda each: each.key)
        skipped = [item for item in self._unread if item.file in chosen]  # of all others, kustomize tells what is wrong
        return EntryPoints(
            tuple(each for each in found if each.key not in bringing),
            {
                each.key: Inner(each, tuple(bringing[each.key]), each.key in wanted)
                for each in points
                if each.key in bringing
            },
            tuple(skipped),
        )

    def point(self, applied: Applied, where: str) -> EntryPoint:
        """The entry point that an object is; `where` is its file, or what brings it."""
        kind, files, obstacle = self._applied(applied)
        return EntryPoint(
            kind, applied.path or "", applied=applied, where=where, place=(applied.owner.file, applied.owner.line),
            files=frozenset(files), obstacle=obstacle, caveat=unknown(applied),
        )  # fmt: skip

    def _applied(self, applied: Applied) -> tuple[Kind, Collection[str], str | None]:
        """What an object applies, the files that it is made of, and why it must not be rendered."""
        folder, controller = applied.path, applied.owner.kind
        flux = controller is Controller.KUSTOMIZATION
        if applied.chart is not None:
            return Kind.CHART, (), applied.obstacle
        if folder is not None and not flux and folders.is_chart(self.tree, folder):
            obstacle = applied.obstacle or folders.linked_outside(self.tree, folder)
            return Kind.CHART, folders.names(self.tree, folder), obstacle
        added = list(self._components(applied))
        if folder is not None and folder in self._graph.kustomizations:
            files = set().union(*map(self._files, (folder, *added)))
            obstacle = next(filter(None, map(self._obstacle, (folder, *added))), None)
            return Kind.KUSTOMIZATION, files, applied.obstacle or obstacle
        kind = Kind.KUSTOMIZATION if flux else Kind.MANIFESTS
        below = folders.names(self.tree, folder) if folder is not None else []
        if applied.obstacle is not None:
            return kind, (), applied.obstacle
        if controller is Controller.HELM_RELEASE or not below:
            return kind, (), f"what it applies is not in the repository{f': {folder}' if folder else ''}"
        # Flux takes a folder with a kustomization of its own as that, and not file by file.
        within = (each for each in self._graph.kustomizations if folders.is_below(each, folder or ""))
        inner = folders.outermost(within) if flux else []
        obstacle = next(filter(None, map(self._obstacle, (*inner, *added))), None)
        plain = {name for name in below if not any(folders.is_below(name, each) for each in inner)}
        return kind, plain.union(*map(self._files, (*inner, *added))), obstacle

    def _components(self, applied: Applied) -> Iterator[str]:
        """The folders of the components that an object adds."""
        for written in applied.components:
            name = resolve(applied.path or "", written)
            if name is not None and name in self._graph.kustomizations:
                yield name

    def _kustomizations(self, objects: Sequence[EntryPoint]) -> Iterator[EntryPoint]:
        """The kustomizations that neither another one nor an object includes."""
        applied = {each.folder for each in objects if each.kind is Kind.KUSTOMIZATION and each.obstacle is None}
        taken = {name for each in objects if each.kind is Kind.KUSTOMIZATION for name in each.files}
        for folder in self._graph.entry_points:
            if folder not in applied and self._graph.kustomizations[folder].file not in taken:
                files = frozenset(self._files(folder))
                place = (self._graph.kustomizations[folder].file, 1)
                yield EntryPoint(Kind.KUSTOMIZATION, folder, place=place, files=files, obstacle=self._obstacle(folder))

    def _plain_charts(self, objects: Sequence[EntryPoint]) -> Iterator[EntryPoint]:
        """The ways to give values to charts that nothing applies; of others, the values files that no object gives."""
        applied = {each.folder for each in objects if each.kind is Kind.CHART and each.obstacle is None}
        for folder in self._charts:
            own = frozenset(folders.names(self.tree, folder))
            beside = [name for name in sorted(own) if folders.is_values(folder, name)]
            used = {value.file for each in objects if each.applied for value in each.applied.values}
            ways = [(name,) for name in beside if name not in used]
            obstacle = folders.linked_outside(self.tree, folder)
            for values in ways if folder in applied else [(), *ways]:
                place = (values[-1] if values else folders.chart_file(folder), 1)
                yield EntryPoint(Kind.CHART, folder, values, place=place, files=own, obstacle=obstacle)

    def _files(self, folder: str) -> set[str]:
        """The files that a kustomization is made of, its own among them."""
        return {name for inner in self._graph.closure(folder) for name in _used(self._graph, inner)}

    def _obstacle(self, folder: str) -> str | None:
        """What of a kustomization is remote, or lies outside the repository: by its path, or by a symbolic link."""
        for inner in self._graph.closure(folder):
            each = self._graph.kustomizations[inner]
            for written in (*each.resources, *each.components):
                name = resolve(inner, written)
                if name is None and not self._network:
                    return f"{each.file}: {written} is remote (--network lets kustomize fetch it)"
                if name is not None and not is_below(self.tree.root, self.tree.root / name):
                    return f"{each.file}: {written} is outside the repository"
        return None


def _bringing(points: Sequence[EntryPoint]) -> dict[PointKey, list[PointKey]]:
    """For the objects that stand in files which others are made of, these others."""
    by_file: dict[str, list[PointKey]] = defaultdict(list)
    for each in points:
        for name in each.files:
            by_file[name].append(each.key)
    found = {
        each.key: [key for key in by_file.get(each.applied.owner.file, ()) if key != each.key]
        for each in points
        if each.applied is not None
    }
    return {key: outer for key, outer in found.items() if outer}


def _used(graph: Graph, folder: str) -> Iterator[str]:
    """The manifests that a kustomization names itself, its own file among them."""
    each = graph.kustomizations[folder]
    yield each.file
    yield from graph.includes[folder].files
    yield from filter(None, (resolve(folder, patch.path) for patch in each.patches if patch.path))
