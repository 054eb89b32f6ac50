"""Objects as kustomize has them on their way through the layers: plain trees, whose leaves know where they are written.

Nobody changes a tree: an edit is a new tree that shares with the old one what has not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar, is_null
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import MAX_ALIASED, TooManyAliases, View, Visit
from gitops_clone.layers.flow import Key, Op, Source

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar. `birth` is how many layers its object had passed when it came, `before` what was done to it till then.

    `key` is the place where it is written; None for what kustomize makes itself. `image`: all of it is an image;
    `parts` are images that its text holds besides. `named`: kustomize itself makes it an image, whatever finders say.
    """

    text: str
    key: Key | None = None
    null: bool = False
    image: bool = False
    parts: tuple[Source, ...] = ()
    named: bool = False
    birth: int = 0
    before: tuple[Op, ...] = ()
    taint: str | None = None


Tree = dict[str, "Tree"] | list["Tree"] | Leaf


Images = Mapping[Key, Sequence[Source]]
"""The images in scalars, by the places of these."""


def grown(root: Node, key: Callable[[str], Key], images: Images) -> Tree:
    """The tree of a document, aliases and merge keys expanded. `key` gives the place of the scalar at a pointer.

    Raises `TooManyAliases`.
    """
    view = View(root)
    aliased = 0

    def grow(visit: Visit) -> Tree:
        nonlocal aliased
        aliased += visit.alias is not None
        if aliased > MAX_ALIASED:
            raise TooManyAliases
        node = visit.node
        if isinstance(node, Scalar):
            place = key(pointer(visit.path))
            found = images.get(place, ())
            whole = any(source == (place, node.value) for source in found)
            return Leaf(node.value, place, is_null(node), whole, () if whole else tuple(found))
        if isinstance(node, MappingNode):
            return {str(child.path[-1]): grow(child) for child in view.children(visit)}
        return [grow(child) for child in view.children(visit)]

    return grow(view.root)


def leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """All leaves of a tree, with their paths."""
    if isinstance(tree, Leaf):
        yield path, tree
    elif isinstance(tree, dict):
        for name, value in tree.items():
            yield from leaves(value, (*path, name))
    else:
        for number, value in enumerate(tree):
            yield from leaves(value, (*path, number))


def image_leaves(tree: Tree) -> list[tuple[Path, Leaf]]:
    """The leaves of a tree that hold images, with their paths."""
    return [(path, leaf) for path, leaf in leaves(tree) if leaf.image or leaf.parts]


def holds_image(tree: Tree | None) -> bool:
    """Whether an image place is in a tree."""
    return tree is not None and bool(image_leaves(tree))


def at(tree: Tree | None, path: Path) -> Tree | None:
    """What stands at a path; None where nothing does."""
    for step in path:
        if isinstance(tree, dict) and isinstance(step, str):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int) and -1 < step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def text_at(tree: Tree | None, *path: str | int) -> str | None:
    """The text at a path; None where no scalar stands, or null."""
    found = at(tree, path)
    return found.text if isinstance(found, Leaf) and not found.null else None


def replaced(tree: Tree, path: Path, new: Tree) -> Tree:
    """A tree with something else at a path, which must lead somewhere but for its last key."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        below = tree.get(str(step), {})
        return {**tree, str(step): replaced(below, rest, new)}
    if isinstance(tree, list) and isinstance(step, int):
        return [replaced(item, rest, new) if number == step else item for number, item in enumerate(tree)]
    raise KeyError(step)


def mapped(tree: Tree, change: Callable[[Leaf, Path], Leaf], path: Path = ()) -> Tree:
    """A tree with every leaf changed, given with its path."""
    if isinstance(tree, Leaf):
        return change(tree, path)
    if isinstance(tree, dict):
        return {name: mapped(value, change, (*path, name)) for name, value in tree.items()}
    return [mapped(value, change, (*path, number)) for number, value in enumerate(tree)]
