"""JSON Pointers (RFC 6901) into trees."""

from __future__ import annotations

from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence


def at(root: Node, pointer: str) -> tuple[Scalar | None, Node | None]:
    """The key (None for an item of a sequence) and the node at the end of a pointer; None where nothing is there."""
    node: Node | None = root
    key: Scalar | None = None
    for step in (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]):
        key = None
        if isinstance(node, Sequence):
            node = node.items[int(step)] if step.isdigit() and int(step) < len(node.items) else None
        elif isinstance(node, Mapping):
            pair = next(((k, v) for k, v in node.pairs if isinstance(k, Scalar) and k.value == step), None)
            key, node = pair if pair is not None else (None, None)
        else:
            return None, None
    return key, node
