"""The images in the patches of a kustomization, and which images of the layers below they replace for certain. Pure.

Strategic merge: a container is replaced by one of its name in the same list of an object of the same kind and name
(built-in kinds; others have no merge keys). JSON 6902: `replace` and `add`, at a path of a target named exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitops_clone.documents.node import Mapping, Node, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer as json_pointer
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders import json_patch, manifests
from gitops_clone.finders.manifests import TwoObjects
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.layers.graph import resolve
from gitops_clone.layers.kustomization import Kustomization, Patch
from gitops_clone.layers.simulate import Key, Patched, Source, reach
from gitops_clone.lines import Lines

_MERGED_KINDS = frozenset(
    ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet")
)
_CONTAINER = re.compile(r"(?P<list>.*/(?:containers|initContainers|ephemeralContainers))/(?P<index>\d+)/image\Z")
_LITERAL = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Inline:
    """An image in a patch that stands inside a kustomization; `note` says why it is to be left."""

    key: Key
    image: str
    line: int
    note: str | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Patches:
    """What the patches of one kustomization do, and the images that only they know."""

    patched: tuple[Patched, ...] = ()
    inline: tuple[Inline, ...] = ()
    taint: str | None = None


def read(
    each: Kustomization, content: Callable[[str], bytes | None], sources: Callable[[str], Sequence[Source]]
) -> Patches:
    """The patches of a kustomization. `content` gives a file's bytes, `sources` the images of manifests in it."""
    patched: list[Patched] = []
    inline: list[Inline] = []
    taint: str | None = None
    for patch in each.patches:
        name, text = _text(each, patch, content)
        if text is None or ("image" not in text and "op" not in text):
            continue
        try:
            roots = parse(text)
        except Unparsable:
            continue  # kustomize does not build it either; the scan reports the file
        for document, root in enumerate(roots):
            if isinstance(root, SequenceNode):
                if name is not None:
                    sources(name)  # its findings are to be known
                done = _json_patch(each, patch, name, document, root, text)
                patched.append(done.patched[0])
                inline += done.inline
                taint = taint or done.taint
            elif isinstance(root, Mapping):
                one, found = _merge_patch(each, patch, name, document, root, text, sources)
                patched.append(one)
                inline += found
    return Patches(tuple(patched), tuple(inline), taint)


def _text(each: Kustomization, patch: Patch, content: Callable[[str], bytes | None]) -> tuple[str | None, str | None]:
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


def _key(each: Kustomization, patch: Patch, name: str | None, document: int, pointer: str) -> Key:
    if name is not None:
        return Key(name, document, pointer)
    return Key(each.file, 0, f"{patch.pointer}#{document}{pointer}")


def _merge_patch(
    each: Kustomization,
    patch: Patch,
    name: str | None,
    document: int,
    root: Mapping,
    text: str,
    sources: Callable[[str], Sequence[Source]],
) -> tuple[Patched, list[Inline]]:
    inline: list[Inline] = []
    if name is not None:
        found = tuple(source for source in sources(name) if source.key.document == document)
    else:
        try:
            spots = manifests.find(root)
        except (TooManyAliases, TwoObjects, RecursionError):
            spots = []
        made = []
        for spot in spots:
            if not spot.scalar.value:
                continue
            pointer = json_pointer(spot.path)
            key = _key(each, patch, None, document, pointer)
            made.append(Source(key, spot.scalar.value, reach(pointer), namespace=spot.namespace))
            inline.append(_inline(each, patch, key, spot.scalar, text))
        found = tuple(made)
    objects, slots = _slots_of_patch(root, patch)
    return Patched(found, slots, objects), inline


def _inline(each: Kustomization, patch: Patch, key: Key, scalar: Scalar, text: str) -> Inline:
    line = text.count("\n", 0, scalar.start) + 1
    if patch.scalar is not None:
        line += each.text.count("\n", 0, patch.scalar.start) + (1 if patch.scalar.style in ("|", ">") else 0)
    if Lines(text).ignored(scalar.start):
        return Inline(key, scalar.value, line, "comment gitops-clone: ignore", True)
    if patch.scalar is None or patch.scalar.style != "|" or patch.scalar.anchor or scalar.anchor:
        return Inline(key, scalar.value, line, "in a patch that is no literal block (`patch: |`)")
    return Inline(key, scalar.value, line)


