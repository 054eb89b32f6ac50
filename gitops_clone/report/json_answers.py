"""The answers of `scan --mentions` and `gaps` in JSON: what each object has (docs/explain.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops_clone.gaps.model import Gap
    from gitops_clone.mentions.model import Mention


def mention(item: Mention) -> dict[str, Any]:
    """`repository` is the normalised name, `says` one sentence."""
    return {
        "file": item.file,
        "line": item.line,
        "column": item.column,
        "text": item.text,
        "repository": item.name,
        "what": item.context.what.value,
        "says": item.context.says,
        "needs_hand": item.context.needs_hand,
    }


def gap(item: Gap) -> dict[str, Any]:
    """`pulls` is null where it is not known; `says` and `remedy` are one sentence each."""
    return {
        "kind": item.kind.value,
        "stops": item.kind.stops,
        "file": item.file,
        "line": item.line,
        "owner": item.owner,
        "pulls": item.pulls,
        "says": item.says,
        "remedy": item.remedy,
    }
