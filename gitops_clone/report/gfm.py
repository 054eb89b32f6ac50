"""GitHub Flavored Markdown of untrusted values, in parts that can be cut to a forge's limit. Pure.

GitHub, GitLab, Gitea and Forgejo make mentions, links and references of numbers wherever they find them, but not in
code. So every value is shown as code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gitops_clone.report.visible import brief

_LONGEST = 500  # of a value, in characters: the longest reference has 255 + 128 and a digest
_FIRST = 10  # rows that a part shows before the others show more
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9._~/-]*")
# In a code span everything is literal but what ends it or the table's cell; forges differ on backslashes before `|`.
_NOT_IN_SPAN = frozenset("`|\\")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document. When it is cut, `rows` go from the end, whole; then `more` (`{}` is their number) says so.

    Every text ends with a newline.
    """

    head: str
    rows: Sequence[str] = ()
    more: str = "- … and {} more\n"
    foot: str = ""


def code(value: str) -> str:
    """A value as code on one line: in a code span, or where that cannot hold it, as an HTML element of entities."""
    text = brief(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    if not text.strip():
        return "<code>&#32;</code>"
    if _NOT_IN_SPAN.isdisjoint(text) and text == text.strip():
        return f"`{text}`"
    return f"<code>{''.join(c if c.isalnum() else f'&#{ord(c)};' for c in text)}</code>"


def link(address: str) -> str:
    """An address of the web as a link to itself; as code if it is anything else."""
    return f"<{address}>" if _ADDRESS.fullmatch(address) else code(address)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    """A part that is a table, with or without a title; cells are Markdown. Columns named `#…` are set to the right."""
    rules = ["--:" if name.startswith("#") else "---" for name in header]
    names = [name.removeprefix("#") for name in header]
    more = ["… and {} more", *[""] * (len(header) - 1)]
    title = f"{title}\n\n" if title else ""
    return Part(f"{title}{_row(names)}{_row(rules)}", [_row(row) for row in rows], _row(more))


def details(title: str, rows: Sequence[str]) -> Part:
    """A part that is a list, closed until the reader opens it. The title is HTML."""
    return Part(f"<details>\n<summary>{title}</summary>\n\n", rows, foot="\n</details>\n")


def document(parts: Sequence[Part], limit: int) -> str:
    """The parts, a blank line between them, in at most `limit` bytes of UTF-8.

    Some forges count characters, some bytes; characters are never more. Where not every row fits, each part shows its
    first few before the earlier parts show the rest of theirs. Should not even heads and feet fit, parts go from the
    last but one: the last tells how to go on.
    """
    parts = [part for part in parts if part.head or part.rows]
    while len(parts) > 2 and sum(map(_frame, parts)) > limit:
        del parts[-2]
    left = limit - sum(map(_frame, parts))
    shown = [0] * len(parts)
    for most in (_FIRST, None):
        for index, part in enumerate(parts):
            for row in part.rows[shown[index] : most]:
                if _size(row) > left:
                    break
                left -= _size(row)
                shown[index] += 1
    return "\n".join(_cut(part, rows) for part, rows in zip(parts, shown, strict=True))


def _cut(part: Part, shown: int) -> str:
    more = part.more.format(len(part.rows) - shown) if shown < len(part.rows) else ""
    return f"{part.head}{''.join(part.rows[:shown])}{more}{part.foot}"


def _frame(part: Part) -> int:
    """What a part needs without its rows, the line between it and the next included."""
    more = _size(part.more.format(len(part.rows))) if part.rows else 0
    return _size(part.head) + more + _size(part.foot) + 1


def _size(text: str) -> int:
    return len(text.encode())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
