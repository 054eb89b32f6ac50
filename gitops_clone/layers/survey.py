"""Reads what the layers need: all kustomizations, and the manifests and patches of those that concern the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.documents.split import split
from gitops_clone.finding import Finding, Skipped
from gitops_clone.layers import graph as graphs
from gitops_clone.layers import patches as patching
from gitops_clone.layers.graph import Graph, resolve
from gitops_clone.layers.kustomization import ImageEntry, Kustomization, Unreadable, read
from gitops_clone.layers.patches import Inline, Patches
from gitops_clone.layers.simulate import (
    Files,
    Flow,
    Key,
    Source,
    TooManyWays,
    entry_key,
    flows,
    held,
    is_at,
    key_of,
    reach,
)


@dataclass(slots=True)
class Survey:
    """The kustomizations of a repository, and the flows through those entry points that concern the run's files."""

    graph: Graph
    flows: list[Flow]
    entries: dict[str, ImageEntry]
    findings: dict[Key, Finding]
    inline: dict[Key, Inline]
    unknown: dict[str, str]
    seen: set[Key]
    skipped: list[Skipped] = field(default_factory=list)


def survey(
    root: Path,
    names: Sequence[str],
    files: Collection[str],
    found: Mapping[str, Sequence[Finding]],
    scan_file: Callable[[str, bytes], Iterable[Finding]],
) -> Survey:
    """Look at all kustomizations (`names`), and follow the images of those that include one of the run's `files`.

    `found` has the run's findings by file; `scan_file` gives those of any other file's bytes.
    """
    kustomizations, skipped = read_all(root, names)
    graph = graphs.build(kustomizations, _Existing(root))
    reader = _Reader(root, graph, found, scan_file)
    chosen = [folder for folder in graph.entry_points if _concerns(graph, folder, files)]
    folders = {inner for folder in chosen for inner in graph.closure(folder)}
    reader.prepare(folders)
    ways: list[Flow] = []
    for folder in chosen:
        try:
            ways += flows(graph, reader.files(), [folder])
        except TooManyWays as error:
            skipped.append(Skipped(graph.kustomizations[folder].file, str(error), fatal=True))
            ways += held(graph, reader.files(), folder, str(error))
    concerned = [graph.kustomizations[folder] for folder in folders]
    entries = {entry_key(entry): entry for each in concerned for entry in each.images}
    unknown = {entry: flow.taint or "" for flow in ways if flow.source is None for entry in flow.entries}
    concerned_files = {each.file for each in concerned}
    skipped += [item for item in graph.skipped if item.file in concerned_files or item.file in files]
    return Survey(graph, ways, entries, reader.findings, reader.inline, unknown, reader.seen, skipped)


def read_all(root: Path, names: Sequence[str]) -> tuple[list[Kustomization], list[Skipped]]:
    """The kustomizations behind names, and those that cannot be read."""
    found: list[Kustomization] = []
    skipped: list[Skipped] = []
    for name in names:
        try:
            found.append(read(name, (root / name).read_bytes()))
        except OSError as error:
            skipped.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
        except Unreadable as error:
            skipped.append(Skipped(name, str(error), error.fatal, error.line))
    return found, skipped


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
    graph = graphs.build(read_all(root, names)[0], _Existing(root))
    used = {folder or ".": {name for name in _used(graph, folder) if name in files} for folder in graph.entry_points}
    return {name: found for name, found in used.items() if found}


def reaching(root: Path, names: Sequence[str], files: Collection[str]) -> list[str]:
    """The kustomization files that include one of the `files`, themselves or through others; `names` as above."""
    graph = graphs.build(read_all(root, names)[0], _Existing(root))
    return sorted(each.file for folder, each in graph.kustomizations.items() if _concerns(graph, folder, files))


def _concerns(graph: Graph, folder: str, files: Collection[str]) -> bool:
    """Whether a kustomization includes one of the files, itself or through others."""
    return any(name in files for name in _used(graph, folder))


def _used(graph: Graph, folder: str) -> Iterator[str]:
    """The files of the repository that a kustomization is made of."""
    for inner in graph.closure(folder):
        each = graph.kustomizations[inner]
        yield each.file
        yield from graph.includes[inner].files
        yield from filter(None, (resolve(inner, patch.path) for patch in each.patches if patch.path))


