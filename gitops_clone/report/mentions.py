"""The report of `scan --mentions` for people: what needs a hand comes last, where the reader's eye is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import layout, summary
from gitops_clone.report.layout import number
from gitops_clone.report.sections import Paint, Section
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.mentions.model import Mention
    from gitops_clone.report.style import Style


def paragraphs(mentions: Sequence[Mention], style: Style, verbose: bool) -> Sequence[Section]:
    """The paragraphs of the report."""
    needing = [mention for mention in mentions if mention.context.needs_hand]
    others = [mention for mention in mentions if not mention.context.needs_hand]
    return [
        _listed(others, "named too", style.strong, verbose),
        _listed(needing, "needs a hand", style.warn, verbose),
        _counts(mentions, needing, style),
    ]


def _listed(mentions: Sequence[Mention], title: str, paint: Paint, verbose: bool) -> Section:
    if mentions:
        yield paint(f"{title}: {number(len(mentions), 'place')}")
        groups = summary.grouped(mentions, lambda each: each.context.says)
        ordered = sorted(groups.items(), key=lambda group: group[1][0].context.what)
        yield from layout.reasons({says: [_line(each) for each in items] for says, items in ordered}, verbose)


def _line(mention: Mention) -> str:
    return f"{visible(mention.file)}:{mention.line}:{mention.column}  {brief(mention.text)}"


def _counts(mentions: Sequence[Mention], needing: Sequence[Mention], style: Style) -> Section:
    if not mentions:
        yield style.good("no other place names these images")
        return
    files = number(len({mention.file for mention in mentions}), "file")
    images = number(len({mention.name for mention in mentions}), "image")
    told = f"{images} named in {number(len(mentions), 'other place')} in {files}"
    yield style.warn(f"{told}, {len(needing)} of them needing a hand") if needing else style.good(told)
