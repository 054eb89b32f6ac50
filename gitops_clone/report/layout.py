"""The shapes of the text report: places, tables, reasons with what they hold for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.finding import Place
    from gitops_clone.report.style import Style

SHOWN = 10
"""How many places of one reason are listed without `--verbose`."""
_WIDEST = 56  # a longer cell is not cut, but does not push the others' columns either


def location(place: Place) -> str:
    """`file:line:column`, as editors and terminals make a link of it."""
    return f"{visible(place.file)}:{place.line}:{place.column}"


def number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> Iterator[str]:
    """Aligned rows under a faint header; every column but the last is padded. Cells are plain text."""
    widths = [max(len(cell) for cell in column if len(cell) <= _WIDEST) for column in zip(header, *rows, strict=True)]
    yield style.faint(_row(header, widths))
    for row in rows:
        yield _row(row, widths)


def arrows(pairs: Sequence[tuple[str, str, str]], style: Style) -> Iterator[str]:
    """`left -> right  note` for each; on two lines each, if any would be wider than the style."""
    pairs = [(brief(left), brief(right), note) for left, right, note in pairs]
    width = max((len(left) for left, _, _ in pairs), default=0)
    narrow = any(width + len(f"   -> {right}  {note}") > style.width for _, right, note in pairs)
    for left, right, note in pairs:
        if narrow:
            yield f"  {left}  {style.faint(note)}"
            yield f"    -> {right}"
        else:
            yield f"  {left:<{width}} -> {right}  {style.faint(note)}"


def reasons(groups: Mapping[str, Sequence[str]], verbose: bool) -> Iterator[str]:
    """Each reason once, and below it what it holds for (safe text); the first few, or all when verbose."""
    for reason, items in groups.items():
        yield f"  {brief(reason)}"
        yield from first(items, 4, verbose)


def first(items: Sequence[str], indent: int, verbose: bool) -> Iterator[str]:
    # "and 1 more" would take the line that it saves.
    shown = len(items) if verbose or len(items) <= SHOWN + 1 else SHOWN
    for item in items[:shown]:
        yield f"{'':{indent}}{item}"
    if shown < len(items):
        yield f"{'':{indent}}and {len(items) - shown} more (--verbose lists them)"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells[:-1], widths[:-1], strict=True)]
    return "  ".join([*padded, cells[-1]])