class _Reader:
    """Reads each file once, and keeps what was found in it."""

    def __init__(
        self,
        root: Path,
        graph: Graph,
        found: Mapping[str, Sequence[Finding]],
        scan_file: Callable[[str, bytes], Iterable[Finding]],
    ) -> None:
        self._root, self._graph, self._found, self._scan_file = root, graph, found, scan_file
        self._sources: dict[str, tuple[Source, ...]] = {}
        self._patches: dict[str, Patches] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._slotted: set[str] = set()
        self.findings: dict[Key, Finding] = {}
        self.inline: dict[Key, Inline] = {}
        self.seen: set[Key] = set()

    def files(self) -> Files:
        return Files(
            self.sources,
            lambda each: self._patches[each.folder].patched,
            lambda each: self._patches[each.folder].taint,
            lambda each: self._paths.get(each.folder, ()),
        )

    def prepare(self, folders: Iterable[str]) -> None:
        """Read configurations and patches first: they say which fields are images, and what needs a name."""
        listed = sorted(folders)
        for folder in listed:
            each = self._graph.kustomizations[folder]
            if paths := tuple(self._configured(each)):
                self._paths[folder] = paths
        for folder in listed:
            each = self._graph.kustomizations[folder]
            patches = patching.read(each, self.content, self.sources) if each.patches else Patches()
            self._patches[folder] = patches
            self.inline |= {found.key: found for found in patches.inline}
            self.seen |= {source.key for patched in patches.patched for source in patched.sources}
            if any(patched.slots for patched in patches.patched):
                for inner in self._graph.closure(folder):
                    self._slotted.update(self._graph.includes[inner].files)
        self._sources.clear()  # they were read without slots

    def content(self, name: str) -> bytes | None:
        """A file's bytes; None where it is not in the repository."""
        try:
            return (self._root / name).read_bytes() if name in _Existing(self._root) else None
        except OSError:
            return None

    def sources(self, name: str) -> tuple[Source, ...]:
        """The images of a manifest."""
        if name not in self._sources:
            findings = self._found.get(name)
            data = self.content(name) if findings is None or name in self._slotted else None
            if findings is None:
                findings = list(self._scan_file(name, data)) if data is not None else []
            chunks = {finding.place.chunk for finding in findings}
            slots = self._slots(data, chunks) if data is not None and name in self._slotted else {}
            extra = {path for paths in self._paths.values() for path in paths}
            made = []
            for finding in findings:
                place = finding.place
                if place.pointer is not None:
                    key = key_of(place)
                    slot = slots.get((place.document, place.pointer))
                    configured = not place.inner and is_at(place.pointer, extra)
                    taint = "configurations of a kustomization make it an image field" if configured else None
                    times = 0 if place.inner else max(reach(place.pointer), int(configured))
                    made.append(Source(key, place.image, times, slot, place.namespace, taint))
                    self.findings[key] = finding
                    self.seen.add(key)
            self._sources[name] = tuple(made)
        return self._sources[name]

    def _slots(self, data: bytes, chunks: Collection[int]) -> dict[tuple[int, str], tuple[str, ...]]:
        """For each container image in some chunks of a file, what a patch may replace."""
        slots: dict[tuple[int, str], tuple[str, ...]] = {}
        try:
            for chunk in split(decode(data).utf8):
                if chunk.start in chunks:
                    for document, root in enumerate(parse(chunk.data.decode()), chunk.document):
                        found = patching.slots_of(root) if root is not None else {}
                        slots |= {(document, pointer): slot for pointer, slot in found.items()}
        except (Undecodable, Unparsable, UnicodeDecodeError):
            return {}
        return slots

    def _configured(self, each: Kustomization) -> Iterable[str]:
        """The paths that `configurations` add to the image transformer."""
        from gitops_clone.finders.view import View

        for written in each.configurations:
            name = resolve(each.folder, written)
            data = self.content(name) if name else None
            if data is None or b"images" not in data:
                continue
            try:
                roots = parse(decode(data).utf8.decode())
            except (Undecodable, Unparsable, UnicodeDecodeError):
                continue
            for root in roots:
                view = View(root) if root is not None else None
                listed = view.child(view.root, "images") if view else None
                if view is not None and listed is not None:
                    yield from (view.text(item, "path") or "?" for item in view.children(listed))
