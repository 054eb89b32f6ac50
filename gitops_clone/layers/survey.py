"""Reads what the layers need: all kustomizations, and the manifests and patches of those that concern the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.controllers.model import Applied
from gitops_clone.documents.node import Node
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.finding import Certainty, Finding, Place, Skipped
from gitops_clone.layers import graph as graphs
from gitops_clone.layers import loading, replacements, transforms
from gitops_clone.layers import patches as patching
from gitops_clone.layers.flow import Flow, Key, key_of
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import ImageEntry, Kustomization
from gitops_clone.layers.near import read_all, read_near
from gitops_clone.layers.needs import needs
from gitops_clone.layers.objects import with_objects
from gitops_clone.layers.overlaid import as_applied
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.replacements import Replacement
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.simulate import Files, Looked, Simulation, TooManyWays, entry_key
from gitops_clone.layers.trees import Images
from gitops_clone.layers.unlisted import Unlisted, copied


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
    graph = graphs.build(kustomizations, _Existing(root))
    applied = above.applied
    if applied:
        graph, applied = _with_objects(root, graph, above, found, scan_file)
    reader = _Reader(root, graph, found, scan_file)
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
    reader = _Reader(root, known, found, scan_file)
    applied = as_applied(known, above.applied, reader.looked_whole, content)
    changed = applied != list(above.applied)
    return (with_objects(graph, applied, above.manifests, content) if changed else known), applied


def content_of(root: Path) -> Callable[[str], bytes | None]:
    """Gives the bytes of regular files below a root; None where there is none."""
    existing = _Existing(root)

    def content(name: str) -> bytes | None:
        try:
            return (root / name).read_bytes() if name in existing else None
        except OSError:
            return None

    return content


def graph_of(root: Path, names: Sequence[str], files: Collection[str] | None = None) -> Graph:
    """The graph of the kustomizations below a root, given by their names: of all, or of those that concern `files`."""
    found, _ = read_all(root, names) if files is None else read_near(root, names, files)
    return graphs.build(found, _Existing(root))


def looking(root: Path, graph: Graph) -> Callable[[str], Looked]:
    """Gives what is known of each layer of a graph, whose objects are all looked into; nothing of images."""
    return _Reader(root, graph, {}, lambda name, data: ()).looked_whole


class _Existing:
    """Answers `name in …` for the regular files below a root; what it learned of a directory it remembers."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._inside: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        path = os.path.join(self._root, str(name))
        if os.path.islink(path):
            return os.path.isfile(path) and self._is_inside(os.path.realpath(path))
        directory = os.path.dirname(path)
        if directory not in self._inside:
            self._inside[directory] = self._is_inside(os.path.realpath(directory))
        return self._inside[directory] and os.path.isfile(path)

    def _is_inside(self, path: str) -> bool:
        return path == self._root or path.startswith(f"{self._root}/")


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


