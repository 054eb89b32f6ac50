"""The report of `explain` for people: a block for each place; many places of an image as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import State
from gitops_clone.report import layout, summary
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.explain.model import Advice, Explanation
    from gitops_clone.mentions.model import Mention
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

_MOST = 3
"""How many places are told in full without `--verbose`."""
_SHOWN = 3
"""How many of several names stand on a line."""
_NOT_YET = {State.UPSTREAM: "not rewritten yet", State.BACKUP: "on the backup registry", State.OWN: "your own image"}


def paragraphs(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    told = result.explanations
    if len(told) > _MOST and not verbose:
        return [*_table(told, style), _mentions(result.mentions, style, verbose)]
    return [*(part for each in told for part in _whole(each, style)), _mentions(result.mentions, style, verbose)]


def _whole(told: Explanation, style: Style) -> Iterator[Section]:
    """One place: what is known of it, then what to write to have it otherwise."""
    yield _facts(told, style)
    yield _advice(told.advice, style)


def _facts(told: Explanation, style: Style) -> Section:
    column = f":{told.column}" if told.column else ""
    yield f"{style.strong(f'{visible(told.file)}:{told.line}{column}')}  {brief(told.text)}"
    rows = [(label, brief(text)) for label, text in _rows(told) if text]
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        yield f"  {style.faint(f'{label:<{width}}')}  {text}"


def _rows(told: Explanation) -> Iterator[tuple[str, str | None]]:
    finding = told.finding
    if finding is None:
        yield "no image", told.why
    else:
        yield "state", f"{finding.state.value}: {told.why or _NOT_YET.get(finding.state, '')}"
    yield "where", ", ".join(text for text in (told.owner, f"{told.pointer or ''}{told.inner}") if text)
    yield ("rule" if finding else "nearest"), told.rule
    yield "renders", "; ".join(told.renders)
    yield "made of", ", ".join(told.parts)
    if finding is not None:
        yield "certainty", finding.place.certainty.value
        yield "upstream", finding.upstream
        yield "backup", finding.backup if finding.backup != told.becomes else None
        yield "locked", told.digest
        yield "becomes", told.becomes
    yield "changed at", _some(told.elsewhere)
    if finding is not None:
        yield "rendered by", _some((*finding.entry_points, *told.releases))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN + 1 else ""
    return ", ".join(names[: _SHOWN if more else len(names)]) + more


def _advice(advice: Sequence[Advice], style: Style) -> Section:
    if not advice:
        return
    yield style.faint("  to change that:")
    for each in advice:
        yield f"    {each.wish} {style.faint(f'({visible(each.where)})')}"
        yield from (f"      {visible(line)}" for line in each.text.splitlines())


def _table(told: Sequence[Explanation], style: Style) -> Iterator[Section]:
    """Many places: what they share once, then a line each, reasons and rules with what they hold for."""
    upstreams = summary.grouped(told, lambda each: each.finding.upstream if each.finding else None)
    for upstream, items in upstreams.items():
        yield _of_upstream(upstream, items, style)
    yield iter([style.faint("--verbose, or `gitops-clone explain FILE:LINE`, tells all of a place")])


def _of_upstream(upstream: str | None, told: Sequence[Explanation], style: Style) -> Section:
    first = told[0].finding
    backup = f" -> {brief(first.backup)}" if first is not None and first.backup else ""
    count = style.faint(number(len(told), "place"))
    yield f"{style.strong(brief(upstream or 'no upstream that is known'))}{backup}  {count}"
    groups = summary.grouped(told, lambda each: (each.finding.state if each.finding else None, each.why, each.rule))
    for (state, why, rule), items in groups.items():
        yield f"  {state.value if state else 'no image'}{f': {brief(why)}' if why else ''}"
        yield f"  {style.faint(brief(rule))}"
        for each in items:
            points = _some(each.finding.entry_points) if each.finding else ""
            rendered = f"  rendered by {visible(points)}" if points else ""
            yield f"    {visible(each.file)}:{each.line}:{each.column}  {brief(each.text)}{style.faint(rendered)}"


def _mentions(mentions: Sequence[Mention] | None, style: Style, verbose: bool) -> Section:
    if mentions:
        yield style.strong(f"named too, without being pulled: {number(len(mentions), 'place')}")
        groups = summary.grouped(mentions, lambda each: each.context.says)
        places = {
            says: [f"{visible(each.file)}:{each.line}:{each.column}  {brief(each.text)}" for each in items]
            for says, items in groups.items()
        }
        yield from layout.reasons(places, verbose)
