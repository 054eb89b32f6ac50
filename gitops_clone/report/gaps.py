"""The report of `gaps` for people: what would stop workloads comes last, where the reader's eye is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import layout, summary
from gitops_clone.report.headline import headline
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Paint, Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.gaps.model import Gap
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result


def paragraphs(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    gaps = result.gaps
    hidden = [gap for gap in gaps if not gap.kind.stops]
    stopping = [gap for gap in gaps if gap.kind.stops]
    return [
        *_sorts(hidden, "pulled, and not named in Git", style.warn, style, verbose),
        *_sorts(stopping, "would stop relocated workloads", style.bad, style, verbose),
        iter([(style.bad if stopping else style.warn if hidden else style.good)(headline(result))]),
    ]


def _sorts(gaps: Sequence[Gap], title: str, paint: Paint, style: Style, verbose: bool) -> Sequence[Section]:
    """A paragraph for each sort of gap: what it is, what to do, and where."""
    if not gaps:
        return []
    told = iter([paint(f"{title}: {number(len(gaps), 'gap')}")])
    return [
        told,
        *(_sort(says, items, style, verbose) for says, items in summary.grouped(gaps, lambda g: g.says).items()),
    ]


def _sort(says: str, gaps: Sequence[Gap], style: Style, verbose: bool) -> Section:
    yield f"  {style.strong(brief(says))}"
    for remedy, items in summary.grouped(gaps, lambda gap: gap.remedy).items():
        yield f"  {style.faint(f'-> {brief(remedy)}')}"
        yield from _lines(items, verbose)


def _lines(gaps: Sequence[Gap], verbose: bool) -> Section:
    same = [[gap] for gap in gaps] if verbose else list(summary.grouped(gaps, lambda gap: gap.pulls or gap).values())
    yield from layout.first([_line(items) for items in same], 4, verbose)


def _line(gaps: Sequence[Gap]) -> str:
    """The first of several objects for which the same is pulled."""
    gap = gaps[0]
    told = ": ".join(brief(text) for text in (gap.owner, gap.pulls) if text)
    more = f", and for {number(len(gaps) - 1, 'other object')}" if len(gaps) > 1 else ""
    return f"{visible(gap.file)}:{gap.line}  {told}{more}".rstrip()
