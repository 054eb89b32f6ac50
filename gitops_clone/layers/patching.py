"""What patches make of the objects of a layer. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitops_clone.documents.proof import pointer
from gitops_clone.layers.merge import merged
from gitops_clone.layers.operations import Refused, patched
from gitops_clone.layers.patches import Merge, ReadPatch
from gitops_clone.layers.regular import Unsure
from gitops_clone.layers.resources import Id, Resource
from gitops_clone.layers.select import selected
from gitops_clone.layers.trees import Leaf, Path, Tree, image_leaves, mapped, replaced


def patch_all(here: Sequence[Resource], patches: Sequence[ReadPatch], *, unknown: bool, schema: bool) -> list[Resource]:
    """The objects after some patches. `unknown`: others pass there too; without `schema`, see `merged`."""
    result = list(here)
    for patch in patches:
        result = _patch(result, patch, unknown, schema)
    return result


def _patch(here: list[Resource], patch: ReadPatch, unknown: bool, schema: bool) -> list[Resource]:
    if patch.operations or not patch.merges:
        return _each(here, patch, None, unknown, schema)
    for merge in patch.merges:
        here = _each(here, patch, merge, unknown, schema)
    return here


def _each(here: list[Resource], patch: ReadPatch, merge: Merge | None, unknown: bool, schema: bool) -> list[Resource]:
    result: list[Resource] = []
    met = False
    for resource in here:
        if resource.tree is None:
            result.append(resource)
            continue
        try:
            if not _takes(patch, merge, resource):
                result.append(resource)
                continue
            met = True
            changed = _changed(resource, resource.tree, patch, merge, schema)
        except Unsure as error:
            met = True
            changed = None
            if patch.touches:
                reason = f"{patch.where}: a patch does what only rendering shows: {error}"
                result += _held(resource, patch, merge, reason)
            else:
                result.append(resource)
        if changed is not None:
            result.append(changed)
    if not met and unknown:
        result += _loose(patch, merge)
    return result


def loose(patch: ReadPatch) -> Iterator[Resource]:
    """The images of a patch, as if objects of their own."""
    for merge in patch.merges or (None,):
        yield from _loose(patch, merge)


def _takes(patch: ReadPatch, merge: Merge | None, resource: Resource) -> bool:
    if patch.target is not None:
        return selected(patch.target, resource)
    return merge is not None and any(each == merge.id for each in resource.ids)


def _changed(
    resource: Resource, tree: dict[str, Tree], patch: ReadPatch, merge: Merge | None, schema: bool
) -> Resource | None:
    birth = len(resource.passed)

    def young(leaf: Leaf, path: Path) -> Leaf:
        return replace(leaf, birth=birth)

    if merge is None:
        operations = [
            each._replace(value=mapped(each.value, young)) if each.value is not None else each
            for each in patch.operations
        ]

        def copied(at: str, found: Tree) -> Tree:
            """What is copied or moved, as the layers so far have left it."""
            return mapped(found, lambda leaf, path: resource.frozen(f"{at}{pointer(path)}", leaf))

        try:
            new = patched(tree, operations, copied)
        except Refused:
            return resource  # kustomize builds nothing of it
        return resource.grown(new) if isinstance(new, dict) else None
    new_tree = merged(tree, mapped(merge.tree, young), resource.id, schema=schema)
    if not isinstance(new_tree, dict):
        return None
    return resource.grown(_named_as_before(tree, new_tree, patch))


def _named_as_before(tree: dict[str, Tree], new: dict[str, Tree], patch: ReadPatch) -> dict[str, Tree]:
    """A merged object: its kind and names stay, unless the patch may change them."""
    kept = ["apiVersion", *(() if "allowKindChange" in patch.options else ("kind",))]
    result: Tree = {**new, **{key: tree[key] for key in kept if key in tree}}
    before, metadata = tree.get("metadata"), new.get("metadata")
    names = ["namespace", *(() if "allowNameChange" in patch.options else ("name",))]
    if isinstance(before, dict) and isinstance(metadata, dict):
        rest = {key: value for key, value in metadata.items() if key not in names}
        kept_names = {key: before[key] for key in names if key in before}
        result = replaced(result, ("metadata",), {**rest, **kept_names})
    assert isinstance(result, dict)
    return result


def _held(resource: Resource, patch: ReadPatch, merge: Merge | None, reason: str) -> Iterator[Resource]:
    """An object that a patch may have changed: its images and those of the patch stay as they are."""
    yield replace(resource, taint=resource.taint or reason)
    yield from (replace(each, taint=reason, namespace=resource.namespace) for each in _loose(patch, merge))


def _loose(patch: ReadPatch, merge: Merge | None) -> Iterator[Resource]:
    """The images of a patch whose object is not known."""
    trees = [merge.tree] if merge is not None else []
    for tree in trees:
        found = tuple((pointer(path), leaf) for path, leaf in image_leaves(tree))
        if found:
            yield Resource(found, ids=(merge.id,) if merge is not None else ())
    for each in patch.operations if merge is None else ():
        if each.value is not None:
            found = tuple((f"{each.path}{pointer(path)}", leaf) for path, leaf in image_leaves(each.value))
            if found:
                yield Resource(found, ids=(_NOBODY,))


_NOBODY = Id("", "", "", "", "")
