"""The report of `gaps` in Markdown: what would stop workloads first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import summary
from gitops_clone.report.gfm import Part, code
from gitops_clone.report.layout import number
from gitops_clone.report.left_alone import list_item, titled_list

if TYPE_CHECKING:
    from gitops_clone.gaps.model import Gap
    from gitops_clone.result import Result


def parts(result: Result) -> Sequence[Part]:
    """Each sort of gap: what it is, what to do, and where."""
    stopping = [gap for gap in result.gaps if gap.kind.stops]
    hidden = [gap for gap in result.gaps if not gap.kind.stops]
    return [
        titled_list(f"### Would stop relocated workloads: {number(len(stopping), 'gap')}", _sorts(stopping)),
        titled_list(f"### Pulled, and not named in Git: {number(len(hidden), 'gap')}", _sorts(hidden)),
    ]


def _sorts(gaps: Sequence[Gap]) -> list[str]:
    groups = summary.grouped(gaps, lambda gap: (gap.says, gap.remedy))
    return [
        list_item(f"{code(says)}. To mend it: {code(remedy)}", [_gap(gap) for gap in items])
        for (says, remedy), items in groups.items()
    ]


def _gap(gap: Gap) -> str:
    return " ".join(code(text) for text in (f"{gap.file}:{gap.line}", gap.owner, gap.pulls) if text)
