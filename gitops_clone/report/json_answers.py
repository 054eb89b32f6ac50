"""The answers of `explain`, `scan --mentions` and `gaps` in JSON: what each object has (docs/explain.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops_clone.explain.model import Explanation
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


def explanation(item: Explanation) -> dict[str, Any]:
    """What stands at a place; where it is no image, all from `state` to `entry_points` is null or empty."""
    found = item.finding
    return {
        "file": item.file,
        "line": item.line,
        "column": item.column,
        "pointer": item.pointer,
        "inner": item.inner,
        "owner": item.owner,
        "text": item.text,
        "is_image": found is not None,
        "why": item.why,
        "rule": item.rule,
        "state": found.state.value if found else None,
        "certainty": found.place.certainty.value if found else None,
        "upstream": found.upstream if found else None,
        "backup": found.backup if found else None,
        "digest": item.digest,
        "becomes": item.becomes,
        "changed_at": list(item.elsewhere),
        "entry_points": list(found.entry_points) if found else [],
        "made_of": list(item.parts),
        "releases": list(item.releases),
        "renders": list(item.renders),
        "advice": [each._asdict() for each in item.advice],
    }
