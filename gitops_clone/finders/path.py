"""The path language of the catalogue: where in an object a value stands, also inside text. Pure.

docs/catalogue.md tells how paths are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Reading(StrEnum):
    """How a value is read as a tree of its own."""

    YAML = "yaml"
    """A text that is YAML. Several documents are read one by one."""
    JSON = "json"
    """A text that is JSON, perhaps with comments."""
    TOML = "toml"
    PROPERTIES = "properties"
    """Lines `key=value`: a mapping. Blank lines and lines that begin with `#` are passed over."""
    LIST = "list"
    """A text of items between commas or white space: a list."""
    FLAGS = "flags"
    """The `args` of a container, together with its `command`: a mapping from each flag to its value, which stands
    after `=` in the same item or is the item that follows. `-flag` and `--flag` are one."""


@dataclass(frozen=True, slots=True)
class Key:
    """The value of one key of a mapping."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyKey:
    """The value of every key of a mapping."""


@dataclass(frozen=True, slots=True)
class Each:
    """Every item of a list."""


@dataclass(frozen=True, slots=True)
class Named:
    """The items of a list whose key `name` matches this glob."""

    name: str


@dataclass(frozen=True, slots=True)
class Inside:
    """What a value holds when it is read as a tree of its own."""

    reading: Reading


Step = Key | AnyKey | Each | Named | Inside

_PLAIN_KEY = r"""[^]["<>().\s]+"""
_STEP = re.compile(
    rf"""\["(?P<quoted>[^"]+)"\] | \[name=(?P<named>[^]]+)\] | (?P<each>\[\]) | \((?P<inside>{"|".join(Reading)})\)
      | (?:\A|(?<=.)\.)(?:(?P<any><key>) | (?P<key>{_PLAIN_KEY}))""",
    re.VERBOSE,
)


def parse_path(text: str) -> tuple[Step, ...]:
    """Parse a path: keys joined by dots, `[]`, `[name=x]`, `<key>`, `["dotted.key"]`, `(yaml)` and its like.

    Raises `ValueError` with the place where it is not one.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            expected = 'expected .key, [], [name=x], <key>, ["key"] or (yaml)'
            raise ValueError(f"path {text!r}, character {position + 1}: {expected}")
        steps.append(_step(match))
        position = match.end()
    if not steps:
        raise ValueError("a path needs at least one key")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if name := match["quoted"] or match["key"]:
        return Key(name)
    if match["named"]:
        return Named(match["named"])
    if match["inside"]:
        return Inside(Reading(match["inside"]))
    return Each() if match["each"] else AnyKey()


def format_path(path: Iterable[Step]) -> str:
    """The text of a path, as `parse_path` reads it."""
    text = ""
    for step in path:
        match step:
            case Key(name) if re.fullmatch(_PLAIN_KEY, name):
                text += f".{name}"
            case Key(name):
                text += f'["{name}"]'
            case Named(name):
                text += f"[name={name}]"
            case Each():
                text += "[]"
            case AnyKey():
                text += ".<key>"
            case Inside(reading):
                text += f"({reading})"
    return text.removeprefix(".")
