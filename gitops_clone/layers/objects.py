"""Objects of Flux and Argo CD as layers: the kustomization of the path of each, as the object changes it. Pure.

A folder without a kustomization gets one of Flux, of all manifests below it; Argo CD applies its manifests as they are.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from gitops_clone.controllers.model import Applied, Kind, SourceReference
from gitops_clone.layers.acts import Acts
from gitops_clone.layers.graph import Graph, Includes
from gitops_clone.layers.joining import Style, Variables
from gitops_clone.layers.kustomization import NAMES, Kustomization, Patch
from gitops_clone.layers.over import Over
from gitops_clone.layers.overrides import read, style_of
from gitops_clone.layers.paths import resolve

_SUFFIXES = {Style.FLUX: (".yaml", ".yml"), Style.ARGO: (".yaml", ".yml", ".json")}
# What Argo CD adds to an Application from the folder itself (docs/user-guide/parameters.md).
_PARAMETERS = (".argocd-source.yaml", ".argocd-source-{name}.yaml")


def with_objects(
    graph: Graph, applied: Sequence[Applied], names: Sequence[str], content: Callable[[str], bytes | None]
) -> Graph:
    """The graph with what the objects apply as entry points, above the kustomizations of their paths.

    `names` are all manifests, sorted. The kustomization of a path is no entry point any more, unless its source may be
    another repository than the one that most paths are in.
    """
    kustomizations, includes = dict(graph.kustomizations), dict(graph.includes)
    over: dict[str, Over] = {}
    cyclic, covered = set(graph.cyclic), set[str]()
    followed = [each for each in applied if _is_followed(each, names)]
    home = _home(followed, graph, names)
    for each in followed:
        folder = each.path or ""
        if not folder and each.source not in home:
            continue  # the root of another repository, for all that is known
        layer = layer_of(each)
        real = graph.kustomizations.get(folder)
        below = graph.includes[folder] if real is not None else _manifests(graph, each, names)
        found = _over(each, real, names, content)
        base = real if real is not None else _generated(folder)
        over[layer] = found
        kustomizations[layer] = replace(
            base,
            component=False,
            patches=tuple(sorted((*base.patches, *found.patches), key=_turn)),
            namespace=found.namespace or base.namespace,
        )
        includes[layer] = _with_components(graph, folder, below, found.components)
        if folder in graph.cyclic and real is not None:
            cyclic.add(layer)
        if each.source in home:
            covered |= {folder} if real is not None else {*below.folders}
    entry_points = (*(folder for folder in graph.entry_points if folder not in covered), *sorted(over))
    return Graph(kustomizations, includes, entry_points, frozenset(cyclic), graph.skipped, over)


def layer_of(applied: Applied) -> str:
    """The name of the layer that a source of an object is."""
    return f"{applied.owner.file}#{applied.owner.document}{applied.pointer}"


def _is_followed(each: Applied, names: Sequence[str]) -> bool:
    """Whether an object applies a folder, and no chart."""
    if each.path is None or each.owner.kind is Kind.HELM_RELEASE:
        return False
    return style_of(each) is Style.FLUX or not _has(names, posixpath.join(each.path, "Chart.yaml"))


def _home(followed: Iterable[Applied], graph: Graph, names: Sequence[str]) -> set[SourceReference | None]:
    """The sources that are this repository, as far as it can be told: the one that has most of its paths here."""
    found = Counter(
        each.source
        for each in followed
        if each.path and (each.path in graph.kustomizations or any(_below(names, each.path)))
    )
    most = max(found.values(), default=0)
    return {source for source, count in found.items() if count == most} | {
        each.source for each in followed if each.source is not None and each.source.name == "flux-system"
    }


def _turn(patch: Patch) -> int:
    """When kustomize gets to a patch: strategic merges of the old field first, JSON patches of the old field last."""
    return 0 if "/patchesStrategicMerge/" in patch.pointer else 2 if "/patchesJson6902/" in patch.pointer else 1


def _has(names: Sequence[str], name: str) -> bool:
    index = bisect_left(names, name)
    return index < len(names) and names[index] == name


def _over(
    each: Applied, real: Kustomization | None, names: Sequence[str], content: Callable[[str], bytes | None]
) -> Over:
    style = style_of(each)
    folder = each.path or ""
    builds = real is not None or style is Style.FLUX
    overridden = bool(each.images or each.patches or each.components or each.namespace)
    held = read(each, content(each.owner.file) or b"")
    obstacle = f"{each.owner.file}: {each.obstacle}" if each.obstacle else None
    if not builds and overridden:
        obstacle = obstacle or f"{each.owner.file}: its path has no kustomization for its overrides"
    if style is Style.ARGO:
        beside = [posixpath.join(folder, name.format(name=each.owner.name)) for name in _PARAMETERS]
        added = next((name for name in beside if b"images" in (content(name) or b"")), None)
        obstacle = obstacle or (f"{added} changes the images of {each.owner}" if added else None)
    variables = None
    if each.substitute is not None or each.substitute_from:
        given = {key: value.replace("\n", "") for key, value in (each.substitute or {}).items()}
        # Whoever applies the object may replace variables in it before.
        known = {key: value for key, value in given.items() if "${" not in value}
        variables = Variables(known, complete=not each.substitute_from and known == given)
    return Over(
        each.owner, folder, style, held.entries, held.patches, each.components, each.namespace,
        each.default_namespace, variables, held.holder, held.room if builds else None, held.mark, builds, obstacle,
    )  # fmt: skip


def _generated(folder: str) -> Kustomization:
    """A kustomization that is not there, of what `_manifests` finds."""
    file = posixpath.join(folder, NAMES[0])
    return Kustomization(file, "", False, (), (), (), (), (), None, None, (), Acts(), ())


def _manifests(graph: Graph, each: Applied, names: Sequence[str]) -> Includes:
    """The manifests of a folder without a kustomization, and the kustomizations further down (for Flux)."""
    style, folder = style_of(each), each.path or ""
    recurse = style is Style.FLUX or each.directory.recurse
    files: list[str] = []
    folders: set[str] = set()
    for name in _below(names, folder):
        inner = _kustomization_above(graph, folder, name) if style is Style.FLUX else None
        if inner is not None:
            folders.add(inner)
        elif _is_manifest(name, style) and (recurse or name.rpartition("/")[0] == folder):
            files.append(name)
    unknown = () if files or folders else (f"{folder or '.'} is not in the repository, or holds no manifests",)
    return Includes(tuple(files), tuple(sorted(folders)), (), unknown)


def _is_manifest(name: str, style: Style) -> bool:
    return name.endswith(_SUFFIXES[style]) and name.rpartition("/")[2] not in NAMES


def _below(names: Sequence[str], folder: str) -> Iterator[str]:
    """The names in a folder, and further down."""
    prefix = f"{folder}/" if folder else ""
    for index in range(bisect_left(names, prefix), len(names)):
        if not names[index].startswith(prefix):
            return
        yield names[index]


def _kustomization_above(graph: Graph, folder: str, name: str) -> str | None:
    """The first folder with a kustomization on the way from a folder down to a file."""
    start = len(folder) + 1 if folder else 0
    end = name.find("/", start)
    while end >= 0:
        if name[:end] in graph.kustomizations:
            return name[:end]
        end = name.find("/", end + 1)
    return None


def _with_components(graph: Graph, folder: str, below: Includes, written: Collection[str]) -> Includes:
    components = list(below.components)
    unknown = list(below.unknown)
    for path in written:
        name = resolve(folder, path)
        if name is not None and name in graph.kustomizations:
            components.append(name)
        else:
            unknown.append(f"component {path} is not in the repository")
    return replace(below, components=tuple(components), unknown=tuple(unknown))
