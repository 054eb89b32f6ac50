"""What `rewrite --render` tells: images that only rendering shows, and entry points that do not render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import layout, summary
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.render.outside import Outside
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

NOT_RELOCATED = "no layer above relocates it"


def paragraphs(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    return [_relocated(result, style, verbose), _left(result, style, verbose), _unrendered(result, style, verbose)]


def relocated(result: Result) -> list[Outside]:
    return [each for each in result.outside or () if each.relocated is not None]


def left(result: Result) -> list[Outside]:
    return [each for each in result.outside or () if each.relocated is None]


def _relocated(result: Result, style: Style, verbose: bool) -> Section:
    found = relocated(result)
    if found:
        verb = "to relocate" if result.dry_run else "relocated"
        yield style.strong(f"{verb} above what brings them: {number(len(found), 'image')}")
        groups = summary.grouped(found, lambda each: each.relocated or "")
        yield from layout.reasons({place: [_told(each) for each in items] for place, items in groups.items()}, verbose)


def _left(result: Result, style: Style, verbose: bool) -> Section:
    found = left(result)
    if found:
        yield style.warn(f"rendered upstream: {number(len(found), 'image')}")
        groups = summary.grouped(found, lambda each: each.reason or NOT_RELOCATED)
        yield from layout.reasons(
            {reason: [_told(each) for each in items] for reason, items in groups.items()}, verbose
        )


def _unrendered(result: Result, style: Style, verbose: bool) -> Section:
    found = result.renderings if result.outside is not None else ()
    if found:
        yield style.warn(f"not rendered: {number(len(found), 'entry point')}")
        groups = summary.grouped(found, lambda each: each.reason or "")
        listed = {reason: [visible(each.entry_point.name) for each in items] for reason, items in groups.items()}
        yield from layout.reasons(listed, verbose)


def _told(each: Outside) -> str:
    return f"{visible(each.point.name)}: {brief(each.image.image)}  {visible(each.image.owner)}"
