"""Reads what the files of a repository take from registries: objects as entry points have them, and other files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gitops_clone.charts import argo, flux, locks, marks, others
from gitops_clone.charts.locks import ChartLock, Unlike
from gitops_clone.charts.model import Use, Wanted
from gitops_clone.charts.objects import Held
from gitops_clone.controllers.read import find as find_applied
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders.view import TooManyAliases
from gitops_clone.layers import loading
from gitops_clone.layers.existing import content_of
from gitops_clone.layers.flow import Key
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.joining import Variables
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.layers.objects import with_objects
from gitops_clone.layers.overlaid import carried
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.reader import looking
from gitops_clone.layers.resources import Resource, id_of
from gitops_clone.layers.simulate import Looked
from gitops_clone.layers.survey import graph_of
from gitops_clone.layers.trees import Leaf, Tree, grown, text_at

_GROUPS = frozenset((flux.SOURCE, flux.HELM, argo.GROUP, *(row.group for row in others.ROWS)))
_LOOSE = "a patch puts it to an object that is not known here"
_NEVER = "never rendered: no entry point has it as it is written"
_NEEDLES = tuple(group.encode() for group in _GROUPS)


def find(
    root: Path,
    files: Mapping[str, bytes],
    chosen: Collection[str],
    names: Sequence[str],
    graph: Graph | None = None,
) -> list[Use]:
    """What is used of registries by the `chosen` files, or together with what these have.

    `files` are the contents of all that may say it, `names` all manifests, sorted; `graph` is that of all of them, if
    it is known.
    """
    here = {name: data for name, data in files.items() if name in chosen}
    if any(marks.REPOSITORY in data for data in here.values()):
        here = dict(files)  # its charts may be named anywhere
    written = {name: found for name, data in here.items() if marks.may_name(data) and (found := _read(name, data))}
    more = {name: data for name, data in here.items() if marks.SCHEME in data and _is_read(name)}
    if not written and not more:
        return []
    graph = graph if graph is not None else _graph(root, files, names, {*written, *more})
    patches, applied = frozenset(_patches(graph)), frozenset(_applied(graph))
    uses = _uses([*_rendered(root, written, graph), *_as_written(written, written.keys() - patches - applied)])
    known = {use.key for use in uses}
    loose = (replace(held, taint=_LOOSE) for held in _as_written(written, patches))
    uses += (use for use in _uses(loose) if use.key not in known)
    known |= {use.key for use in uses}
    uses += (_never(use) for use in _uses(_as_written(written, applied - patches)) if use.key not in known)
    uses += (use for name, data in more.items() for use in _of_file(root, name, data, graph))
    return uses


def _uses(found: Iterable[Held]) -> list[Use]:
    objects = list(found)
    return [*flux.uses(objects), *(use for held in objects for use in (*argo.uses(held), *others.uses(held)))]


def _never(use: Use) -> Use:
    return replace(use, wanted=Wanted(obstacle=_NEVER, ignored=True))


def _applied(graph: Graph) -> Iterator[str]:
    """The files that entry points are made of."""
    for point in graph.entry_points:
        for inner in graph.closure(point):
            yield from graph.includes[inner].files


def _patches(graph: Graph) -> Iterator[str]:
    """The files that kustomizations take for patches: what they say is not all that there is of an object."""
    for each in graph.kustomizations.values():
        yield from filter(None, (resolve(each.folder, patch.path) for patch in each.patches if patch.path))


def _graph(root: Path, files: Mapping[str, bytes], names: Sequence[str], wanted: Collection[str]) -> Graph:
    """What is above the wanted files."""
    applied = [one for name, data in files.items() for one in find_applied(name, data)]
    kustomizations = [name for name in names if posixpath.basename(name) in NAMES]
    graph = graph_of(root, kustomizations, None if applied else wanted)  # what they apply may be anywhere
    return with_objects(graph, applied, names, content_of(root))


def _rendered(root: Path, written: Mapping[str, Sequence[Resource]], graph: Graph) -> Iterator[Held]:
    """The objects that are written, once for each entry point that has them."""
    looked = looking(root, graph)
    for point, resource in carried(graph, written, lambda layer: _strict(looked(layer)), content_of(root)):
        over = graph.over.get(point)
        variables = over.variables if over is not None and not resource.verbatim else None
        yield from _held(resource, graph.shown(graph.entry_point(point)), variables)


def _as_written(written: Mapping[str, Sequence[Resource]], names: Iterable[str]) -> Iterator[Held]:
    """The objects of some files as they are."""
    for name in sorted(names):
        for resource in written.get(name, ()):
            yield from _held(resource)


def _read(name: str, data: bytes) -> Sequence[Resource]:
    return loading.looked_into(name, data, (), _NEEDLES) if any(needle in data for needle in _NEEDLES) else ()


def _strict(looked: Looked) -> Looked:
    """What is known of a layer, each patch as one that may concern what it goes to."""
    before, after = (
        tuple(replace(patch, touches=True) for patch in patches)
        for patches in (looked.patches.before, looked.patches.after)
    )
    return looked._replace(patches=replace(looked.patches, before=before, after=after))


def _held(resource: Resource, point: str = "", variables: Variables | None = None) -> Iterator[Held]:
    """An object, or those that one of another kind holds, if any of them matters."""
    taint = resource.taint
    if resource.id.group in _GROUPS:
        names = frozenset(each.name for each in resource.ids)
        tree, space = resource.tree or {}, resource.namespace
        yield Held(resource.id.group, resource.kind, tree, names, space, point, taint, variables)
    for tree in _inside(resource.tree or {}):
        inner = id_of(tree)
        if inner.group in _GROUPS:
            space = text_at(tree, "metadata", "namespace")
            yield Held(inner.group, inner.kind, tree, frozenset((inner.name,)), space, point, taint, variables)


def _inside(tree: Tree) -> Iterator[dict[str, Tree]]:
    """The objects in a tree, such as the `resources` of Flux's ResourceSet; without the tree itself."""
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for each in below:
        if isinstance(each, dict) and isinstance(each.get("kind"), Leaf) and isinstance(each.get("apiVersion"), Leaf):
            yield each
        yield from _inside(each)


