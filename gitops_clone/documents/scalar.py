"""Where in a scalar's token its text stands: between the quotes, behind the anchor, in the block's body."""

from __future__ import annotations

import re

from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finding import Span

# An anchor or tag, then white space or comments up to the scalar itself (YAML 1.2.2, section 6.9).
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s|#[^\n]*\n)+)*")


def text_span(text: str, scalar: Scalar) -> Span | None:
    """The span whose replacement changes the value and nothing else; None if the value is not in the text in one piece.

    A quoted scalar's span is what stands between its quotes. A value with white space inside has none.
    """
    start, end = content_start(text, scalar), scalar.end
    if scalar.style in ("'", '"'):
        return Span(start + 1, end - 1)
    value = scalar.value.strip()
    if scalar.style == "":
        return Span(start, start + len(value)) if text.startswith(value, start) else None
    body = text.find("\n", start, end) + 1
    found = text.find(value, body, end)
    if not value or body == 0 or found < 0 or text[body:end].strip() != value:
        return None
    return Span(found, found + len(value))


def content_start(text: str, scalar: Scalar) -> int:
    """Where a scalar's token begins behind its anchor and tag: at its quote, its block's head, its first character."""
    match = _PROPERTIES.match(text, scalar.start, scalar.end)
    return match.end() if match else scalar.start


def value_of(raw: str) -> str:
    """The value of the text within a scalar's quotes: the text itself, but for the escapes of double quotes."""
    if "\\" not in raw:
        return raw
    try:
        root = parse(f'"{raw}"')[0]
    except Unparsable:
        return raw
    return root.value if isinstance(root, Scalar) else raw
