"""JSON5 (spec.json5.org), so JSON and JSONC too, with the position of everything, for edits in its text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_SPACE = r"[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+"
_TOKEN = re.compile(
    rf"""(?P<skipped>{_SPACE}|//[^\n\r\u2028\u2029]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n\r]|\\\r\n|\\.)*"|'(?:[^'\\\n\r]|\\\r\n|\\.)*')
    |(?P<mark>[{{}}\[\]:,])
    |(?P<word>[^\s{{}}\[\]:,"'/]+)""",
    re.VERBOSE | re.DOTALL,
)
_LITERAL = re.compile(
    r"true|false|null|[+-]?(?:Infinity|NaN|0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_NAME = re.compile(r"[^\W\d][\w$\u200c\u200d]*|\$[\w$\u200c\u200d]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_CONTINUED = {"\n": "", "\r": "", "\r\n": "", "\u2028": "", "\u2029": ""}
_MAX_DEPTH = 100


class NotJson5(ValueError):
    """The text is not JSON5; the message says where (`line N`) and why."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string with its value, or another literal with its text; `start:end` are offsets in the text."""

    start: int
    end: int
    text: str
    is_string: bool


@dataclass(frozen=True, slots=True)
class Array:
    start: int
    end: int
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One `key: value`; the key starts at `start` and ends at `key_end`, quotes included."""

    key: str
    start: int
    key_end: int
    value: Value


@dataclass(frozen=True, slots=True)
class Object:
    """`comma` is the end of a comma after the last member, None without one."""

    start: int
    end: int
    members: tuple[Member, ...]
    comma: int | None


Value = Literal | Array | Object


class _Token(NamedTuple):
    kind: str | None
    text: str
    start: int
    end: int


def parse(text: str) -> Value:
    """The one value that a text is. Raises `NotJson5`."""
    parser = _Parser(text)
    value = parser.value(parser.next(), 0)
    end = parser.next()
    if end.kind is not None:
        raise parser.error(end, "something after the end")
    return value


class _Parser:
    """Reads one token after the other, never back."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()

    def next(self) -> _Token:
        return next(self.tokens)

    def error(self, token: _Token, what: str) -> NotJson5:
        return NotJson5(f"line {self.text.count(chr(10), 0, token.start) + 1}: {what}")

    def value(self, token: _Token, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise self.error(token, f"nested deeper than {_MAX_DEPTH} levels")
        if token.text == "{":
            return self._object(token, depth)
        if token.text == "[":
            return self._array(token, depth)
        if token.kind == "string":
            return Literal(token.start, token.end, _unescaped(token.text), True)
        if token.kind == "word" and _LITERAL.fullmatch(token.text):
            return Literal(token.start, token.end, token.text, False)
        raise self.error(token, "a value was expected")

    def _object(self, first: _Token, depth: int) -> Object:
        members: list[Member] = []
        comma = None
        token = self.next()
        while token.text != "}" or token.kind != "mark":
            if members and comma is None:
                raise self.error(token, "a comma or } was expected")
            key = self._key(token)
            colon = self.next()
            if colon.text != ":":
                raise self.error(colon, "a colon was expected")
            members.append(Member(key, token.start, token.end, self.value(self.next(), depth + 1)))
            token, comma = self._after_comma()
        return Object(first.start, token.end, tuple(members), comma)

    def _array(self, first: _Token, depth: int) -> Array:
        items: list[Value] = []
        comma = None
        token = self.next()
        while token.text != "]" or token.kind != "mark":
            if items and comma is None:
                raise self.error(token, "a comma or ] was expected")
            items.append(self.value(token, depth + 1))
            token, comma = self._after_comma()
        return Array(first.start, token.end, tuple(items))

    def _after_comma(self) -> tuple[_Token, int | None]:
        """The next token, or the one after it if it is a comma, and the end of that comma."""
        token = self.next()
        return (self.next(), token.end) if token.text == "," and token.kind == "mark" else (token, None)

    def _key(self, token: _Token) -> str:
        if token.kind == "string":
            return _unescaped(token.text)
        if token.kind == "word" and _NAME.fullmatch(token.text):
            return token.text
        raise self.error(token, "a key was expected")

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise self.error(_Token(None, "", position, position), "a string or comment that does not end")
            if match.lastgroup != "skipped":
                yield _Token(match.lastgroup, match[0], position, match.end())
            position = match.end()
        while True:
            yield _Token(None, "", position, position)


def _unescaped(token: str) -> str:
    text = _ESCAPE.sub(_unescape, token[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two escapes may be one character


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16))
    return _CONTINUED.get(match[3], _ESCAPED.get(match[3], match[3]))
