"""Keys that get another name together with their value, on one line; and the way back."""

from __future__ import annotations

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.node import Mapping, Node, Scalar
from gitops_clone.documents.parse import parse
from gitops_clone.documents.planned import Planned, TextChange, Unfit, tree_scalar
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import raw_span, styled
from gitops_clone.finding import Span


def renaming(text: str, root: Node, pointer: str, key: str, value: str) -> Planned:
    """The edit that gives the key at a pointer another name and value, in the quotes that both have.

    Raises `Unfit` where they do not stand on one line, or the new key is there already.
    """
    old, node = at(root, pointer)
    parent = pointer.rpartition("/")[0]
    if old is None or not isinstance(node, Scalar) or at(root, f"{parent}/{key}")[1] is not None:
        raise Unfit(f"{pointer} cannot be renamed")
    names, values = raw_span(text, old), raw_span(text, node)
    plain = old.anchor is None and old.tag is None and node.anchor is None and node.tag is None
    if names is None or values is None or not plain or "\n" in text[names.start : values.end]:
        raise Unfit(f"{pointer} is not on one line")
    new = f"{styled(key, old.style)}{text[names.end : values.start]}{styled(value, node.style)}"
    return _planned(text, Span(names.start, values.end), new, pointer, key)


def renamed_back(text: str, root: Node, change: TextChange) -> Planned | None:
    """The edit that takes a renaming back; None where it does not stand there any more. Raises `Unfit`."""
    key, node = at(root, change.pointer)
    names = raw_span(text, key) if key is not None else None
    values = raw_span(text, node) if isinstance(node, Scalar) else None
    if names is None or values is None or text[names.start : values.end] != change.new:
        return None
    root_before = parse(change.old)[0]
    if not isinstance(root_before, Mapping) or len(root_before.pairs) != 1:
        raise Unfit("the lock file's change is no key with a value")
    old = root_before.pairs[0][0]
    if not isinstance(old, Scalar):
        raise Unfit("the lock file's change is no key with a value")
    return _planned(text, Span(names.start, values.end), change.old, change.pointer, old.value)


def _planned(text: str, span: Span, new: str, pointer: str, key: str) -> Planned:
    parent = pointer.rpartition("/")[0]
    written = parse(new)[0]
    value = written.pairs[0][1] if isinstance(written, Mapping) else None
    if not isinstance(value, Scalar):
        raise Unfit(f"{pointer} cannot be renamed")
    operations = (
        {"op": "add", "path": f"{parent}/{key}", "value": tree_scalar(value.value, value.style)},
        {"op": "remove", "path": pointer},
    )
    change = TextChange(f"{parent}/{key}", text[span.start : span.end], new)
    return Planned(Edit(span, new), change, operations, text.count("\n", 0, span.start) + 1)
