"""An edit that is more than a new image in its place: what is spliced, how to undo it, what it means as JSON Patch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gitops_clone.documents.edits import Edit

# What may be added to a document: texts, booleans, and mappings and lists of them.
Tree: TypeAlias = "str | bool | Mapping[str, Tree] | Sequence[Tree]"


class Unfit(ValueError):
    """The edit does not fit the file as it is; the message is one line."""


@dataclass(frozen=True, slots=True)
class TextChange:
    """At the key that `pointer` leads to (in the file as it is after the change) stands `new`, where `old` stood.

    `new` holds the key; what precedes the key in it, precedes it in the file.
    """

    pointer: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One edit, how to tell it for `restore`, what it means as JSON Patch, and its line (1-based).

    The operations are on the trees of `proof.prove`; a `replace` may have the value before it under `old`.
    """

    edit: Edit
    change: TextChange
    operations: tuple[dict[str, Any], ...]
    line: int


def tree_scalar(value: str, style: str) -> dict[str, Any]:
    """A plain or quoted scalar as the proof's tree has it."""
    return {"style": style, "tag": None, "anchor": None, "value": value}


def plain(operations: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Operations on the proof's trees as a JSON Patch of the document as an application sees it."""
    for each in operations:
        path = each["path"].removesuffix("/value") if isinstance(each.get("value"), str) else each["path"]
        if "old" in each:
            yield {"op": "test", "path": path, "value": each["old"]}
        if each["op"] in ("replace", "add"):
            yield {"op": each["op"], "path": path, "value": _value(each["value"])}
        else:
            yield dict(each)


def _value(tree: Any) -> Any:
    if isinstance(tree, str):
        return tree
    if isinstance(tree, list):
        return [_value(item) for item in tree]
    if "style" in tree and "value" in tree:
        return tree["value"]
    return {key: _value(value) for key, value in tree.items() if not key.startswith("\0")}
