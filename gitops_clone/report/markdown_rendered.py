"""What is rendered, in Markdown: the verdicts of `verify`, and what only rendering shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import State
from gitops_clone.report import summary
from gitops_clone.report.gfm import Part, code, details
from gitops_clone.report.layout import number
from gitops_clone.report.left_alone import list_item, titled_list, titled_table
from gitops_clone.report.outside import NOT_RELOCATED

if TYPE_CHECKING:
    from gitops_clone.render.model import Rendering
    from gitops_clone.result import Result


def verify(result: Result) -> Sequence[Part]:
    """The entry points, what is wrong with each, and folded, why others are not verified."""
    rows = [(each.verdict.value, _images(each), code(each.entry_point.name)) for each in result.renderings]
    missing = [(each.entry_point.name, image) for each in result.renderings for image in each.missing]
    upstream = [
        f"- {code(image.image)} in {code(image.owner)} of {code(name)}{_because(image.reason)}\n"
        for name, image in missing
    ]
    return [
        titled_table("", ("verdict", "#images", "entry point"), rows),
        titled_list(f"### Not on the backup registry: {number(len(missing), 'image')}", upstream),
        *(_changed(each) for each in result.renderings if each.diff or each.comparison == "broken"),
        _unrendered(result),
        *(_rendered_in(result, state) for state in (State.UNRESOLVED, State.IGNORED)),
    ]


def _rendered_in(result: Result, state: State) -> Part:
    """The rendered images in a state, folded, by reason."""
    found = [
        (each.entry_point.name, image) for each in result.renderings for image in each.images if image.state is state
    ]
    groups = summary.grouped(found, lambda item: item[1].reason or "")
    rows = [
        list_item(code(reason), [f"{code(image.image)} of {code(name)}" for name, image in items])
        for reason, items in groups.items()
    ]
    return details(f"{state.value.capitalize()}: {number(len(found), 'image')}", rows) if rows else Part("")


def _images(rendering: Rendering) -> str:
    return str(len(rendering.images)) if rendering.images or not rendering.reason else "–"


def _because(reason: str | None) -> str:
    return f": {code(reason)}" if reason else ""


def _changed(rendering: Rendering) -> Part:
    title = f"### Changed: {code(rendering.entry_point.name)}\n\n"
    if not rendering.diff:
        return Part(f"{title}It rendered at the revision, now: {code(rendering.reason or '')}\n")
    lines = [f"- {code(line)}\n" for line in rendering.diff.splitlines()]
    return Part(title, lines)


def _unrendered(result: Result) -> Part:
    groups = summary.grouped((each for each in result.renderings if each.reason), lambda each: each.reason or "")
    rows = [
        list_item(code(reason), [code(each.entry_point.name) for each in items]) for reason, items in groups.items()
    ]
    count = sum(len(items) for items in groups.values())
    title = "Not verified" if result.command == "verify" else "Not rendered"
    return details(f"{title}: {number(count, 'entry point')}", rows) if rows else Part("")


def outside(result: Result) -> Sequence[Part]:
    """What only rendering shows: relocated above what brings it, or left."""
    if result.outside is None:
        return []
    there = [each for each in result.outside if each.relocated is not None]
    rows = [(code(each.image.image), code(each.point.name), code(each.relocated or "")) for each in there]
    left = [each for each in result.outside if each.relocated is None]
    groups = summary.grouped(left, lambda each: each.reason)
    reasons = [
        list_item(
            code(reason) if reason else NOT_RELOCATED, [f"{code(e.image.image)} of {code(e.point.name)}" for e in items]
        )
        for reason, items in groups.items()
    ]
    return [
        titled_table("### Relocated above what brings them", ("image", "entry point", "in"), rows),
        titled_list(f"### Rendered upstream: {number(len(left), 'image')}", reasons),
        _unrendered(result),
    ]
