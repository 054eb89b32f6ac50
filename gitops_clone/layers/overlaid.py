"""Objects of Flux and Argo CD that are changed themselves on their way to a cluster, by what applies them.

They are carried through the layers above them as all other objects are. Where what comes out applies something else
than what is written, only rendering tells what that is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitops_clone.controllers.model import Applied, ConfigReference, Kind
from gitops_clone.layers import loading
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.simulate import Files, Looked, Simulation, State, TooManyWays
from gitops_clone.layers.trees import Leaf, Path, Tree, at

_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_OVERRIDES = ("images", *_PATCHES, "components", "targetNamespace")
# What a patch must name to change which images are rendered, or whether they are ignored.
_REACHES_IMAGES = re.compile(
    r"image|container|volume|values|chart|postRenderers|registry|repository|tag|digest|namespace"
    r"|\bdata\b|stringData|\$patch|/kind",
    re.I,
)
_WHERE: Mapping[str, tuple[Path, ...]] = {
    Kind.KUSTOMIZATION: (("spec", "path"), ("spec", "sourceRef")),
    Kind.APPLICATION: (("spec", "source"), ("spec", "sources"), ("spec", "sourceHydrator")),
    Kind.APPLICATION_SET: (("spec", "template"), ("spec", "templatePatch")),
}
_HOW: Mapping[str, tuple[Path, ...]] = {
    Kind.KUSTOMIZATION: tuple(("spec", key) for key in _OVERRIDES),
    Kind.APPLICATION: (("spec", "destination"),),
    Kind.APPLICATION_SET: (),
}
_BUILD: Path = ("spec", "postBuild")


def as_applied(
    graph: Graph,
    applied: Sequence[Applied],
    looked: Callable[[str], Looked],
    content: Callable[[str], bytes | None],
) -> list[Applied]:
    """What objects apply, as far as that can still be told when the layers above have changed them.

    `looked` gives what is known of a layer, looking into all objects; `content` a file's bytes.
    """
    owners = {each.owner.file for each in applied}
    written = {name: loading.looked_into(name, content(name) or b"", (), None) for name in owners}
    first = {place_of(one): one for resources in written.values() for one in resources}
    after: dict[tuple[str, int, str], list[tuple[str, Resource]]] = {}
    for point, resource in carried(graph, written, looked, content):
        after.setdefault(place_of(resource), []).append((graph.file_of(point), resource))
    return [_one(each, first, after) for each in applied]


def carried(
    graph: Graph,
    written: Mapping[str, Sequence[Resource]],
    looked: Callable[[str], Looked],
    content: Callable[[str], bytes | None],
) -> Iterator[tuple[str, Resource]]:
    """The objects that are `written` in some files as entry points have them, each with the name of that."""
    simulation = Simulation(graph, Files(lambda name: tuple(written.get(name, ())), looked, content))
    for point in graph.entry_points:
        if point in graph.cyclic or not _brings(graph, point, written):
            continue
        try:
            state = simulation.state(point, State())
        except TooManyWays:
            continue  # it is told where its images are followed
        for resource in state.resources:
            yield point, resource


def _brings(graph: Graph, point: str, files: Container[str]) -> bool:
    return any(name in files for inner in graph.closure(point) for name in graph.includes[inner].files)


def place_of(resource: Resource) -> tuple[str, int, str]:
    """Where an object is written: its kind stays, whatever is done to it."""
    kind = (resource.tree or {}).get("kind")
    key = kind.key if isinstance(kind, Leaf) else None
    return (key.file, key.document, key.pointer.removesuffix("/kind")) if key is not None else ("", 0, "")


def _one(
    each: Applied,
    first: Mapping[tuple[str, int, str], Resource],
    after: Mapping[tuple[str, int, str], Sequence[tuple[str, Resource]]],
) -> Applied:
    place = (each.owner.file, each.owner.document, each.owner.pointer)
    before = first.get(place)
    for file, resource in after.get(place, ()) if before is not None else ():
        assert before is not None
        kind = str(each.owner.kind)
        where, how = _WHERE.get(kind, ()), _HOW.get(kind, ())
        if resource.taint is not None:
            return replace(each, obstacle=each.obstacle or resource.taint)
        if _differ(before, resource, where):
            return replace(each, path=None, obstacle=each.obstacle or f"{file} changes what it applies")
        if _differ(before, resource, how):
            return replace(each, obstacle=each.obstacle or f"{file} changes its overrides")
        if _differ(before, resource, (_BUILD,)):
            kept = each.substitute if not _differ(before, resource, ((*_BUILD, "substitute"),)) else {}
            unknown = ConfigReference("", f"what {file} adds")
            each = replace(each, substitute=kept, substitute_from=(*each.substitute_from, unknown))
    return each


def _differ(before: Resource, after: Resource, paths: Sequence[Path]) -> bool:
    return any(_matters(before, path) != _matters(after, path) for path in paths)


def _matters(resource: Resource, path: Path) -> Any:
    """What stands at a path as texts, without patches that no image depends on, such as defaults for all releases."""
    plain = _plain(at(resource.tree, path))
    if path[-1] not in _PATCHES or not isinstance(plain, list):
        return plain
    return [patch for patch in plain if _REACHES_IMAGES.search(str(patch))] or None


def _plain(tree: Tree | None) -> Any:
    """A tree as texts alone; a missing one is as an empty one."""
    if isinstance(tree, Leaf):
        return None if tree.null else tree.text
    if isinstance(tree, dict):
        return dict(_pairs(tree)) or None
    return [_plain(item) for item in tree] if tree else None


def _pairs(tree: Mapping[str, Tree]) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if (plain := _plain(value)) is not None:
            yield key, plain
