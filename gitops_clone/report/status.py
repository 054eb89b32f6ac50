"""The report of `status` for people: a table of both sides, and what is wrong there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import layout, summary
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Section
from gitops_clone.report.verdict import backup_verdict, upstream_verdict
from gitops_clone.report.visible import brief

if TYPE_CHECKING:
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result

_SIDES = {"at the upstream": upstream_verdict, "on the backup registry": backup_verdict}


def paragraphs(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    return [
        _statuses(result, style),
        *(_status_reasons(result, side, style, verbose) for side in _SIDES),
        _status_counts(result, style),
    ]


def _statuses(result: Result, style: Style) -> Section:
    if not result.statuses:
        return
    rows = [
        (upstream_verdict(status).word, backup_verdict(status).word, brief(status.upstream))
        for status in result.statuses
    ]
    header, *lines = layout.table(("UPSTREAM", "BACKUP", "IMAGE"), rows, style)
    yield header
    for status, line in zip(result.statuses, lines, strict=True):
        lost = not backup_verdict(status).fine
        doubtful = not upstream_verdict(status).fine
        yield style.bad(line) if lost else style.warn(line) if doubtful else line


def _status_reasons(result: Result, side: str, style: Style, verbose: bool) -> Section:
    verdicts = [(_SIDES[side](status), brief(status.upstream)) for status in result.statuses]
    doubtful = [(verdict, image) for verdict, image in verdicts if not verdict.fine]
    groups = summary.grouped(doubtful, lambda item: f"{item[0].word}: {item[0].reason}")
    if groups:
        yield style.strong(f"{side}:")
        named = {reason: [image for _, image in items] for reason, items in groups.items()}
        yield from layout.reasons(named, verbose)


def _status_counts(result: Result, style: Style) -> Section:
    if not result.statuses:
        yield "the lock file holds no images"
        return
    told = []
    for side, verdict_of in _SIDES.items():
        doubtful = [verdict.word for verdict in map(verdict_of, result.statuses) if not verdict.fine]
        counts = summary.grouped(doubtful, str)
        if counts:
            told.append(f"{', '.join(f'{len(words)} {word}' for word, words in counts.items())} {side}")
    total = number(len(result.statuses), "image")
    yield style.bad(f"{total}: {'; '.join(told)}") if told else style.good(f"ok: {total}, there on both sides")
