"""What the Markdown of all commands shares: what was left alone, or went wrong; lists and tables of places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, Place, Skipped, State
from gitops_clone.report import summary
from gitops_clone.report.gfm import Part, code, details, table
from gitops_clone.report.layout import SHOWN, number

if TYPE_CHECKING:
    from gitops_clone.result import Result


def left_alone(result: Result) -> Iterator[Part]:
    """What needs attention, then what was passed over on purpose."""
    yield titled_list("### Warnings", [f"- {code(warning)}\n" for warning in result.warnings])
    yield _failed(result)
    yield _skipped(result, "Not processed", fatal=True)
    yield _mentions(result)
    if result.command != "restore":  # which has its own list of what may be a backup reference
        yield _in_state(result, State.UNRESOLVED)
    yield _left_out(result)
    yield _in_state(result, State.IGNORED)
    yield _in_state(result, State.OWN)
    yield _skipped(result, "Skipped", fatal=False)


def titled_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    return table(title, header, rows) if rows else Part("")


def titled_list(title: str, rows: Sequence[str]) -> Part:
    return Part(f"{title}\n\n", rows) if rows else Part("")


def _failed(result: Result) -> Part:
    by_upstream = summary.places_by_upstream(result)
    failed = summary.failed(result)
    rows = []
    for outcome in failed:
        places = by_upstream.get(str(outcome.job.upstream), [])
        item = f"{code(str(outcome.job.upstream))}: {code(outcome.reason)}"
        rows.append(list_item(item, [location(place) for place in places]))
    return titled_list(f"### Failed: {number(len(failed), 'image')} not copied, the references left as before", rows)


def _mentions(result: Result) -> Part:
    """What names the relocated images without pulling them, and breaks or misleads unless somebody acts."""
    needing = [mention for mention in result.mentions or () if mention.context.needs_hand]
    groups = summary.grouped(needing, lambda mention: mention.context.says)
    rows = [
        list_item(code(says), [code(f"{each.file}:{each.line}") for each in items]) for says, items in groups.items()
    ]
    return titled_list(f"### Needs a hand: {number(len(needing), 'place')}", rows)


def _skipped(result: Result, title: str, *, fatal: bool) -> Part:
    skipped = [item for item in result.skipped if item.fatal is fatal]
    if not skipped:
        return Part("")
    groups = summary.grouped(skipped, lambda item: item.reason)
    rows = [list_item(code(reason), [_skipped_place(item) for item in items]) for reason, items in groups.items()]
    told = f"{title}: {number(len({item.file for item in skipped}), 'file')}"
    return titled_list(f"### {told}", rows) if fatal else details(told, rows)


def _in_state(result: Result, state: State) -> Part:
    findings = summary.in_state(result, state)
    if not findings:
        return Part("")
    groups = summary.grouped(findings, lambda finding: finding.reason)
    rows = [
        list_item(code(reason) if reason else "your own images", [place_and_image(finding) for finding in items])
        for reason, items in groups.items()
    ]
    return details(f"{state.value.capitalize()}: {number(len(findings), 'place')}", rows)


def _left_out(result: Result) -> Part:
    left_out = result.commit.left_out if result.commit else ()
    groups = summary.grouped(left_out, lambda item: item[1])
    rows = [list_item(code(reason), [code(file) for file, _ in items]) for reason, items in groups.items()]
    return titled_list(f"### Left out of the commit: {number(len(left_out), 'file')}", rows)


def list_item(text: str, children: Sequence[str]) -> str:
    """A list item, and under it the first of its children: one reason cannot fill the report."""
    shown = len(children) if len(children) <= SHOWN + 1 else SHOWN
    lines = [f"- {text}", *(f"  - {child}" for child in children[:shown])]
    if shown < len(children):
        lines.append(f"  - … and {len(children) - shown} more")
    return "".join(f"{line}\n" for line in lines)


def place_and_image(finding: Finding) -> str:
    return f"{location(finding.place)} {code(finding.place.image)}"


def location(place: Place) -> str:
    return code(f"{place.file}:{place.line}")


def _skipped_place(skipped: Skipped) -> str:
    return code(f"{skipped.file}:{skipped.line}" if skipped.line else skipped.file)
