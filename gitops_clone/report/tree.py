"""`scan --tree`: each entry point, the images that it is made of, and the places that name them. Pure.

An image that is written but never rendered so stands there too, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, State
from gitops_clone.report import layout, sections, summary
from gitops_clone.report.layout import location, number
from gitops_clone.report.sections import Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

_WIDEST = 60  # a longer image does not push the columns of the others


def render(result: Result, style: Style, *, verbose: bool = False) -> str:
    """The report, with a newline at the end. `verbose` lists every place."""
    paragraphs = [
        *(_branch(name, findings, style, verbose) for name, findings in _by_entry_point(result)),
        *sections.skipped(result, style, verbose),
        [style.strong(_told(result))],
        sections.next_steps(result, style),
    ]
    texts = ["\n".join(paragraph) for paragraph in paragraphs]
    return "\n\n".join(text for text in texts if text) + "\n"


def _by_entry_point(result: Result) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of each entry point, by name; those of none come last, without a name."""
    names = sorted({name for finding in result.findings for name in finding.entry_points})
    for name in names:
        yield name, [finding for finding in result.findings if name in finding.entry_points]
    if alone := [finding for finding in result.findings if not finding.entry_points]:
        yield "", alone


def _branch(name: str, findings: Sequence[Finding], style: Style, verbose: bool) -> Section:
    groups = summary.grouped(findings, lambda each: (each.upstream or each.place.image, each.state, each.reason))
    images = number(len({image for image, _, _ in groups}), "image")
    title = style.strong(visible(name)) if name else style.warn("in no entry point that is known here")
    yield f"{title}  {style.faint(images)}"
    shown = {key: brief(key[0]) for key in groups}
    width = max((len(text) for text in shown.values() if len(text) <= _WIDEST), default=0)
    states = max(len(state) for _, state, _ in groups)
    for key, items in sorted(groups.items(), key=lambda group: (group[0][1] is State.IGNORED, shown[group[0]])):
        _, state, reason = key
        start = f"  {shown[key]:<{width}}  "
        paint = _PAINTS[state]
        places = list(layout.first([location(each.place) for each in items], 0, verbose))
        yield f"{start}{paint(style, f'{state.value:<{states}}')}  {places[0]}"
        yield from (f"{'':{len(start) + states + 2}}{place}" for place in places[1:])
        if reason:
            yield style.faint(f"    {brief(reason)}")


def _told(result: Result) -> str:
    if not result.findings:
        return "no images found"
    points = {name for finding in result.findings for name in finding.entry_points}
    return f"{number(len(points), 'entry point')}, {sections.extent([each.place for each in result.findings])}"


_PAINTS: dict[State, Callable[[Style, str], str]] = {
    State.UPSTREAM: lambda style, text: style.warn(text),
    State.BACKUP: lambda style, text: style.good(text),
    State.OWN: lambda style, text: style.good(text),
    State.IGNORED: lambda style, text: style.faint(text),
    State.UNRESOLVED: lambda style, text: style.warn(text),
}
