"""JSON Patches (RFC 6902) on plain trees. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from gitops_clone.layers.trees import Leaf, Path, Tree, at


class Operation(NamedTuple):
    """One operation; `value` is None where it has none."""

    op: str
    path: str
    source: str
    value: Tree | None


class Refused(ValueError):
    """The patch does not apply, so that kustomize builds nothing."""


def patched(tree: Tree, operations: Sequence[Operation], copied: Callable[[str, Tree], Tree]) -> Tree:
    """A tree after all operations; `copied` makes a copy of what stood at a pointer. Raises `Refused`."""
    for each in operations:
        if each.op == "test":
            if not _same(at(tree, _path(tree, each.path)), each.value):
                raise Refused(f"{each.path} is not what a test of the patch asks for")
        elif each.op == "remove":
            tree = _without(tree, _path(tree, each.path))
        elif each.op in ("add", "replace") and each.value is not None:
            if each.op == "replace" and at(tree, _path(tree, each.path)) is None:
                raise Refused(f"{each.path}: nothing stands there")
            tree = _with(tree, _path(tree, each.path), each.value, insert=each.op == "add")
        elif each.op in ("copy", "move"):
            found = at(tree, _path(tree, each.source))
            if found is None:
                raise Refused(f"{each.source}: nothing stands there")
            if each.op == "move":
                tree = _without(tree, _path(tree, each.source))
            tree = _with(tree, _path(tree, each.path), copied(each.source, found), insert=True)
        else:
            raise Refused(f"{each.op} is no operation")
    return tree


def _path(tree: Tree, pointer: str) -> Path:
    """A pointer as a path of this tree; `-` is behind the last item of a list."""
    path: list[str | int] = []
    here: Tree | None = tree
    for raw in pointer.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list):
            path.append(len(here) if step == "-" else int(step) if step.isdigit() else -1)
        else:
            path.append(step)
        here = at(here, (path[-1],))
    return tuple(path)


def _with(tree: Tree, path: Path, value: Tree, *, insert: bool) -> Tree:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        if not rest:
            return {**tree, str(step): value}
        below = tree.get(str(step))
        if below is None:
            raise Refused(f"{step}: nothing stands there")
        return {**tree, str(step): _with(below, rest, value, insert=insert)}
    if not isinstance(tree, list) or not isinstance(step, int) or not 0 <= step <= len(tree):
        raise Refused(f"{step}: nothing stands there")
    if not rest:
        return [*tree[:step], value, *tree[step if insert else step + 1 :]]
    if step == len(tree):
        raise Refused(f"{step}: nothing stands there")
    return [*tree[:step], _with(tree[step], rest, value, insert=insert), *tree[step + 1 :]]


def _without(tree: Tree, path: Path) -> Tree:
    if not path or at(tree, path) is None:
        raise Refused("what is to be removed is not there")
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        if rest:
            return {**tree, str(step): _without(tree[str(step)], rest)}
        return {key: value for key, value in tree.items() if key != step}
    assert isinstance(tree, list)
    assert isinstance(step, int)
    middle = [_without(tree[step], rest)] if rest else []
    return [*tree[:step], *middle, *tree[step + 1 :]]


def _same(one: Tree | None, other: Tree | None) -> bool:
    if isinstance(one, Leaf) and isinstance(other, Leaf):
        return one.text == other.text or (one.null and other.null)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one is other
