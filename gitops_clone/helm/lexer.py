"""Template text to tokens: the lexical grammar of Go's text/template (1.25), its trim markers and comments included."""

from __future__ import annotations

import re
from typing import NamedTuple

from gitops_clone.helm.errors import Refused

_SPACES = " \t\r\n"
_MARKED = (" ", "\t", "\r", "\n")
_COMMENT = re.compile(r"(-[ \t\r\n])?/\*")
_COMMENT_END = re.compile(r"([ \t\r\n]-)?\}\}")

# Space, and one alternative a kind; the first that matches counts. Words, fields and variables need something that may
# end them; an end that trims needs a space before its minus.
_TOKEN = re.compile(
    r"""
    [ \t\r\n]*+
    (?:
      (?P<field> \.[^\W\d]\w*+ (?=[ \t\r\n.,|:()]|\}\}|\Z) )
    | (?P<word> [^\W\d]\w*+ (?=[ \t\r\n.,|:()]|\}\}|\Z) )
    | (?P<right> (?:(?<=[ \t\r\n])-)?\}\} )
    | (?P<variable> \$\w*+ (?=[ \t\r\n.,|:()]|\}\}|\Z) )
    | (?P<string> "(?:[^"\\\n]|\\[^\n])*+" )
    | (?P<pipe> \| )
    | (?P<open> \( )
    | (?P<close> \) )
    | (?P<declare> := )
    | (?P<assign> = )
    | (?P<raw> `[^`]*+` )
    | (?P<char> '(?:[^'\\\n]|\\[^\n])*+' )
    | (?P<dot> \.(?![\w]) )
    | (?P<number> [+-]?(?: 0[xX][0-9a-fA-F_]*+(?:\.[0-9a-fA-F_]*+)?(?:[pP][+-]?[0-9_]*+)? | 0[oO][0-7_]*+ | 0[bB][01_]*+
                         | (?=\.?[0-9])[0-9_]*+(?:\.[0-9_]*+)?(?:[eE][+-]?[0-9_]*+)? )i? (?!\w) )
    | (?P<comma> , )
    )
    """,
    re.VERBOSE,
)
_KEYWORDS = ("block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with")
_WORDS = {**dict.fromkeys(("true", "false"), "bool"), **{word: word for word in _KEYWORDS}}


class Token(NamedTuple):
    """`spaced` tells whether a space stands before it, where that matters: inside of an action."""

    kind: str
    text: str
    line: int
    spaced: bool = False


def tokens(text: str) -> list[Token]:
    """The tokens of a template: `text`, `left`, what stands in an action, `right`, and one `eof`. Raises `Refused`."""
    found: list[Token] = []
    position, line = 0, 1
    trim = False
    while True:
        start = text.find("{{", position)
        plain = text[position:] if start < 0 else text[position:start]
        kept = plain.lstrip(_SPACES) if trim else plain
        trims = start >= 0 and text.startswith("-", start + 2) and text[start + 3 : start + 4] in _MARKED
        if trims:
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
            found.append(Token("left", "{{", line))
            position, trim = _action(text, start + (4 if trims else 2), line, found)
        line += text.count("\n", start, position)


def _skip_comment(text: str, start: int, line: int) -> tuple[int, bool]:
    """Where a comment's action ends, and whether it trims what follows."""
    close = text.find("*/", start)
    if close < 0:
        raise _error("unclosed comment", line)
    end = _COMMENT_END.match(text, close + 2)
    if not end:
        raise _error("comment ends before closing delimiter", line)
    return end.end(), end[1] is not None


def _action(text: str, position: int, line: int, found: list[Token]) -> tuple[int, bool]:
    """Append the tokens of one action. Gives where it ends, and whether it trims what follows."""
    depth = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup or ""  # each alternative has a name
        start, end = match.span(kind)
        spaced = start > position
        if spaced:
            line += text.count("\n", position, start)
        value = text[start:end]
        position = end
        if kind == "right":
            if depth:
                raise _error("unclosed left paren", line)
            found.append(Token("right", value, line))
            return end, value[0] == "-"
        if kind == "word":
            kind = _WORDS.get(value, kind)
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth < 0:
                raise _error("unexpected right paren", line)
        found.append(Token(kind, value, line, spaced))
        if kind == "raw":
            line += value.count("\n")
    rest = text[position:].lstrip(_SPACES)
    raise _error(_complaint(rest[:80]), line + text.count("\n", position, len(text) - len(rest)))


def _complaint(rest: str) -> str:
    """Why no token begins here."""
    if not rest:
        return "unclosed action"
    match rest[0]:
        case '"':
            return "unterminated quoted string"
        case "`":
            return "unterminated raw quoted string"
        case "'":
            return "unterminated character constant"
        case ":":
            return "expected :="
    if re.match(r"[+-]?[0-9]|[+-]?\.?[0-9]|[+-]", rest):
        return "bad number syntax"
    return f"bad character in action at {rest[:20]!r}"


def _error(reason: str, line: int) -> Refused:
    error = Refused(reason)
    error.line = line
    return error
