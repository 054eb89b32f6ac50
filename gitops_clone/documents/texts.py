"""Texts of several formats as trees of one form, each scalar with its place: YAML, JSON, TOML, lines, lists.

Where a scalar stands is told as in YAML, so `documents/embedded.py` knows the place of each of its characters, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from gitops_clone.documents import json5
from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence
from gitops_clone.documents.parse import Unparsable, parse

MAX_LENGTH = 2_000_000


class Format(StrEnum):
    """How a text is read."""

    YAML = "yaml"
    JSON = "json"
    """With or without comments."""
    TOML = "toml"
    PROPERTIES = "properties"
    """Lines `key=value`: a mapping. Blank lines and those that begin with `#`, `;` or `!` are passed over."""
    LIST = "list"
    """Items between commas or white space."""


class Unreadable(ValueError):
    """The text is not of the format, or too long."""


def read(text: str, form: Format) -> list[Node | None]:
    """The trees that a text is: one, but for YAML of several documents. Raises `Unreadable`."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"longer than {MAX_LENGTH:,} characters")
    try:
        match form:
            case Format.YAML:
                return _collections(parse(text, second_opinion=False))
            case Format.JSON:
                return _json(text)
            case Format.TOML:
                return [_toml(text)]
            case Format.PROPERTIES:
                return [_properties(text)]
            case Format.LIST:
                return [Sequence([_plain(match) for match in re.finditer(r"[^\s,]+", text)])]
    except (Unparsable, json5.NotJson5) as error:
        raise Unreadable(str(error)) from None


_TABLE = re.compile(r"""^\s*\[+(?:[\w.-]+|"[^"\n]*")+\]+\s*(?:\#.*)?$""", re.MULTILINE)
_ASSIGNED = re.compile(r"^\s*[\w.-]+ *=", re.MULTILINE)
_KEY = re.compile(r"^[ -]*[^\s#]+ *:(?:\s|$)", re.MULTILINE)


def guess(text: str) -> Format | None:
    """The format that a text seems to have; None where it has no structure, or too little to tell."""
    if _TABLE.search(text) and _ASSIGNED.search(text):
        return Format.TOML
    if text.lstrip()[:1] in ("{", "["):
        return Format.JSON
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", ";", "!"))]
    if len(lines) < 2:
        return None
    if all(_PROPERTY.match(line) for line in lines):
        return Format.PROPERTIES
    return Format.YAML if _KEY.search(text) else None


def _collections(roots: list[Node | None]) -> list[Node | None]:
    """YAML takes nearly every text for a scalar: that is no structure."""
    if all(root is None or isinstance(root, Scalar) for root in roots):
        raise Unreadable("no mapping and no list")
    return roots


def _json(text: str) -> list[Node | None]:
    # A comment `//` is a part of a plain scalar to YAML, and a comment `#` is none to JSON5.
    if "//" in text or "/*" in text:
        try:
            return [_from_json5(json5.parse(text))]
        except json5.NotJson5:
            pass
    try:
        return _collections(parse(text, second_opinion=False))
    except (Unparsable, Unreadable):
        return [_from_json5(json5.parse(text))]


def _from_json5(value: json5.Value) -> Node:
    if isinstance(value, json5.Object):
        return Mapping([(_quoted(m.key, m.start, m.key_end), _from_json5(m.value)) for m in value.members])
    if isinstance(value, json5.Array):
        return Sequence([_from_json5(item) for item in value.items])
    return Scalar(value.text, value.start, value.end, '"' if value.is_string else "")


def _quoted(text: str, start: int, end: int) -> Scalar:
    return Scalar(text, start, end, '"')


_PROPERTY = re.compile(r"[ \t]*(?:export[ \t]+)?([\w.:/-]+)[ \t]*=[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)


def _properties(text: str) -> Node:
    pairs: list[tuple[Node, Node]] = []
    for match in _PROPERTY.finditer(text):
        if match.start() == 0 or text[match.start() - 1] == "\n":
            start, end = match.span(2)
            quote = match[2][:1]
            if len(match[2]) > 1 and quote in ("'", '"') and match[2].endswith(quote):
                start, end = start + 1, end - 1
            pairs.append((Scalar(match[1], *match.span(1)), Scalar(text[start:end], start, end)))
    return Mapping(pairs)


def _plain(match: re.Match[str]) -> Scalar:
    return Scalar(match[0], match.start(), match.end())


# TOML (toml.io, 1.0.0): comments, then strings of several lines and of one, basic and literal.
_TOML_TOKEN = re.compile(
    r"""\#[^\n]* | (?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')""",
    re.VERBOSE | re.DOTALL,
)
_MARK = "\ue000"


def _toml(text: str) -> Node:
    """The standard library reads it, with each string replaced by its number, so that it tells where each belongs."""
    import tomllib

    scalars: list[Scalar] = []

    def numbered(match: re.Match[str]) -> str:
        if match["text"] is None:
            return match[0]
        scalars.append(_toml_scalar(match[0], tomllib.loads(f"x = {match[0]}")["x"], match.start()))
        return f'"{_MARK}{len(scalars) - 1}"'

    if _MARK in text:
        raise Unreadable("a character of a private area")
    try:
        tree = tomllib.loads(_TOML_TOKEN.sub(numbered, text.replace("\r\n", " \n")))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Unreadable(f"not TOML: {error}") from None
    return _from_toml(tree, scalars)


def _toml_scalar(token: str, value: str, start: int) -> Scalar:
    """A string whose token stands at start:end; one of several lines has three quotes on either side."""
    long = 2 if token[:3] in ("'''", '"""') else 0
    return Scalar(value, start + long, start + len(token) - long, token[0])


def _from_toml(value: Any, scalars: list[Scalar]) -> Node:
    if isinstance(value, dict):
        return Mapping([(_toml_text(key, scalars), _from_toml(item, scalars)) for key, item in value.items()])
    if isinstance(value, list):
        return Sequence([_from_toml(item, scalars) for item in value])
    return _toml_text(value, scalars) if isinstance(value, str) else Scalar(str(value), 0, 0)


def _toml_text(text: str, scalars: list[Scalar]) -> Scalar:
    return scalars[int(text[1:])] if text.startswith(_MARK) else Scalar(text, 0, 0)


def scalars(root: Node | None) -> Iterator[Scalar]:
    """The scalars of a tree that are values."""
    stack = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Sequence):
            stack += reversed(node.items)
        elif isinstance(node, Mapping):
            stack += [value for _, value in reversed(node.pairs)]
