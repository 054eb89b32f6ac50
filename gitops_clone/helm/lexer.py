"""Template text to tokens: the lexical grammar of Go's text/template (1.25), its trim markers and comments included."""

from __future__ import annotations

import re
from typing import NamedTuple

from gitops_clone.helm.errors import Refused

_SPACES = " \t\r\n"
_COMMENT = re.compile(r"(-[ \t\r\n])?/\*")
_COMMENT_END = re.compile(r"([ \t\r\n]-)?\}\}")

# One alternative a kind; the first that matches counts. A trimming end needs a space before its minus.
_TOKEN = re.compile(
    r"""
      (?P<trim_right> [ \t\r\n]*[ \t\r\n]-\}\} )
    | (?P<right> \}\} )
    | (?P<space> [ \t\r\n]+ )
    | (?P<declare> := )
    | (?P<assign> = )
    | (?P<pipe> \| )
    | (?P<string> "(?:[^"\\\n]|\\[^\n])*" )
    | (?P<raw> `[^`]*` )
    | (?P<char> '(?:[^'\\\n]|\\[^\n])*' )
    | (?P<variable> \$\w* )
    | (?P<field> \.[^\W\d]\w* )
    | (?P<dot> \.(?![\w]) )
    | (?P<number> [+-]?(?: 0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)? | 0[oO][0-7_]* | 0[bB][01_]*
                         | (?=[0-9.])[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)? )i? (?!\w) )
    | (?P<word> \w+ )
    | (?P<open> \( )
    | (?P<close> \) )
    | (?P<comma> , )
    """,
    re.VERBOSE,
)
# What may follow a word, a field or a variable.
_TERMINATOR = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_KEYWORDS = frozenset(["block", "break", "continue", "define", "else", "end", "if", "range", "nil", "template", "with"])


class Token(NamedTuple):
    kind: str
    text: str
    line: int


def tokens(text: str) -> list[Token]:
    """The tokens of a template: `text`, `left`, what stands in an action, `right`, and one `eof`. Raises `Refused`."""
    found: list[Token] = []
    position, line = 0, 1
    trim = False
    while True:
        start = text.find("{{", position)
        plain = text[position:] if start < 0 else text[position:start]
        kept = plain.lstrip(_SPACES) if trim else plain
        if start >= 0 and _has_trim_marker(text, start + 2):
            kept = kept.rstrip(_SPACES)
        if kept:
            found.append(Token("text", kept, line))
        line += plain.count("\n")
        if start < 0:
            found.append(Token("eof", "", line))
            return found
        if comment := _COMMENT.match(text, start + 2):
            position, trim = _skip_comment(text, comment.end(), line)
        else:
            begin = Token("left", "{{", line)
            found.append(begin)
            position, trim = _action(text, start + (4 if _has_trim_marker(text, start + 2) else 2), begin, found)
        line += text.count("\n", start, position)


def _has_trim_marker(text: str, at: int) -> bool:
    return text.startswith("-", at) and text[at + 1 : at + 2] in (" ", "\t", "\r", "\n")


def _skip_comment(text: str, start: int, line: int) -> tuple[int, bool]:
    """Where a comment's action ends, and whether it trims what follows."""
    close = text.find("*/", start)
    if close < 0:
        raise _error("unclosed comment", line)
    end = _COMMENT_END.match(text, close + 2)
    if not end:
        raise _error("comment ends before closing delimiter", line)
    return end.end(), end[1] is not None


def _action(text: str, position: int, begin: Token, found: list[Token]) -> tuple[int, bool]:
    """Append the tokens of one action. Gives where it ends, and whether it trims what follows."""
    line = begin.line + text.count("\n", position - 2, position)
    depth = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _error(_complaint(text, position), line)
        kind, value = str(match.lastgroup), match[0]
        position = match.end()
        if kind in ("right", "trim_right"):
            if depth:
                raise _error("unclosed left paren", line)
            found.append(Token("right", value, line))
            return position, kind == "trim_right"
        if kind in ("word", "field", "variable") and not _TERMINATOR.match(text, position):
            raise _error(f"bad character {text[position]!r}", line)
        if kind == "word":
            kind = _word(value)
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth < 0:
                raise _error("unexpected right paren", line)
        found.append(Token(kind, value, line))
        if kind in ("space", "raw"):
            line += value.count("\n")


def _word(value: str) -> str:
    if value in _KEYWORDS:
        return value
    return "bool" if value in ("true", "false") else "word"


def _complaint(text: str, position: int) -> str:
    if position >= len(text):
        return "unclosed action"
    match text[position]:
        case '"':
            return "unterminated quoted string"
        case "`":
            return "unterminated raw quoted string"
        case "'":
            return "unterminated character constant"
        case ":":
            return "expected :="
        case "+" | "-" | ".":
            return "bad number syntax"
        case character:
            if character.isdigit():
                return "bad number syntax"
            return f"unexpected {character!r} in action"


def _error(reason: str, line: int) -> Refused:
    error = Refused(reason)
    error.line = line
    return error
