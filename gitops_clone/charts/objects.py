"""One object, or file, that may name artifacts, as an entry point has it: its texts, and why these cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gitops_clone.charts.addresses import SCHEME
from gitops_clone.charts.model import Use, Wanted
from gitops_clone.layers.flow import Key
from gitops_clone.layers.joining import Variables
from gitops_clone.layers.trees import Leaf, Path, Tree, at

ANNOTATED = "annotation gitops-clone/ignore"


@dataclass(frozen=True, slots=True)
class Held:
    """An object. `point` is what applies it, as reports name it, empty where nothing is known to.

    `names` are all that it has had on its way, `namespace` is the one that it gets, `taint` why it cannot be told. Flux
    replaces `variables` in it. A file that is no object has its own name for a kind.
    """

    group: str
    kind: str
    tree: dict[str, Tree]
    names: frozenset[str] = frozenset()
    namespace: str | None = None
    point: str = ""
    taint: str | None = None
    variables: Variables | None = None

    def leaf(self, *path: str | int) -> Leaf | None:
        found = at(self.tree, path)
        return found if isinstance(found, Leaf) and not found.null else None

    def text(self, *path: str | int) -> str | None:
        """The text at a path, its variables replaced as far as they are known."""
        leaf = self.leaf(*path)
        if leaf is None:
            return None
        return self.variables.apply(leaf.text) if self.variables is not None else leaf.text

    def items(self, *path: str | int) -> Iterator[Path]:
        """The paths of a list's items."""
        found = at(self.tree, path)
        yield from ((*path, number) for number in range(len(found) if isinstance(found, list) else 0))

    def doubt(self, *paths: Path) -> str | None:
        """Why the texts at some paths are not those that are applied."""
        if self.taint is not None:
            return self.taint
        for leaf in filter(None, (self.leaf(*path) for path in paths)):
            if leaf.taint is not None or leaf.before:
                return leaf.taint or "a replacement puts it together"
        return None

    @property
    def annotated(self) -> bool:
        return self.text("metadata", "annotations", "gitops-clone/ignore") == "true"

    def key(self, *path: str | int) -> Key | None:
        leaf = self.leaf(*path)
        return leaf.key if leaf is not None else None

    def keys(self, *paths: Path) -> tuple[Key, ...]:
        """Where the texts at some paths stand."""
        return tuple(filter(None, (self.key(*path) for path in paths)))


def address(held: Held, path: Path) -> str | None:
    """The text of an address with a scheme that stands at a path; None for any other text."""
    leaf = held.leaf(*path)
    return leaf.text if leaf is not None and leaf.text.startswith(SCHEME) else None


def use(held: Held, path: Path, wanted: Wanted, *points: str) -> Iterator[Use]:
    """The use of the address at a path of an object."""
    leaf = held.leaf(*path)
    if leaf is None or leaf.key is None:
        return
    obstacle = wanted.obstacle or held.doubt(path)
    if obstacle is None and leaf.key.pointer.rpartition("/")[2] not in (path[-1], "value"):
        obstacle = "a replacement puts it there"
    if held.annotated and not wanted.ignored:
        wanted = wanted._replace(obstacle=ANNOTATED, ignored=True)
    elif not wanted.ignored:
        wanted = wanted._replace(obstacle=obstacle)
    yield Use(leaf.key, leaf.text, wanted, tuple(sorted({held.point, *points} - {""})))
