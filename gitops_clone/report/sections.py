"""What the text reports on several commands share: each section is the lines of one paragraph, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, Place, Skipped, State
from gitops_clone.report import layout, summary
from gitops_clone.report.layout import location, number
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

Section = Iterator[str]
Paint = Callable[[str], str]


def left_alone(result: Result, state: State, paint: Paint, verbose: bool) -> Section:
    findings = summary.in_state(result, state)
    if findings:
        yield paint(f"{state.value}: {number(len(findings), 'place')}")
        yield from layout.reasons(by_reason(findings, "no reason given"), verbose)


def by_reason(findings: Sequence[Finding], default: str) -> dict[str, list[str]]:
    groups = summary.grouped(findings, lambda finding: finding.reason or default)
    return {
        reason: [f"{location(finding.place)}  {brief(finding.place.image)}" for finding in items]
        for reason, items in groups.items()
    }


def skipped(result: Result, style: Style, verbose: bool) -> Iterator[Section]:
    """What was passed over on purpose; and what could not be read, parsed or proved, an error."""
    fatal = summary.grouped(result.skipped, lambda skipped: skipped.fatal)
    yield _files(fatal.get(False, []), style.faint, "skipped", verbose)
    yield _files(fatal.get(True, []), style.bad, "not processed", verbose)


def _files(skipped: Sequence[Skipped], paint: Paint, title: str, verbose: bool) -> Section:
    if skipped:
        yield paint(f"{title}: {number(len({item.file for item in skipped}), 'file')}")
        groups = summary.grouped(skipped, lambda item: item.reason)
        yield from layout.reasons(
            {reason: [_line_of(item) for item in items] for reason, items in groups.items()}, verbose
        )


def _line_of(skipped: Skipped) -> str:
    return visible(skipped.file) + (f":{skipped.line}" if skipped.line else "")


def commit(result: Result, style: Style, verbose: bool) -> Section:
    commit = result.commit
    if commit is None:
        return
    if commit.sha:
        yield f"{style.strong('committed')} {commit.sha[:12]} {visible(commit.subject)}"
    else:
        yield "nothing to commit"
    if commit.left_out:
        yield style.warn(f"left out of the commit: {number(len(commit.left_out), 'file')}")
        groups = summary.grouped(commit.left_out, lambda item: item[1])
        yield from layout.reasons({why: [visible(file) for file, _ in items] for why, items in groups.items()}, verbose)


def delivery(result: Result, style: Style) -> Section:
    delivery = result.delivery
    if delivery is None:
        return
    branch = f"{visible(delivery.remote)}/{visible(delivery.branch)}"
    if delivery.sha:
        yield f"{style.strong('pushed')} {delivery.sha[:12]} to {branch}"
    else:
        yield f"nothing to push to {branch}"
    if delivery.pull_request:
        action = style.strong(f"pull request {delivery.action or 'left as it is'}")
        yield f"{action}: {visible(delivery.pull_request.url)}"


def dry_run(result: Result, style: Style) -> Section:
    if result.dry_run:
        yield style.warn("dry run: nothing was copied or written")


def mentions(result: Result, style: Style) -> Section:
    """How many other places name what a run relocated."""
    if result.mentions:
        count = len(result.mentions)
        needing = sum(mention.context.needs_hand for mention in result.mentions)
        told = f"{number(count, 'other place')} {'mentions' if count == 1 else 'mention'} relocated images"
        told += f", {needing} of them needing a hand" if needing else ""
        paint = style.warn if needing else str
        yield paint(f"{told}: gitops-clone scan --mentions")


def warnings(result: Result, style: Style) -> Section:
    return (f"{style.warn('warning:')} {visible(warning)}" for warning in result.warnings)


def next_steps(result: Result, style: Style) -> Section:
    if result.next_steps:
        yield style.strong("next:")
        yield from (f"  {visible(step)}" for step in result.next_steps)


def extent(places: Sequence[Place]) -> str:
    return f"{number(len(places), 'place')} in {number(len({place.file for place in places}), 'file')}"
