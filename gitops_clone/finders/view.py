"""A document as an application sees it: aliases followed and merge keys merged, bounded against alias bombs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar, Sequence, is_merge_key

# A document written by people visits a node a few times at most; ten levels of ten aliases make 10^10 visits.
MAX_ALIASED = 500_000

Path = tuple[str | int, ...]


class TooManyAliases(ValueError):
    """The document grows beyond all bounds when its aliases are expanded."""

    def __init__(self) -> None:
        super().__init__(f"its aliases stand for more than {MAX_ALIASED:,} nodes")


class Visit(NamedTuple):
    """A node at a path of the expanded document; it is never an alias.

    `alias` is the last alias on the way to it. `duplicate` is a key on the way that stands twice in its mapping,
    so that tools disagree on what counts.
    """

    path: Path
    node: Node
    alias: Alias | None = None
    duplicate: str | None = None


class _Entry(NamedTuple):
    key: str
    node: Node
    alias: Alias | None
    duplicate: str | None


class View:
    """Reads one document. Mappings are flattened once each, so that merging cannot explode."""

    def __init__(self, root: Node) -> None:
        self.root = _visit((), root, None, None)
        self._flat: dict[int, list[_Entry]] = {}
        self._merge_budget = MAX_ALIASED

    def children(self, visit: Visit) -> Iterator[Visit]:
        """What a collection holds, nothing for a scalar. Keys that are no scalars are passed over."""
        path, node, alias, duplicate = visit
        if isinstance(node, Sequence):
            for number, item in enumerate(node.items):
                yield _visit((*path, number), item, alias, duplicate)
        elif isinstance(node, Mapping):
            for entry in self._entries(node):
                yield Visit((*path, entry.key), entry.node, entry.alias or alias, entry.duplicate or duplicate)

    def child(self, visit: Visit, key: str) -> Visit | None:
        """The value of a key; None where there is none. Of duplicates, the last counts."""
        found = None
        if isinstance(visit.node, Mapping):
            for entry in self._entries(visit.node):
                if entry.key == key:
                    found = Visit(
                        (*visit.path, key), entry.node, entry.alias or visit.alias, entry.duplicate or visit.duplicate
                    )
        return found

    def at(self, visit: Visit, *keys: str) -> Visit | None:
        """The node below a visit, under a path of keys."""
        found: Visit | None = visit
        for key in keys:
            found = self.child(found, key) if found else None
        return found

    def text(self, visit: Visit, *keys: str) -> str | None:
        """The value of the scalar under a path of keys, None where there is no scalar."""
        found = self.at(visit, *keys)
        return found.node.value if found and isinstance(found.node, Scalar) else None

    def walk(self, start: Visit, skip: frozenset[Path] = frozenset()) -> Iterator[Visit]:
        """Every node from `start` on, parents first, but for what stands at or below a path of `skip`.

        Raises `TooManyAliases`.
        """
        budget = MAX_ALIASED
        stack = [start]
        while stack:
            visit = stack.pop()
            if visit.path in skip:
                continue
            yield visit
            if isinstance(visit.node, Scalar):
                continue
            below = list(self.children(visit))
            budget -= sum(child.alias is not None for child in below)
            if budget < 0:
                raise TooManyAliases
            below.reverse()
            stack += below

    def _entries(self, mapping: Mapping) -> list[_Entry]:
        if id(mapping) in self._flat:
            return self._flat[id(mapping)]
        entries: list[_Entry] = []
        own: set[str] = set()
        merges = False
        for key, node in mapping.pairs:
            if not isinstance(key, Scalar):
                continue
            if key.value == "<<" and is_merge_key(key):
                merges = True
                continue
            alias = None
            while isinstance(node, Alias):
                alias, node = node, node.target
            entries.append(_Entry(key.value, node, alias, None))
            own.add(key.value)
        if len(own) < len(entries):
            entries = _mark_duplicates(entries)
        self._flat[id(mapping)] = entries
        if merges:
            entries += self._merged(mapping, own)
            self._merge_budget -= len(entries)
            if self._merge_budget < 0:
                raise TooManyAliases
        return entries

    def _merged(self, mapping: Mapping, seen: set[str]) -> Iterator[_Entry]:
        """What merge keys bring: the mapping's own keys win, then the first source that has the key."""
        for key, value in mapping.pairs:
            if not is_merge_key(key):
                continue
            source = _visit((), value, None, None)
            items = source.node.items if isinstance(source.node, Sequence) else [value]
            for item in items:
                merged = _visit((), item, source.alias, None)
                if not isinstance(merged.node, Mapping):
                    continue
                for entry in self._entries(merged.node):
                    if entry.key not in seen:
                        seen.add(entry.key)
                        yield entry._replace(alias=entry.alias or merged.alias)


def has_alias(root: Node) -> bool:
    """Whether a document has any alias, so that one text may serve several places."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Alias):
            return True
        if isinstance(node, Sequence):
            stack += node.items
        elif isinstance(node, Mapping):
            stack += [value for _, value in node.pairs]
    return False


def _mark_duplicates(entries: list[_Entry]) -> list[_Entry]:
    counts = Counter(entry.key for entry in entries)
    return [entry._replace(duplicate=entry.key) if counts[entry.key] > 1 else entry for entry in entries]


def _visit(path: Path, node: Node, alias: Alias | None, duplicate: str | None) -> Visit:
    while isinstance(node, Alias):
        alias, node = node, node.target
    return Visit(path, node, alias, duplicate)