def _is_read(name: str) -> bool:
    """Whether a file that is no object may name charts."""
    base = posixpath.basename(name)
    return base in locks.FILES or base in NAMES


def _of_file(root: Path, name: str, data: bytes, graph: Graph) -> Iterator[Use]:
    """What a file that is no object uses: a kustomization, or what a chart depends on."""
    base = posixpath.basename(name)

    def exists(other: str) -> bool:
        return not other.startswith("../") and os.path.lexists(root / other)

    for tree in _trees(name, data):
        if base in locks.FILES:
            yield from others.of_chart(Held("", base, tree), name, exists, lock_of(content_of(root), name))
            continue
        for point in _points(graph, posixpath.dirname(name)) or [""]:
            yield from others.of_kustomization(Held("", base, tree, point=point), name, exists)


def lock_of(content: Callable[[str], bytes | None], name: str) -> ChartLock | str | None:
    """The lock file of a chart, given its Chart.yaml; None without one, or why it cannot change with it."""
    file = posixpath.join(posixpath.dirname(name), locks.FILES[posixpath.basename(name)])
    texts = content(name), content(file)
    if texts[0] is None or texts[1] is None:
        return None
    try:
        return locks.read(file, texts[0].decode(), texts[1].decode())
    except UnicodeDecodeError:
        return "cannot be read"
    except Unlike as error:
        return str(error)


def _trees(name: str, data: bytes) -> Iterator[dict[str, Tree]]:
    try:
        source = decode(data)
        check(source)
        for document, root in enumerate(parse(source.utf8.decode())):
            tree = grown(root, partial(Key, name, document), {}) if root is not None else None
            if isinstance(tree, dict):
                yield tree
    except (Undecodable, Unparsable, TooManyAliases, RecursionError):
        return  # the scan reports it


def _points(graph: Graph, folder: str) -> list[str]:
    """The entry points that a kustomization is in."""
    found = (point for point in graph.entry_points if folder in {_folder(graph, one) for one in graph.closure(point)})
    return [graph.shown(graph.entry_point(point)) for point in found]


def _folder(graph: Graph, layer: str) -> str:
    return graph.over[layer].folder if layer in graph.over else layer
