"""What stands where in a document: its scalars with their paths, keys among them. Pure; aliases are not followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence

Path = tuple[str | int, ...]


class Standing(NamedTuple):
    """A scalar of the text: the value at a path of the document, or (`is_key`) the key that ends the path."""

    path: Path
    scalar: Scalar
    is_key: bool = False


def scalars(root: Node) -> Iterator[Standing]:
    """All scalars of a document in the order of the text, but for those in keys that are no scalars."""
    pending: list[tuple[Path, Node, bool]] = [((), root, False)]
    while pending:
        path, node, is_key = pending.pop()
        if isinstance(node, Scalar):
            yield Standing(path, node, is_key)
        elif isinstance(node, Sequence):
            pending += [((*path, number), item, False) for number, item in reversed(list(enumerate(node.items)))]
        elif isinstance(node, Mapping):
            for key, value in reversed(node.pairs):
                if isinstance(key, Scalar):
                    pending.append(((*path, key.value), value, False))
                    pending.append(((*path, key.value), key, True))
