"""The patches of a kustomization, read: strategic merge and JSON 6902, in files or inside it; and their images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from functools import partial

from gitops_clone.documents.node import Mapping, Node
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer as json_pointer
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders import json_patch, manifests
from gitops_clone.finders.manifests import Spot, TwoObjects
from gitops_clone.finders.view import TooManyAliases
from gitops_clone.finding import Certainty
from gitops_clone.layers.flow import Key
from gitops_clone.layers.kustomization import Holder, Kustomization, Patch
from gitops_clone.layers.operations import Operation
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.resources import Id, id_of
from gitops_clone.layers.trees import Images, Tree, grown, holds_image, text_at
from gitops_clone.layers.unlisted import Unlisted, in_patch

# Pointers to what can move, remove or hold an image: containers and volumes, and what is above them.
_ABOVE_IMAGES = re.compile(
    r"(?:/(?:spec|template|jobTemplate|items|\d+))*(?:/(?:\w*[cC]ontainers|volumes)(?:/(?:\d+|-)(?:/name)?)?)?"
)
_TOUCHING = re.compile(r"image|ontainers|\$patch|\bop\b|null|~", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Merge:
    """A strategic merge patch, and the id that it has."""

    tree: dict[str, Tree] = field(repr=False)
    id: Id


@dataclass(frozen=True, slots=True)
class ReadPatch:
    """A patch: what it merges, or its operations; `target` is None where it goes to the object whose id it has.

    `where` is for reports, `options` are those that are set, `touches` says whether it may concern an image.
    """

    where: str
    target: Dict[str, str] | None = field(default=None, hash=False)
    merges: tuple[Merge, ...] = ()
    operations: tuple[Operation, ...] = ()
    options: frozenset[str] = frozenset()
    touches: bool = False

    @property
    def brings_image(self) -> bool:
        return any(holds_image(merge.tree) for merge in self.merges) or any(
            holds_image(each.value) for each in self.operations
        )


@dataclass(frozen=True, slots=True)
class Patches:
    """The patches of one kustomization: those before its names and labels change, and those after; images inside it."""

    before: tuple[ReadPatch, ...] = ()
    after: tuple[ReadPatch, ...] = ()
    inline: tuple[Unlisted, ...] = ()

    @property
    def touch(self) -> bool:
        """Whether any may concern an image."""
        return any(patch.touches for patch in (*self.before, *self.after))


Content = Callable[[str], bytes | None]
ImagesOf = Callable[[str], Images]


def read(each: Kustomization, content: Content, images: ImagesOf) -> Patches:
    """The patches of a kustomization. `content` gives a file's bytes, `images` the places of the images in it."""
    lists: dict[str, list[ReadPatch]] = {}
    inline: list[Unlisted] = []
    for patch in each.patches:
        if patch.tree is not None and patch.holder is not None:
            lists.setdefault("patches", []).append(_of_tree(patch.holder, patch, patch.tree, images))
            continue
        name, text = _text(each, patch, content)
        if text is None:
            continue
        if name is not None:
            done = read_text(name, text, patch.target, patch.options, partial(Key, name), images(name))
        else:
            found = list(_inline(each, patch, text))
            inline += found
            known = {one.source.key: [one.source] for one in found}
            done = read_text(each.file, text, patch.target, patch.options, partial(_inline_key, each, patch), known)
        if done is not None:
            lists.setdefault(_list_of(patch), []).append(done)
    before = (*lists.get("patchesStrategicMerge", ()), *lists.get("patches", ()))
    return Patches(before, tuple(lists.get("patchesJson6902", ())), tuple(inline))


