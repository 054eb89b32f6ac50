"""The nodes of a parsed template, named as in Go's text/template/parse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number or a character constant: what it is as an integer, where it is one, and as a float."""

    text: str
    integer: int | None
    real: float | None
    is_char: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class String:
    value: str


@dataclass(frozen=True, slots=True)
class Bool:
    value: bool


@dataclass(frozen=True, slots=True)
class Nil:
    pass


@dataclass(frozen=True, slots=True)
class Dot:
    pass


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`: fields of the dot."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a.b`: the variable in a slot of the template's frame, and fields of it. Slot 0 is `$`."""

    name: str
    slot: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identifier:
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).a.b` or `function.a.b`."""

    node: Operand
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    arguments: tuple[Operand, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, and the slots that take the value; `declares` tells := from =, which print nothing both."""

    commands: tuple[Command, ...]
    slots: tuple[int, ...]
    declares: bool
    line: int


@dataclass(frozen=True, slots=True)
class Action:
    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`."""

    keyword: str
    pipe: Pipe
    body: Body
    otherwise: Body
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """`template` or `block`."""

    name: str
    pipe: Pipe | None
    line: int


@dataclass(frozen=True, slots=True)
class Jump:
    """`break` or `continue`."""

    keyword: str


Operand: TypeAlias = "Number | String | Bool | Nil | Dot | Field | Variable | Identifier | Chain | Pipe"
Node: TypeAlias = "Text | Action | Branch | Call | Jump"
Body: TypeAlias = "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Tree:
    """One template: its nodes, and how many variables it declares, `$` included."""

    body: Body
    slots: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but space: such a definition does not replace another."""
        return all(isinstance(node, Text) and not node.text.strip() for node in self.body)
