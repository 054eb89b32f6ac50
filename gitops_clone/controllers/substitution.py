"""Flux's substitution of variables in what a Kustomization builds (`spec.postBuild`). Pure.

The rules are those of github.com/fluxcd/pkg, envsubst: not quite bash's. `$NAME` is text, `$$` is `$`, and of the
operators that give a default, all but `=` need their colon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate

_START = re.compile(r"\$\$|\$\{")
_NAME = re.compile(r"\w+")
_OPERATOR = re.compile(r":[=?+-]|:|=|,,?|\^\^?|//|/[#%]?|##?|%%?")
_DEPTH = 20


class Unsubstituted(ValueError):
    """The text has an expression that Flux refuses; the message says which."""


def substitute(text: str, variables: Mapping[str, str], *, complete: bool = True) -> str:
    """The text with its `${NAME}` replaced. A variable that is not there is empty, as for Flux.

    Without `complete`, there are others that nobody knows here: expressions of those stay as they are.
    Raises `Unsubstituted`.
    """
    return _Reader(text, variables, complete).read("", 0)


class _Unknown(Exception):
    """An expression of a variable that nobody knows here."""


class _Reader:
    """Reads the text once, from left to right; defaults and patterns may hold expressions too."""

    def __init__(self, text: str, variables: Mapping[str, str], complete: bool) -> None:
        self._text, self._variables, self._complete = text, variables, complete
        self._at = 0

    def read(self, ends: str, depth: int) -> str:
        """What stands up to one of the characters `ends`, which is left; up to the end of the text without any."""
        stop = re.compile(rf"\$\$|\$\{{|\\[/\\]|[{re.escape(ends)}]") if ends else _START
        parts: list[str] = []
        while match := stop.search(self._text, self._at):
            parts.append(self._text[self._at : match.start()])
            if match[0] == "${":
                self._at = match.start()
                parts.append(self._expression(depth + 1))
            elif len(match[0]) == 2:
                # Between braces, a backslash escapes only in patterns; elsewhere both characters stay.
                parts.append(match[0][1] if (match[0] == "$$" and not ends) or ends == "/" else match[0])
                self._at = match.end()
            else:
                self._at = match.start()
                return "".join(parts)
        if ends:
            raise Unsubstituted("a closing brace is missing")
        parts.append(self._text[self._at :])
        self._at = len(self._text)
        return "".join(parts)

    def _expression(self, depth: int) -> str:
        start = self._at
        try:
            return self._value(depth)
        except _Unknown:
            return self._text[start : self._at]

    def _value(self, depth: int) -> str:
        if depth > _DEPTH:
            raise Unsubstituted("expressions are nested too deep")
        self._at += 2
        length = self._take("#")
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise Unsubstituted(f"`{self._text[self._at - 2 : self._at + 20]}` has no name of a variable")
        name = match[0]
        self._at = match.end()
        operator = "" if length else self._operator()
        arguments = self._arguments(operator, depth)
        if not self._take("}"):
            raise Unsubstituted(f"`${{{name}…` is not closed where it must be")
        value = self._variables.get(name)
        if value is None and not self._complete:
            raise _Unknown
        return str(len(value or "")) if length else _apply(operator, value or "", arguments)

    def _operator(self) -> str:
        match = _OPERATOR.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else ""

    def _arguments(self, operator: str, depth: int) -> list[str]:
        if operator == ":":
            first = self.read(":}", depth)
            return [first, self.read("}", depth)] if self._take(":") else [first]
        if operator.startswith("/"):
            pattern = self.read("/", depth)
            self._take("/")
            return [pattern, self.read("}", depth)]
        if operator and operator[0] in ":=#%":
            return [self.read("}", depth)]
        return []

    def _take(self, character: str) -> bool:
        found = self._text.startswith(character, self._at)
        self._at += found
        return found


def _apply(operator: str, value: str, arguments: list[str]) -> str:
    if operator in ("=", ":=", ":-", ":?", ":+"):
        return value or arguments[0]
    if operator == ":":
        return _part(value, *arguments)
    if operator.startswith("/"):
        return _replaced(operator, value, *arguments)
    if operator and operator[0] in "#%":
        return _trimmed(operator, value, arguments[0])
    return _CASES[operator](value)


_CASES: dict[str, Callable[[str], str]] = {
    "": str,
    ",": lambda value: value[:1].lower() + value[1:],
    ",,": str.lower,
    "^": lambda value: value[:1].upper() + value[1:],
    "^^": str.upper,
}


def _part(value: str, offset: str, length: str | None = None) -> str:
    """`${NAME:offset:length}`; what is no number changes nothing."""
    try:
        start = int(offset)
        count = int(length) if length is not None else len(value)
    except ValueError:
        return value
    start = max(0, len(value) + start) if start < 0 else start
    return value[start : len(value) + count] if count < 0 else value[start : start + count]


def _replaced(operator: str, value: str, pattern: str, new: str) -> str:
    if operator == "/#":
        return new + value.removeprefix(pattern) if value.startswith(pattern) else value
    if operator == "/%":
        return value.removesuffix(pattern) + new if value.endswith(pattern) else value
    return value.replace(pattern, new, -1 if operator == "//" else 1)


def _trimmed(operator: str, value: str, pattern: str) -> str:
    """What a glob does not match at the start (`#`) or end (`%`): the shortest match goes, of two signs the longest."""
    matches = re.compile(translate(pattern)).fullmatch
    ends = range(1, len(value) + 1) if len(operator) == 1 else range(len(value), 0, -1)
    for count in ends:
        if operator[0] == "#" and matches(value[:count]):
            return value[count:]
        if operator[0] == "%" and matches(value[len(value) - count :]):
            return value[: len(value) - count]
    return value
