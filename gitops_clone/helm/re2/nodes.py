"""A regular expression as a tree, whose leaves are fragments of Python's `re`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class One:
    """Exactly one character: a fragment that matches it."""

    fragment: str


@dataclass(frozen=True, slots=True)
class Assert:
    """A place: the beginning, the end, a word boundary."""

    fragment: str


@dataclass(frozen=True, slots=True)
class Cat:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    node: Node
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group by its number."""

    number: int
    node: Node


Node: TypeAlias = "One | Assert | Cat | Alt | Repeat | Group"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`names` are the numbers of the groups that have one."""

    node: Node
    groups: int
    names: dict[str, int]
