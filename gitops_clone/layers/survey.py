"""The kustomizations of a repository, and the flows of images through those that concern the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.controllers.model import Applied
from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.layers import graph as graphs
from gitops_clone.layers.existing import Existing, content_of
from gitops_clone.layers.flow import Flow, Key
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import ImageEntry
from gitops_clone.layers.near import read_all, read_near
from gitops_clone.layers.objects import with_objects
from gitops_clone.layers.overlaid import as_applied
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.reader import Reader
from gitops_clone.layers.simulate import Simulation, TooManyWays
from gitops_clone.layers.unlisted import Unlisted


@dataclass(frozen=True, slots=True)
class Above:
    """What objects of Flux and Argo CD apply, and all manifests of the root, sorted."""

    applied: Sequence[Applied]
    manifests: Sequence[str]


NOTHING = Above((), ())


@dataclass(slots=True)
class Survey:
    """The kustomizations of a repository, and the flows through those entry points that concern the run's files.

    `files` are those of kustomizations, `owners` those of objects that apply something; `applied` is what these apply,
    as far as that can be told. `whole`: the graph has all kustomizations, not those alone that concern the files.
    """

    graph: Graph
    flows: list[Flow]
    entries: dict[str, ImageEntry]
    findings: dict[Key, Finding]
    unlisted: dict[Key, Unlisted]
    unknown: dict[str, str]
    seen: set[Key]
    files: frozenset[str]
    owners: frozenset[str]
    applied: Sequence[Applied] = ()
    skipped: list[Skipped] = field(default_factory=list)
    whole: bool = True

    def patches_of(self, folder: str) -> Iterator[str]:
        """The files of a kustomization's patches, and the file itself for those inside it."""
        each = self.graph.kustomizations[folder]
        yield each.file
        if folder in self.graph.over:
            yield self.graph.over[folder].owner.file
        yield from filter(None, (resolve(each.folder, patch.path) for patch in each.patches if patch.path))

    def knows(self, place: Place) -> bool:
        """Whether a place is in an entry of an object, or is an image of a patch there, so that it is found already."""
        if place.file not in self.owners:
            return False
        if f"{place.file}#{place.document}{place.pointer}" in self.entries:
            return True
        return any(
            key[:2] == (place.file, place.document) and key.pointer.partition("#")[0] == place.pointer
            for key, one in self.unlisted.items()
            if one.source.image == place.image and "#" in key.pointer
        )


def survey(
    root: Path,
    names: Sequence[str],
    files: Collection[str],
    found: Mapping[str, Sequence[Finding]],
    scan_file: Callable[[str, bytes], Iterable[Finding]],
    above: Above = NOTHING,
) -> Survey:
    """Look at the kustomizations (`names`), and follow the images of those that include one of the run's `files`.

    `found` has the run's findings by file; `scan_file` gives those of any other file's bytes. `above` is what objects
    of Flux and Argo CD apply.
    """
    # What objects of Flux and Argo CD apply may be anywhere.
    kustomizations, skipped = read_all(root, names) if above.applied else read_near(root, names, files)
    whole = len(kustomizations) + len(skipped) == len(names)
    graph = graphs.build(kustomizations, Existing(root))
    applied = above.applied
    if applied:
        graph, applied = _with_objects(root, graph, above, found, scan_file)
    reader = Reader(root, graph, found, scan_file)
    chosen = {folder: [*graph.closure(folder)] for folder in graph.entry_points if _concerns(graph, folder, files)}
    folders = {inner for inside in chosen.values() for inner in inside}
    reader.prepare(folders, chosen.values())
    simulation = Simulation(graph, reader.files())
    ways: list[Flow] = []
    for folder in chosen:
        try:
            ways += simulation.flows(folder)
        except TooManyWays as error:
            skipped.append(Skipped(graph.file_of(folder), str(error), fatal=True))
            ways += simulation.held(folder, str(error))
    reader.note_unlisted(ways)
    concerned = [graph.kustomizations[folder] for folder in folders]
    unknown = {entry: flow.taint or "" for flow in ways if flow.source is None for entry in flow.entries}
    concerned_files = {each.file for each in concerned}
    skipped += [item for item in graph.skipped if item.file in concerned_files or item.file in files]
    return Survey(
        graph, ways, reader.entries, reader.findings, reader.unlisted, unknown, reader.seen,
        frozenset(each.file for each in kustomizations),
        frozenset(over.owner.file for over in graph.over.values()), applied, skipped, whole,
    )  # fmt: skip


def _with_objects(
    root: Path,
    graph: Graph,
    above: Above,
    found: Mapping[str, Sequence[Finding]],
    scan_file: Callable[[str, bytes], Iterable[Finding]],
) -> tuple[Graph, Sequence[Applied]]:
    """The graph with what objects apply, and that: as they are when the layers above have changed them."""
    content = content_of(root)
    known = with_objects(graph, above.applied, above.manifests, content)
    reader = Reader(root, known, found, scan_file)
    applied = as_applied(known, above.applied, reader.looked_whole, content)
    changed = applied != list(above.applied)
    return (with_objects(graph, applied, above.manifests, content) if changed else known), applied


def graph_of(root: Path, names: Sequence[str], files: Collection[str] | None = None) -> Graph:
    """The graph of the kustomizations below a root, given by their names: of all, or of those that concern `files`."""
    found, _ = read_all(root, names) if files is None else read_near(root, names, files)
    return graphs.build(found, Existing(root))


def by_entry_point(root: Path, names: Sequence[str], files: Collection[str]) -> dict[str, set[str]]:
    """Which of the `files` each entry point uses, by its name; `names` are all kustomizations below `root`."""
    graph = graph_of(root, names)
    used = {folder or ".": {name for name in _used(graph, folder) if name in files} for folder in graph.entry_points}
    return {name: found for name, found in used.items() if found}


def reaching(root: Path, names: Sequence[str], files: Collection[str]) -> list[str]:
    """The kustomization files that include one of the `files`, themselves or through others; `names` as above."""
    graph = graph_of(root, names)
    return sorted(each.file for folder, each in graph.kustomizations.items() if _concerns(graph, folder, files))


def _concerns(graph: Graph, folder: str, files: Collection[str]) -> bool:
    """Whether a kustomization includes one of the files, itself or through others."""
    return any(name in files for name in _used(graph, folder))


def _used(graph: Graph, folder: str) -> Iterator[str]:
    """The files of the repository that a kustomization is made of."""
    if folder in graph.over:
        yield graph.over[folder].owner.file
    for inner in graph.closure(folder):
        each = graph.kustomizations[inner]
        yield each.file
        yield from graph.includes[inner].files
        yield from filter(None, (resolve(each.folder, patch.path) for patch in each.patches if patch.path))
