"""The report of `verify` for people: a table of the entry points, and below it what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import State
from gitops_clone.render.model import Comparison, Image, Rendering, Verdict
from gitops_clone.report import layout, summary
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

_LINES = 40
"""How much of a diff is shown without `--verbose`."""


def paragraphs(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    failed = [rendering for rendering in result.renderings if rendering.verdict is Verdict.FAILED]
    return [
        _table(result.renderings, style),
        _left_alone(result.renderings, State.IGNORED, style, verbose) if verbose else iter(()),
        _left_alone(result.renderings, State.UNRESOLVED, style, verbose),
        _not_verified(result.renderings, style, verbose),
        *(_failed(rendering, style, verbose) for rendering in failed),
        _verdict(result, style),
    ]


def _table(renderings: Sequence[Rendering], style: Style) -> Section:
    if not renderings:
        return
    rows = [(each.verdict.value, _count(each), _named(each)) for each in renderings]
    header, *lines = layout.table(("VERDICT", "IMAGES", "ENTRY POINT"), rows, style)
    yield header
    for each, line in zip(renderings, lines, strict=True):
        paint = {Verdict.FAILED: style.bad, Verdict.NOT_VERIFIED: style.warn}.get(each.verdict)
        yield paint(line) if paint else line


def _count(rendering: Rendering) -> str:
    return str(len(rendering.images)) if rendering.images or not rendering.reason else "-"


def _named(rendering: Rendering) -> str:
    return visible(rendering.entry_point.name)


def _left_alone(renderings: Sequence[Rendering], state: State, style: Style, verbose: bool) -> Section:
    found = [(each, image) for each in renderings for image in each.images if image.state is state]
    if found:
        paint = style.warn if state is State.UNRESOLVED else style.faint
        yield paint(f"{state.value}: {number(len(found), 'image')}")
        groups = summary.grouped(found, lambda item: item[1].reason or "no reason given")
        listed = {
            reason: [f"{visible(each.entry_point.name)}: {_image(image)}" for each, image in items]
            for reason, items in groups.items()
        }
        yield from layout.reasons(listed, verbose)


def _not_verified(renderings: Sequence[Rendering], style: Style, verbose: bool) -> Section:
    unknown = [each for each in renderings if each.verdict is Verdict.NOT_VERIFIED]
    if unknown:
        yield style.warn(f"not verified: {number(len(unknown), 'entry point')}")
        groups = summary.grouped(unknown, lambda each: each.reason or "")
        listed = {reason: [visible(each.entry_point.name) for each in items] for reason, items in groups.items()}
        yield from layout.reasons(listed, verbose)


def _failed(rendering: Rendering, style: Style, verbose: bool) -> Section:
    yield style.bad(f"failed: {_named(rendering)}")
    if rendering.comparison is Comparison.BROKEN:
        yield f"  it rendered at the revision, now: {brief(rendering.reason or '')}"
    elif rendering.reason:
        yield f"  {brief(rendering.reason)}"
    if rendering.missing:
        yield "  not on the backup registry:"
        yield from layout.first([_missing(image) for image in rendering.missing], 4, verbose)
    if rendering.diff:
        yield "  more has changed than where images come from:"
        yield from _diff(rendering.diff, style, verbose)


def _image(image: Image) -> str:
    return f"{brief(image.image)}  {visible(image.owner)}"


def _missing(image: Image) -> str:
    return f"{_image(image)}: {brief(image.reason)}" if image.reason else _image(image)


def _diff(diff: str, style: Style, verbose: bool) -> Iterator[str]:
    lines = diff.splitlines()
    shown = len(lines) if verbose or len(lines) <= _LINES + 1 else _LINES
    paints = {"-": style.removed, "+": style.added, "@": style.hunk}
    for line in lines[:shown]:
        paint = paints.get(line[:1], str)
        yield f"    {paint(visible(line))}"
    if shown < len(lines):
        yield f"    and {len(lines) - shown} more lines (--verbose shows them)"


def _verdict(result: Result, style: Style) -> Section:
    renderings = result.renderings
    if not renderings:
        yield "no entry points: no kustomization and no chart uses these files"
        return
    by_verdict = summary.grouped(renderings, lambda each: each.verdict)
    failed = by_verdict.get(Verdict.FAILED, [])
    unknown = len(by_verdict.get(Verdict.NOT_VERIFIED, []))
    total = number(len(renderings), "entry point")
    rest = f", {unknown} not verified" if unknown else ""
    if failed:
        yield style.bad(f"{len(failed)} of {total} failed{rest}")
        return
    states = summary.grouped({image for each in renderings for image in each.images}, lambda image: image.state)
    counts = ", ".join(f"{len(states[state])} {state.value}" for state in State if state in states)
    told = f"{total}{rest}; images: {counts or 'none'}"
    comparisons = summary.grouped(renderings, lambda each: each.comparison)
    if Comparison.SAME in comparisons:
        told += "; nothing else has changed"
    if Comparison.NEW in comparisons:
        told += f"; new, so not compared: {len(comparisons[Comparison.NEW])}"
    paint = style.warn if unknown else style.good
    yield paint(f"ok: {told}" if len(renderings) > unknown else f"nothing verified: {total}")
