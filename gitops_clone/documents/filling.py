"""Keys without a value (`tag:`) that get one, behind the colon; and the way back."""

from __future__ import annotations

import re
from typing import Any

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.planned import Planned, TextChange, Unfit, tree_scalar
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import styled
from gitops_clone.finding import Span

FILLED = ":"
"""What stood where a value was filled in: where an empty value stands, parsers do not agree on."""

_COLON = re.compile(r"[ \t]*:")


def is_empty(node: Scalar) -> bool:
    """Whether a scalar has no text at all."""
    return node.style == "" and not node.value and node.anchor is None and node.tag is None


def filling(text: str, root: Node, pointer: str, value: str) -> Planned:
    """The edit that gives the key at a pointer a value. Raises `Unfit` where the key has no colon."""
    key = at(root, pointer)[0]
    match = _COLON.match(text, key.end) if key is not None else None
    if match is None:
        raise Unfit(f"{pointer} has no value, and no place for one")
    written = styled(value, "")
    change = TextChange(pointer, FILLED, f"{FILLED} {written}")
    style = written[0] if written[:1] in ("'", '"') else ""
    edit = Edit(Span(match.end(), match.end()), f" {written}")
    return _planned(text, edit, change, tree_scalar(value, style), "")


def emptying(text: str, root: Node, change: TextChange) -> Planned | None:
    """The edit that takes a value away that was filled in; None where it does not stand there any more."""
    key, node = at(root, change.pointer)
    match = _COLON.match(text, key.end) if key is not None else None
    if match is None or not isinstance(node, Scalar) or not text.startswith(change.new, match.end() - 1):
        return None
    end = match.end() - 1 + len(change.new)
    if end != node.end:
        return None  # more stands behind it now
    back = TextChange(change.pointer, change.new, change.old)
    return _planned(text, Edit(Span(match.end(), end), ""), back, tree_scalar("", ""), node.value)


def _planned(text: str, edit: Edit, change: TextChange, scalar: dict[str, Any], old: str) -> Planned:
    operation = {"op": "replace", "path": change.pointer, "value": scalar, "old": old}
    return Planned(edit, change, (operation,), text.count("\n", 0, edit.span.start) + 1)