def read_text(
    where: str,
    text: str,
    target: Dict[str, str] | None,
    options: frozenset[str],
    key: Callable[[int, str], Key],
    images: Images,
) -> ReadPatch | None:
    """A patch from its text; None where kustomize takes it for none. `key` gives the place of document and pointer."""
    try:
        roots = parse(text)
        trees = [grown(root, partial(key, number), images) for number, root in enumerate(roots) if root is not None]
    except (Unparsable, TooManyAliases, RecursionError):
        return None  # the scan reports the file
    if len(trees) == 1 and isinstance(trees[0], list):
        operations = tuple(_operation(item) for item in trees[0] if isinstance(item, dict))
        touches = any(_touches(each) for each in operations)
        return ReadPatch(where, target or {}, operations=operations, options=options, touches=touches)
    merges = tuple(Merge(tree, id_of(tree)) for tree in trees if isinstance(tree, dict))
    return ReadPatch(where, target, merges, options=options, touches=_TOUCHING.search(text) is not None)


def _list_of(patch: Patch) -> str:
    """The list of a kustomization that a patch is in: those of objects are put into `patches`, or the old ones."""
    old = ("patchesStrategicMerge", "patchesJson6902")
    return next((key for key in old if f"/{key}/" in patch.pointer), "patches")


def _of_tree(holder: Holder, patch: Patch, tree: Node, images: ImagesOf) -> ReadPatch:
    """A patch that stands in an object as a tree; its images are found as every other one of that file."""

    def key(pointer: str) -> Key:
        return Key(holder.file, holder.document, f"{patch.pointer}{pointer}")

    found = grown(tree, key, images(holder.file))
    if isinstance(found, list):
        operations = tuple(_operation(item) for item in found if isinstance(item, dict))
        touches = any(_touches(each) for each in operations)
        return ReadPatch(holder.file, patch.target or {}, operations=operations, touches=touches)
    merges = (Merge(found, id_of(found)),) if isinstance(found, dict) else ()
    return ReadPatch(holder.file, patch.target, merges, touches=True)


def spots(root: Node) -> list[Spot]:
    """The images of a patch, those that are all of a field that is known to hold one."""
    try:
        found = json_patch.find(root) if isinstance(root, SequenceNode) else manifests.find(root)
    except (TooManyAliases, TwoObjects, RecursionError):
        return []
    return [spot for spot in found if spot.is_whole and spot.certainty is Certainty.CERTAIN]


def _text(each: Kustomization, patch: Patch, content: Content) -> tuple[str | None, str | None]:
    """The name of the file that holds a patch (None for an inline one), and its text."""
    if patch.path is None:
        return None, patch.text
    name = resolve(each.folder, patch.path)
    data = content(name) if name else None
    if data is None:
        return name, None
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return name, None
    return name, source.utf8.decode()


def _inline(each: Kustomization, patch: Patch, text: str) -> Iterator[Unlisted]:
    """The images of a patch inside a kustomization."""
    try:
        roots = parse(text) if patch.scalar is not None else []
    except Unparsable:
        return
    for document, root in enumerate(roots):
        assert patch.scalar is not None
        if isinstance(root, (Mapping, SequenceNode)):
            for spot in spots(root):
                if spot.scalar.value:
                    key = _inline_key(each, patch, document, json_pointer(spot.path))
                    outer = patch.holder.text if patch.holder is not None else each.text
                    before = patch.holder.before if patch.holder is not None else 0
                    yield in_patch(key, outer, before, patch.scalar, text, spot.scalar)


def _inline_key(each: Kustomization, patch: Patch, document: int, pointer: str) -> Key:
    """The place of a scalar of a patch inside a kustomization, or an object that applies it."""
    if patch.holder is not None:
        return Key(patch.holder.file, patch.holder.document, f"{patch.pointer}#{document}{pointer}")
    return Key(each.file, 0, f"{patch.pointer}#{document}{pointer}")


def _operation(item: dict[str, Tree]) -> Operation:
    return Operation(
        text_at(item, "op") or "", text_at(item, "path") or "", text_at(item, "from") or "", item.get("value")
    )


def _touches(each: Operation) -> bool:
    """Whether an operation may concern an image."""
    return holds_image(each.value) or any(
        "image" in path.lower() or _ABOVE_IMAGES.fullmatch(path) is not None
        for path in (each.path, *([each.source] if each.source else []))
    )
