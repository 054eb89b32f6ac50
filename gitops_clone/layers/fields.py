"""The paths into objects that kustomize has: of `configurations` (`spec/list[]/image`), and of `replacements`
(`spec.template.spec.containers.[name=web].image`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from gitops_clone.layers.regular import pattern
from gitops_clone.layers.trees import Leaf, Path, Tree

_NUMBERS = re.compile(r"/\d+(?=/|\Z)")


class FieldSpec(NamedTuple):
    """A field of some kinds, empty where any will do; `path` without the `[]` of lists."""

    path: str
    group: str = ""
    version: str = ""
    kind: str = ""

    def matches(self, group: str, version: str, kind: str, place: str) -> bool:
        """Whether the pointer of an object of a kind is this field."""
        return (
            _plain(place) == self.path
            and self.group in ("", group)
            and self.version in ("", version)
            and self.kind in ("", kind)
        )


def field_path(written: str) -> str:
    """A path of `configurations` in the form that pointers without numbers have."""
    return "/" + written.replace("[]", "").strip("/")


@cache
def _plain(place: str) -> str:
    return _NUMBERS.sub("", place)


class NotThere(ValueError):
    """Nothing can stand at a path, so that kustomize builds nothing."""


def steps(written: str) -> tuple[str, ...]:
    """The steps of a path of `replacements` or `vars`: between dots, but in brackets and behind a backslash."""
    found = [""]
    depth = 0
    escaped = False
    for character in written:
        if escaped or (character == "\\" and depth == 0):
            escaped = not escaped
            found[-1] += character if not escaped else ""
        elif character == "." and depth == 0:
            found.append("")
        else:
            depth += {"[": 1, "]": -1}.get(character, 0)
            found[-1] += character
    return tuple(found)


def matching(tree: Tree, path: tuple[str, ...], *, regular: bool) -> Iterator[Path]:
    """The places in a tree that a path leads to; `regular`: `[name=x]` is a regular expression, and `*` is any item.

    Raises `NotThere`, and `Unsure` where it cannot be told.
    """
    if not path:
        yield ()
        return
    step, rest = path[0], path[1:]
    for name, below in _children(tree, step, regular=regular):
        yield from ((name, *inner) for inner in matching(below, rest, regular=regular))


def _children(tree: Tree, step: str, *, regular: bool) -> Iterator[tuple[str | int, Tree]]:
    if isinstance(tree, Leaf):
        raise NotThere(step)
    if isinstance(tree, dict):
        name = step[1:-1] if step.startswith("[") and step.endswith("]") and "=" not in step else step
        if name in tree:
            yield name, tree[name]
        return
    if step.isdigit():
        if int(step) >= len(tree):
            raise NotThere(step)
        yield int(step), tree[int(step)]
    elif step == "*" and regular:
        yield from enumerate(tree)
    elif match := re.fullmatch(r"\[([^=\]]+)=(.*)\]", step):
        yield from (each for each in enumerate(tree) if _has(each[1], match[1], match[2], regular=regular))
    else:
        raise NotThere(step)


def _has(item: Tree, key: str, value: str, *, regular: bool) -> bool:
    found = item.get(key) if isinstance(item, dict) else None
    if not isinstance(found, Leaf):
        return False
    return pattern(value).search(found.text) is not None if regular else found.text == value
