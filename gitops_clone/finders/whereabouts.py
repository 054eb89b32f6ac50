"""Where in which object a scalar stands, and what the catalogue says of that place and of places like it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from gitops_clone.documents.node import Mapping, Node, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.standing import Path
from gitops_clone.finders.catalogue import CONTAINER, METADATA, Catalogue, Row
from gitops_clone.finders.objects import CONTAINER_LISTS
from gitops_clone.finders.path import AnyKey, Each, Inside, Key, Named, Step


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A path within the innermost object on it. Group, kind and name are empty where the object has none."""

    group: str
    kind: str
    name: str
    root: Node
    path: Path

    @property
    def owner(self) -> str:
        """How reports name the object: `Deployment web`; empty where it is none."""
        return f"{self.kind} {self.name}".strip()


class Along(NamedTuple):
    """A row, and how many steps of its path lead towards a place; all of them: it is for the place, or one above it.

    `exact`: for the very place.
    """

    row: Row
    steps: int
    exact: bool

    @property
    def reaches(self) -> bool:
        return self.steps == len(self.row.path)


def locate(root: Node, path: Path) -> Whereabouts:
    """The innermost object on a path through a document (aliases are not followed)."""
    node: Node | None = root
    found = Whereabouts("", "", "", root, path)
    for number in range(len(path) + 1):
        if isinstance(node, Mapping):
            kind = _text(node, "kind")
            if kind and (number == 0 or _text(node, "apiVersion")):
                group = _text(node, "apiVersion").rpartition("/")[0]
                found = Whereabouts(group, kind, _text(below(node, "metadata"), "name"), node, path[number:])
        if number < len(path):
            node = below(node, path[number])
    return found


def rows_along(place: Whereabouts, catalogue: Catalogue) -> list[Along]:
    """The rows whose path begins as the path of a place does, those first that lead farthest."""
    found = [
        Along(row, steps, len(row.path) == steps == len(path))
        for rows, root, path in _lists(place, catalogue)
        for row in rows
        if (row.name is None or fnmatchcase(place.name, row.name)) and (steps := _common(row.path, root, path))
    ]
    return sorted(found, key=lambda along: (-along.reaches, -along.steps))


def _lists(place: Whereabouts, catalogue: Catalogue) -> Iterator[tuple[tuple[Row, ...], Node | None, Path]]:
    """The rows of the kind, and of the pseudo-kinds that the path goes through, with what each is relative to."""
    yield catalogue.rows_for(place.group, place.kind), place.root, place.path
    node: Node | None = place.root
    for number, step in enumerate(place.path):
        node = below(node, step)
        if step == "metadata":
            yield catalogue.rows_for("*", METADATA), node, place.path[number + 1 :]
        elif step == "annotations" and number == 0 and not place.kind:  # those of a Chart.yaml
            yield catalogue.rows_for("*", METADATA), place.root, place.path
        elif isinstance(step, int) and number and place.path[number - 1] in CONTAINER_LISTS:
            yield catalogue.rows_for("*", CONTAINER), node, place.path[number + 1 :]


def _common(steps: Sequence[Step], root: Node | None, path: Path) -> int:
    """How many steps lead along a path; what stands inside a text is beyond it."""
    node = root
    for number, step in enumerate(steps):
        if isinstance(step, Inside):
            return number if number < len(path) else len(steps)
        if number >= len(path) or not _fits(step, path[number], below(node, path[number])):
            return number
        node = below(node, path[number])
    return len(steps)


def _fits(step: Step, taken: str | int, node: Node | None) -> bool:
    match step:
        case Key(name):
            return taken == name
        case AnyKey():
            return isinstance(taken, str)
        case Each():
            return isinstance(taken, int)
        case Named(name):
            return isinstance(taken, int) and fnmatchcase(_text(node, "name"), name)
        case Inside():
            return False


def below(node: Node | None, step: str | int) -> Node | None:
    """What stands under a key or number; None where nothing does. Aliases are not followed."""
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    if isinstance(node, Mapping):
        return next((value for key, value in node.pairs if isinstance(key, Scalar) and key.value == step), None)
    return None


def _text(node: Node | None, key: str) -> str:
    found = below(node, key)
    return found.value if isinstance(found, Scalar) else ""