class _Reader:
    """Reads each file once, and keeps what was found in it."""

    def __init__(
        self,
        root: Path,
        graph: Graph,
        found: Mapping[str, Sequence[Finding]],
        scan_file: Callable[[str, bytes], Iterable[Finding]],
    ) -> None:
        self._graph, self._found, self._scan_file = graph, found, scan_file
        self.content = content_of(root)
        self._findings: dict[str, Sequence[Finding]] = {}
        self._resources: dict[str, tuple[Resource, ...]] = {}
        self._looked: dict[str, Looked] = {}
        self._needles: dict[str, set[bytes] | None] = {}
        self._look: set[str] = set()
        self.findings: dict[Key, Finding] = {}
        self.unlisted: dict[Key, Unlisted] = {}
        self.seen: set[Key] = set()
        self.entries: dict[str, ImageEntry] = {}

    def files(self) -> Files:
        return Files(self.resources, self.looked, self.content)

    def looked(self, layer: str) -> Looked:
        """What is known of a kustomization."""
        return self._looked[layer]._replace(look=layer in self._look)

    def looked_whole(self, layer: str) -> Looked:
        """What is known of a layer, whose objects are all looked into."""
        if layer not in self._looked:
            self._looked[layer] = self._read(self._graph.kustomizations[layer])
        return self._looked[layer]._replace(look=True)

    def prepare(self, folders: Iterable[str], closures: Iterable[Sequence[str]]) -> None:
        """Read what kustomizations name besides manifests first: it says which of these are to be looked into.

        `closures` are what the entry points are made of: components, and what counts for all layers above, concern
        these as a whole.
        """
        wide: dict[str, set[bytes] | None] = {}
        for folder in sorted(folders):
            each = self._graph.kustomizations[folder]
            looked = self._looked[folder] = self._read(each)
            self.entries |= {entry_key(entry): entry for entry in each.images}
            self.entries |= {entry_key(one.entry): one.entry for one in looked.transforms if one.entry is not None}
            self.unlisted |= {found.source.key: found for found in looked.patches.inline}
            needles = needs(each, looked)
            over = self._graph.over.get(folder)
            if over is not None:
                self.entries |= {entry_key(entry): entry for entry in over.entries}
                if over.variables is not None:
                    needles = {b"\0"} | needles if needles is not None else None
            if needles is None or needles:
                if each.component or each.acts.variables or looked.image_fields:
                    wide[folder] = needles
                else:
                    self._look_into(self._graph.closure(folder), needles)
        for closure in closures if wide else ():
            for folder in wide.keys() & set(closure):
                self._look_into(closure, wide[folder])

    def _look_into(self, folders: Iterable[str], needles: Collection[bytes] | None) -> None:
        """The manifests of some folders are to be looked into, also those with one of the needles (None: all)."""
        for folder in folders:
            self._look.add(folder)
            for file in self._graph.includes[folder].files:
                known = self._needles.setdefault(file, set())
                self._needles[file] = None if needles is None or known is None else known | set(needles)

    def _read(self, each: Kustomization) -> Looked:
        acts = each.acts
        if not (each.patches or acts.copies or each.transformers or each.configurations or acts.openapi):
            return Looked()
        documents = [roots for written in each.configurations for roots in self._documents(each, written)]
        return Looked(
            patches=patching.read(each, self.content, self._images),
            copies=tuple(self._copies(each)),
            transforms=transforms.read(each, self.content, self._images),
            image_fields=tuple(transforms.fields_of(documents, "images")),
            variable_fields=tuple(transforms.fields_of(documents, "varReference")),
            openapi=acts.openapi,
        )

    def _copies(self, each: Kustomization) -> Iterator[Replacement]:
        for copy in each.acts.copies:
            if isinstance(copy, Replacement):
                yield copy
                continue
            name = resolve(each.folder, copy)
            for number, root in enumerate(self._documents(each, copy)):
                if name is not None and root is not None:
                    yield from replacements.read_file(name, root, number)

    def _documents(self, each: Kustomization, written: str) -> list[Node | None]:
        """The documents of a file that a kustomization names."""
        name = resolve(each.folder, written)
        data = self.content(name) if name else None
        try:
            return parse(decode(data).utf8.decode()) if data is not None else []
        except (Undecodable, Unparsable, UnicodeDecodeError):
            return []

    def resources(self, name: str) -> tuple[Resource, ...]:
        """The objects of a manifest, as far as they matter."""
        if name not in self._resources:
            findings = self._of(name)
            data = self.content(name) if name in self._needles else None
            self._resources[name] = (
                loading.untouched(name, findings)
                if data is None
                else loading.looked_into(name, data, findings, self._needles[name])
            )
        return self._resources[name]

    def note_unlisted(self, flows: Iterable[Flow]) -> None:
        """Find where the texts of flows stand that no finder has seen, or not as what they are a part of."""
        for flow in flows:
            source = flow.source
            if source is None or source.key in self.unlisted:
                continue
            finding = self.findings.get(source.key)
            sure = finding is not None and finding.place.certainty is Certainty.CERTAIN
            if finding is None or flow.composed or (flow.named and not sure):
                self.unlisted[source.key] = copied(source, self.content(source.key.file))
        self.seen |= self.unlisted.keys()

    def _images(self, name: str) -> Images:
        """The images in the scalars of a file."""
        return loading.images(self._of(name))

    def _of(self, name: str) -> Sequence[Finding]:
        """The findings of a file, which are known then."""
        if name not in self._findings:
            findings = self._found.get(name)
            if findings is None:
                data = self.content(name)
                findings = list(self._scan_file(name, data)) if data is not None else []
            self._findings[name] = findings
            listed = [finding for finding in findings if finding.place.pointer is not None or finding.place.within]
            known = {key_of(finding.place): finding for finding in listed}
            self.findings |= known
            self.seen |= known.keys()
        return self._findings[name]
