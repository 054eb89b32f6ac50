"""An edit is a span and its replacement; splicing leaves every other character as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gitops_clone.finding import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    span: Span
    replacement: str


def splice(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made. Raises `ValueError` if two of them overlap."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits):
        if edit.span.start < position:
            raise ValueError("edits overlap")
        pieces += (text[position : edit.span.start], edit.replacement)
        position = edit.span.end
    return "".join((*pieces, text[position:]))