def _slots_of_patch(root: Mapping, patch: Patch) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """The objects a strategic merge patch goes to, and the slots that it fills, as far as they are certain."""
    slots = slots_of(root)
    objects = {slot[:2] for slot in slots.values()}
    if patch.target is not None:
        exact = {key: value for key, value in patch.target.items() if key in ("kind", "name")}
        if exact.keys() != patch.target.keys() - {"group", "version"} or len(exact) != 2 or not _is_exact(exact):
            return frozenset(), frozenset()
        target = (exact["kind"], exact["name"])
        slots = {path: (*target, *slot[2:]) for path, slot in slots.items()}
        objects = {target}
    certain = {slot for slot in slots.values() if slot[0] in _MERGED_KINDS} if not _has_directive(root) else set()
    return frozenset(objects), frozenset(certain)


def slots_of(root: Node) -> dict[str, tuple[str, ...]]:
    """For each container image of a document, by pointer: kind and name of its object, its list, its container."""
    view = View(root)
    slots: dict[str, tuple[str, ...]] = {}
    try:
        spots = manifests.find(root)
    except (TooManyAliases, TwoObjects, RecursionError):
        return {}
    for spot in spots:
        pointer = json_pointer(spot.path)
        match = _CONTAINER.match(pointer)
        if match is None:
            continue
        owner = view.root
        below = 0
        while spot.path[below : below + 1] == ("items",):
            step = view.child(owner, "items")
            number = spot.path[below + 1]
            items = list(view.children(step)) if step is not None else []
            owner = items[int(number)]
            below += 2
        container = owner
        for path_step in spot.path[below:-1]:
            container = next(v for v in view.children(container) if v.path[-1] == path_step)
        kind, name = view.text(owner, "kind"), view.text(owner, "metadata", "name")
        container_name = view.text(container, "name")
        if kind and name and container_name:
            inner = json_pointer(spot.path[below:-2])
            slots[pointer] = (kind, name, inner, container_name)
    return slots


def _has_directive(root: Mapping) -> bool:
    view = View(root)
    return any(visit.path and str(visit.path[-1]).startswith("$") for visit in view.walk(view.root))


def _is_exact(target: dict[str, str]) -> bool:
    return all(_LITERAL.fullmatch(value) for value in target.values())


def _json_patch(
    each: Kustomization, patch: Patch, name: str | None, document: int, root: SequenceNode, text: str
) -> Patches:
    view = View(root)
    made: list[Source] = []
    inline: list[Inline] = []
    slots: set[tuple[str, ...]] = set()
    taint: str | None = None
    target = patch.target or {}
    exact = {"kind", "name"} <= target.keys() <= {"kind", "name", "group", "version"} and _is_exact(target)
    for visit in view.children(view.root):
        operation, path = view.text(visit, "op") or "", view.text(visit, "path") or ""
        if operation in ("test", "copy", "move") and _touches_image(view, visit, path):
            taint = f"{each.file}: a patch with `{operation}` depends on an image"
        for found, pointer in json_patch.images(view, visit):
            assert isinstance(found.node, Scalar)
            key = _key(each, patch, name, document, json_pointer(found.path))
            made.append(Source(key, found.node.value, reach(pointer)))
            if name is None:
                inline.append(_inline(each, patch, key, found.node, text))
            if exact and found.path[-1] == "value":
                slots.add((target["kind"], target["name"], f"#{pointer}"))
    shifting = any(not source.key.pointer.endswith("/value") for source in made)
    objects = frozenset({(target["kind"], target["name"])}) if exact and shifting else frozenset()
    return Patches((Patched(tuple(made), frozenset(slots), objects, by_index=True),), tuple(inline), taint)


def _touches_image(view: View, visit: Visit, path: str) -> bool:
    paths = (path, view.text(visit, "from") or "")
    return any("image" in each.lower() or "containers" in each.lower() for each in paths)
