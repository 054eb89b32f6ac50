"""Which kustomization includes which, and which are entry points: applied to a cluster, not merely included. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gitops_clone.finding import Skipped
from gitops_clone.layers.kustomization import Kustomization
from gitops_clone.layers.over import Over
from gitops_clone.layers.paths import resolve


@dataclass(frozen=True, slots=True)
class Includes:
    """What one kustomization brings in: files, folders, components; `unknown` says what else."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    components: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """All kustomizations of a repository by folder (the root is ""), and what each includes.

    A kustomization that an object of Flux or Argo CD applies stands there once more for each of them, as it changes it
    (`over`), under a name that is no folder.
    """

    kustomizations: Mapping[str, Kustomization]
    includes: Mapping[str, Includes]
    entry_points: tuple[str, ...]
    cyclic: frozenset[str]
    skipped: tuple[Skipped, ...]
    over: Mapping[str, Over] = field(default_factory=dict)

    def entry_point(self, layer: str) -> str:
        """What an entry point is known by: the file of its kustomization, or the name of the layer."""
        return layer if layer in self.over else self.kustomizations[layer].file

    def shown(self, entry_point: str) -> str:
        """How reports name an entry point."""
        over = self.over.get(entry_point)
        return over.name if over is not None else entry_point.rpartition("/")[0] or "."

    def file_of(self, layer: str) -> str:
        """The file that an entry point stands in."""
        return self.over[layer].owner.file if layer in self.over else self.kustomizations[layer].file

    def closure(self, folder: str) -> Iterator[str]:
        """The folder and all that it includes, each once."""
        seen = {folder}
        pending = [folder]
        while pending:
            current = pending.pop()
            yield current
            below = self.includes[current]
            for inner in (*below.folders, *below.components):
                if inner not in seen:
                    seen.add(inner)
                    pending.append(inner)


def build(kustomizations: Iterable[Kustomization], exists: Container[str]) -> Graph:
    """The graph. `exists` answers whether a name is a file of the repository."""
    by_folder: dict[str, Kustomization] = {}
    skipped: list[Skipped] = []
    for each in kustomizations:
        if each.folder in by_folder:
            skipped.append(Skipped(each.file, f"beside {by_folder[each.folder].file}: kustomize takes only one"))
        else:
            by_folder[each.folder] = each
    includes = {folder: _includes(each, by_folder, exists, skipped) for folder, each in by_folder.items()}
    included = {inner for each in includes.values() for inner in (*each.folders, *each.components)}
    cyclic = frozenset(_cyclic(includes))
    for folder in sorted(cyclic):
        skipped.append(Skipped(by_folder[folder].file, "includes itself through others: kustomize does not build it"))
    entry_points = tuple(sorted(f for f, each in by_folder.items() if f not in included and not each.component))
    return Graph(by_folder, includes, entry_points, cyclic, tuple(skipped))


def _includes(
    each: Kustomization, by_folder: Mapping[str, Kustomization], exists: Container[str], skipped: list[Skipped]
) -> Includes:
    files: list[str] = []
    folders: list[str] = []
    components: list[str] = []
    unknown = list(each.opaque)
    for written, target in (*((r, folders) for r in each.resources), *((c, components) for c in each.components)):
        name = resolve(each.folder, written)
        if name is None:
            unknown.append(f"{written} is remote")
        elif name == ".." or name.startswith("../"):
            unknown.append(f"{written} is outside the repository")
            skipped.append(Skipped(each.file, f"{written}: outside the repository, not followed"))
        elif name in by_folder:
            target.append(name)
        elif name in exists:
            files.append(name)
        else:
            unknown.append(f"{written} is not in the repository")
            skipped.append(Skipped(each.file, f"{written}: no such file, nor a folder with a kustomization"))
    return Includes(tuple(files), tuple(folders), tuple(components), tuple(unknown))


def _cyclic(includes: Mapping[str, Includes]) -> Iterator[str]:
    """The folders that reach themselves, or a folder that does."""
    finished: dict[str, bool] = {}

    for start in includes:
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            folder, leaving = stack.pop()
            below = (*includes[folder].folders, *includes[folder].components)
            if leaving:
                path.pop()
                finished[folder] = any(finished.get(inner, True) for inner in below)
            elif folder not in finished and folder not in path:
                path.append(folder)
                stack.append((folder, True))
                stack += ((inner, False) for inner in below)
    yield from (folder for folder, cyclic in finished.items() if cyclic)
