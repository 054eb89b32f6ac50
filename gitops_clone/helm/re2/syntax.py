"""A pattern of Go's regexp/syntax (Perl flags) to a tree whose leaves are fragments of Python's `re`.

https://github.com/google/re2/wiki/Syntax. Look-around, back references and possessive repetition are no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.re2.nodes import Alt, Assert, Cat, Group, Node, One, Pattern, Repeat

_MOST_REPEATS = 1000
_DEEPEST = 100


class BadPattern(ValueError):
    """No regular expression for Go."""


@dataclass(frozen=True, slots=True)
class _Flags:
    """(?i), (?m), (?s), (?U)."""

    fold: bool = False
    lines: bool = False
    dot_all: bool = False
    lazy: bool = False


_PERL = {
    "d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r ",
}  # fmt: skip
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": "\\x00-\\x7f", "blank": "\\t ", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\t-\\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_PLACES = {"A": r"\A", "z": r"\Z", "b": r"\b", "B": r"\B"}
_COUNT = re.compile(r"\{(\d{1,5})(,(\d{0,5}))?\}")
_FLAG_GROUP = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")


def parse(pattern: str) -> Pattern:
    """Raises `BadPattern`, and `Unsupported` for Unicode classes."""
    parser = _Parser(pattern)
    node = parser.alternatives(_Flags(), 0)
    if parser.at < len(pattern):
        raise BadPattern(f"unexpected ): `{pattern}`")
    return Pattern(node, parser.groups, parser.names)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.groups = 0
        self.names: dict[str, int] = {}

    def alternatives(self, flags: _Flags, depth: int) -> Node:
        """Up to the end, or to a closing parenthesis, which is left there."""
        if depth > _DEEPEST:
            raise Unsupported("a regular expression that is nested too deeply")
        branches: list[Node] = []
        parts: list[Node] = []
        while self.at < len(self._text) and self._text[self.at] != ")":
            if self._text[self.at] == "|":
                self.at += 1
                branches.append(Cat(tuple(parts)))
                parts = []
            elif match := _FLAG_GROUP.match(self._text, self.at):
                self.at = match.end()
                inner = _changed(flags, match[1], match[2] or "", self._text)
                if match[3] == ")":
                    flags = inner
                else:
                    parts.append(self._repeated(self._group(inner, depth, None), flags))
            else:
                parts += self._term(flags, depth)
        branches.append(Cat(tuple(parts)))
        return branches[0] if len(branches) == 1 else Alt(tuple(branches))

    def _term(self, flags: _Flags, depth: int) -> list[Node]:
        """What stands at a place, with its repetition; several nodes for a quoted text."""
        text, start = self._text, self.at
        if text.startswith(r"\Q", start):
            end = text.find(r"\E", start)
            self.at = len(text) if end < 0 else end + 2
            quoted = [_literal(character, flags) for character in text[start + 2 : len(text) if end < 0 else end]]
            return [*quoted[:-1], self._repeated(quoted[-1], flags)] if quoted else []
        if text[start] == "(":
            return [self._repeated(self._capture(flags, depth), flags)]
        if text[start] in "*+?" or _COUNT.match(text, start):
            raise BadPattern(f"missing argument to repetition operator: `{text[start]}`")
        return [self._repeated(self._atom(flags), flags)]

    def _capture(self, flags: _Flags, depth: int) -> Node:
        if match := _NAMED.match(self._text, self.at):
            if match[1] in self.names:
                raise Unsupported("a regular expression with two groups of one name")
            self.at = match.end()
            self.names[match[1]] = self.groups + 1
        elif self._text.startswith("(?", self.at):
            raise BadPattern(f"invalid or unsupported Perl syntax: `{self._text[self.at : self.at + 3]}`")
        else:
            self.at += 1
        self.groups += 1
        return self._group(flags, depth, self.groups)

    def _group(self, flags: _Flags, depth: int, number: int | None) -> Node:
        node = self.alternatives(flags, depth + 1)
        if self.at >= len(self._text):
            raise BadPattern("missing closing )")
        self.at += 1
        return node if number is None else Group(number, node)

    def _atom(self, flags: _Flags) -> Node:
        character = self._text[self.at]
        self.at += 1
        match character:
            case ".":
                return One("(?s:.)" if flags.dot_all else "[^\\n]")
            case "^":
                return Assert("(?m:^)" if flags.lines else r"\A")
            case "$":
                return Assert("(?m:$)" if flags.lines else r"\Z")
            case "[":
                return _folded(self._class(), flags)
            case "\\":
                return self._escape(flags)
        return _literal(character, flags)

    def _escape(self, flags: _Flags) -> Node:
        character = self._text[self.at : self.at + 1]
        if character in _PLACES and character:
            self.at += 1
            return Assert(_PLACES[character])
        if perl := self._perl():
            return _folded(f"[{perl}]", flags)
        return _literal(self._escaped(), flags)

    def _perl(self) -> str:
        """The inside of a class for \\d and its like, which may begin with ^; nothing for other escapes."""
        character = self._text[self.at : self.at + 1]
        if character in ("p", "P", "C"):
            raise Unsupported(f"\\{character} in a regular expression")
        if character.lower() not in _PERL or not character:
            return ""
        self.at += 1
        inner = _PERL[character.lower()]
        return inner if character.islower() else f"^{inner}"

    def _escaped(self) -> str:
        """The character that an escape after its backslash stands for."""
        text, start = self._text, self.at
        if start >= len(text):
            raise BadPattern("trailing backslash at end of expression")
        if match := re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})|([1-7][0-7]{1,2}|0[0-7]{0,2})").match(
            text, start
        ):
            self.at = match.end()
            code = int(match[1] or match[2] or match[3], 8 if match[3] else 16)
            if code > 0x10FFFF:
                raise BadPattern("invalid escape sequence")
            return chr(code)
        self.at += 1
        if text[start] in _ESCAPES:
            return _ESCAPES[text[start]]
        if text[start].isascii() and not text[start].isalnum():
            return text[start]
        raise BadPattern(f"invalid escape sequence: `\\{text[start]}`")

    def _class(self) -> str:
        """A class after its bracket, as Python writes it."""
        text = self._text
        negated = text.startswith("^", self.at)
        self.at += negated
        parts: list[str] = []
        complements: list[str] = []
        first = True
        while first or not text.startswith("]", self.at):
            if self.at >= len(text):
                raise BadPattern("missing closing ]")
            first = False
            inner = self._named_class()
            if inner is None:
                parts.append(self._range())
            elif inner.startswith("^"):
                complements.append(f"[{inner}]")
            else:
                parts.append(inner)
        self.at += 1
        return _class_fragment(negated, "".join(parts), complements)

    def _named_class(self) -> str | None:
        """[:alpha:] or \\d inside of a class."""
        if match := re.compile(r"\[:(\^?)([a-z]+):\]").match(self._text, self.at):
            if match[2] not in _POSIX:
                raise BadPattern(f"invalid character class range: `{match[0]}`")
            self.at = match.end()
            return match[1] + _POSIX[match[2]]
        if not self._text.startswith("\\", self.at):
            return None
        self.at += 1
        found = self._perl()
        if not found:
            self.at -= 1
        return found or None

    def _range(self) -> str:
        low = self._class_character()
        if not self._text.startswith("-", self.at) or self._text.startswith("-]", self.at):
            return _escape_in_class(low)
        self.at += 1
        high = self._class_character()
        if high < low:
            raise BadPattern(f"invalid character class range: `{low}-{high}`")
        return f"{_escape_in_class(low)}-{_escape_in_class(high)}"

    def _class_character(self) -> str:
        if self.at >= len(self._text):
            raise BadPattern("missing closing ]")
        character = self._text[self.at]
        self.at += 1
        return self._escaped() if character == "\\" else character

    def _repeated(self, node: Node, flags: _Flags) -> Node:
        """A node with the repetition that follows it, if any; only one may."""
        bounds = self._bounds()
        if bounds is None:
            return node
        greedy = not flags.lazy
        if self._text.startswith("?", self.at):
            self.at += 1
            greedy = not greedy
        if self.at < len(self._text) and (self._text[self.at] in "*+?" or _COUNT.match(self._text, self.at)):
            raise BadPattern("invalid nested repetition operator")
        return Repeat(node, *bounds, greedy)

    def _bounds(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._text[self.at : self.at + 1])
        if simple:
            self.at += 1
            return simple
        match = _COUNT.match(self._text, self.at)
        if not match:
            return None
        self.at = match.end()
        least = int(match[1])
        most = least if match[2] is None else int(match[3]) if match[3] else None
        if max(least, most or 0) > _MOST_REPEATS or (most is not None and most < least):
            raise BadPattern(f"invalid repeat count: `{match[0]}`")
        return least, most


def _changed(flags: _Flags, on: str, off: str, text: str) -> _Flags:
    names = {"i": "fold", "m": "lines", "s": "dot_all", "U": "lazy"}
    for letters, value in ((on, True), (off, False)):
        flags = replace(flags, **{names[letter]: value for letter in letters})
    return flags


def _literal(character: str, flags: _Flags) -> Node:
    if flags.fold and not character.isascii():
        raise Unsupported("(?i) with letters that are not ASCII")
    return _folded(re.escape(character), flags)


def _folded(fragment: str, flags: _Flags) -> Node:
    return One(f"(?i:{fragment})" if flags.fold else fragment)


def _escape_in_class(character: str) -> str:
    return f"\\{character}" if character in "\\]^-[&~|" else character


def _class_fragment(negated: bool, inner: str, complements: list[str]) -> str:
    """A class; complements in it (`[^\\D_]`) cannot stand in one of Python's, so they become alternatives."""
    plain = f"[{'^' if negated and not complements else ''}{inner}]"
    if not complements:
        return plain
    either = "|".join(([plain] if inner else []) + complements)
    return f"(?!{either})(?s:.)" if negated else f"(?:{either})"
