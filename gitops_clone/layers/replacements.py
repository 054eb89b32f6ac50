"""`replacements` of a kustomization, and what they make of the objects of a layer (kustomize 5.7, measured). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_clone.documents.node import Node
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.fields import NotThere, matching, steps
from gitops_clone.layers.flow import Key, Put, Take
from gitops_clone.layers.regular import Unsure
from gitops_clone.layers.resources import Resource, reach
from gitops_clone.layers.select import has_labels, identified, is_id
from gitops_clone.layers.trees import Leaf, Path, Tree, at, mapped, replaced


@dataclass(frozen=True, slots=True)
class Options:
    """How much of a text is meant; an empty delimiter: all of it."""

    delimiter: str = ""
    index: int = 0
    create: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where a replacement writes: the objects, and the fields in them."""

    select: Mapping[str, str] = field(hash=False)
    reject: tuple[Mapping[str, str], ...] = field(hash=False)
    paths: tuple[str, ...]
    options: Options


@dataclass(frozen=True, slots=True)
class Replacement:
    """A field of one object that is copied to fields of others; or a `value` that stands in the kustomization."""

    where: str
    source: Mapping[str, str] = field(hash=False)
    path: str
    options: Options
    targets: tuple[Target, ...]
    value: Leaf | None = None


def read_item(where: str, view: View, item: Visit, key: Key) -> Replacement:
    """One replacement; `key` is the place of it."""
    source = view.child(item, "source")
    value = view.text(item, "sourceValue")
    listed = view.child(item, "targets")
    return Replacement(
        where,
        texts(view, source),
        (source and view.text(source, "fieldPath")) or "metadata.name",
        _options(view, source),
        tuple(_target(view, each) for each in (view.children(listed) if listed else ())),
        Leaf(value, Key(key.file, key.document, f"{key.pointer}/sourceValue")) if value is not None else None,
    )


def read_file(name: str, root: Node, document: int) -> Iterator[Replacement]:
    """The replacements of a file: a list of them, or one."""
    view = View(root)
    items = list(view.children(view.root)) if isinstance(root, SequenceNode) else [view.root]
    for item in items:
        yield read_item(name, view, item, Key(name, document, pointer(item.path)))


def replace_all(here: Sequence[Resource], replacements: Sequence[Replacement]) -> list[Resource]:
    """The objects after some replacements."""
    result = list(here)
    for each in replacements:
        value = _value(result, each)
        result = [_written(resource, each, value) for resource in result]
    return result


def _written(resource: Resource, each: Replacement, value: Tree | str) -> Resource:
    """An object after a replacement; a value that is not known is the reason for it."""
    for target in each.targets:
        if resource.tree is None:
            break
        tree: Tree = resource.tree
        try:
            if not _takes(target, resource):
                continue
            for written in target.paths:
                for path in _paths(tree, written, target.options):
                    tree = replaced(tree, path, _new(resource, pointer(path), at(tree, path), value, target.options))
        except NotThere:
            continue  # kustomize builds nothing of it
        except Unsure as error:
            taint = resource.taint or f"{each.where}: a replacement does what only rendering shows: {error}"
            resource = replace(resource, taint=taint)
        if tree is not resource.tree and isinstance(tree, dict):
            resource = resource.grown(tree)
    return resource


def _value(here: Sequence[Resource], each: Replacement) -> Tree | str:
    """What is copied, as the layers so far have left it; or why that is not known."""
    if each.value is not None:
        return each.value
    found = [resource for resource in here if resource.tree is not None and identified(each.source, resource)]
    if len(found) != 1:
        return f"{each.where}: the source of a replacement is not known here"
    (resource,) = found
    try:
        paths = list(matching(resource.tree or {}, steps(each.path), regular=False))
    except NotThere:
        paths = []
    copied = _copied(resource, paths[0]) if len(paths) == 1 else None
    if copied is None or (each.options.delimiter and not isinstance(copied, Leaf)):
        return f"{each.where}: {each.path} is not in the source of a replacement"
    if isinstance(copied, Leaf) and each.options.delimiter:
        return replace(copied, before=(*copied.before, Take(each.options.delimiter, each.options.index)))
    return copied


def _copied(resource: Resource, path: Path) -> Tree | None:
    tree, start = at(resource.tree, path), pointer(path)
    return tree and mapped(tree, lambda leaf, below: resource.frozen(f"{start}{pointer(below)}", leaf))


def _new(resource: Resource, place: str, old: Tree | None, value: Tree | str, options: Options) -> Tree:
    """What stands at a place after a replacement."""
    birth = len(resource.passed)
    if isinstance(value, str):
        return mapped(old if old is not None else Leaf(""), lambda leaf, _: replace(leaf, taint=leaf.taint or value))
    if not isinstance(value, Leaf):
        return mapped(value, lambda leaf, _: replace(leaf, birth=birth))
    if not isinstance(old, Leaf) or not options.delimiter:
        image = (isinstance(old, Leaf) and old.image) or reach(place) > 0
        return replace(value, birth=birth, image=image, named=image)
    whole = resource.frozen(place, old)
    part = resource.flow("", replace(value, birth=birth))
    if part is None or part.taint:
        taint = part.taint if part is not None else "a replacement puts in what kustomize itself makes"
        return replace(whole, taint=whole.taint or taint)
    return replace(whole, before=(*whole.before, Put(part, options.delimiter, options.index)))


def _takes(target: Target, resource: Resource) -> bool:
    if not has_labels(target.select, resource):
        return False
    labelled = (each for each in target.reject if each.get("labelSelector") or each.get("annotationSelector"))
    if any(has_labels(each, resource) for each in labelled):
        return False
    named = [each for each in target.reject if any(each.get(key) for key in _ID_KEYS)]
    return any(is_id(target.select, each) and not any(is_id(reject, each) for reject in named) for each in resource.ids)


_ID_KEYS = ("group", "version", "kind", "name", "namespace")


def _paths(tree: Tree, written: str, options: Options) -> list[Path]:
    path = steps(written)
    if not options.create:
        return list(matching(tree, path, regular=True))
    found = list(matching(tree, path, regular=False))
    if found and isinstance(at(tree, found[0]), Leaf):
        return found
    if found or any(_is_item(step, at(tree, path[:end])) for end, step in enumerate(path)):
        raise Unsure("`create` makes an item of a list")
    return [path]


def _is_item(step: str, owner: Tree | None) -> bool:
    """Whether a step leads into a list, or would have to make one."""
    return step.isdigit() or step.startswith("[") or not (owner is None or isinstance(owner, dict))


def _target(view: View, item: Visit) -> Target:
    rejected, listed = view.child(item, "reject"), view.child(item, "fieldPaths")
    paths = [view.text(each) for each in (view.children(listed) if listed else ())]
    return Target(
        texts(view, view.child(item, "select")),
        tuple(texts(view, each) for each in (view.children(rejected) if rejected else ())),
        tuple(path for path in paths if path is not None) or ("metadata.name",),
        _options(view, item),
    )


def _options(view: View, item: Visit | None) -> Options:
    found = view.child(item, "options") if item is not None else None
    if found is None:
        return Options()
    index = view.text(found, "index") or "0"
    number = int(index) if index.lstrip("-").isdigit() else 0
    return Options(view.text(found, "delimiter") or "", number, view.text(found, "create") == "true")


def texts(view: View, visit: Visit | None) -> dict[str, str]:
    """The texts in a mapping, by key; none without one."""
    found: Iterator[Visit] = view.children(visit) if visit is not None else iter(())
    return {str(each.path[-1]): text for each in found if (text := view.text(each)) is not None}
