"""Where in a scalar's token its text stands: between the quotes, behind the anchor, in the block's body."""

from __future__ import annotations

import re

from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finding import Span

# An anchor or tag, then white space or comments up to the scalar itself (YAML 1.2.2, section 6.9).
# Texts that can stand without quotes anywhere, in flow collections too, and those of them that are no strings then.
_PLAIN = re.compile(r"[\w./$](?:[\w./@+=$()-]|:(?=[\w./@+=$-]))*")
_TYPED = re.compile(
    r"[-+]?(?:[0-9][0-9_]*|0x[0-9a-fA-F]+|0o?[0-7]+)|[-+.0-9_]+(?:[eE][-+]?[0-9]+)?|[0-9]+(?::[0-9]+)+"
    r"|[-+]?\.(?:inf|nan)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|null|true|false|yes|no|on|off|y|n",
    re.IGNORECASE,
)

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


def raw_span(text: str, scalar: Scalar) -> Span | None:
    """The span of a scalar as it is written, quotes included; of a block only the text in its body. None as above."""
    inner = text_span(text, scalar)
    return Span(inner.start - 1, inner.end + 1) if inner and scalar.style in ("'", '"') else inner


def styled(value: str, style: str) -> str:
    """A value as it is written in a style; one that cannot stand plain is quoted."""
    if style == "'":
        return "'{}'".format(value.replace("'", "''"))
    if style == '"' or (style == "" and (not _PLAIN.fullmatch(value) or _TYPED.fullmatch(value))):
        return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))
    return value


def value_of(raw: str) -> str:
    """The value of the text within a scalar's quotes: the text itself, but for the escapes of double quotes."""
    if "\\" not in raw:
        return raw
    try:
        root = parse(f'"{raw}"')[0]
    except Unparsable:
        return raw
    return root.value if isinstance(root, Scalar) else raw
