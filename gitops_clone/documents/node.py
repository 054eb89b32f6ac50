"""The tree of one YAML or JSON document: text and positions, no types, nothing of Kubernetes.

Offsets are code points of the text that was parsed. Nodes are not frozen only because building a frozen
dataclass costs three times as much; nobody changes one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar: its value, where its token stands (quotes and anchor included), its style (`''` is plain)."""

    value: str
    start: int
    end: int
    style: str = ""
    tag: str | None = None
    anchor: str | None = None


@dataclass(slots=True, eq=False)
class Alias:
    """An alias token such as `*image`, and the node it stands for."""

    name: str
    target: Node
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Sequence:
    items: list[Node] = field(default_factory=list)
    tag: str | None = None
    anchor: str | None = None


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the text, duplicate keys and merge keys (`<<`) as they stand."""

    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    tag: str | None = None
    anchor: str | None = None


Node = Scalar | Alias | Sequence | Mapping


def is_merge_key(key: Node) -> bool:
    """Whether a key is the merge key of YAML 1.1 (https://yaml.org/type/merge.html): a plain `<<`."""
    return isinstance(key, Scalar) and key.value == "<<" and key.style == ""


def is_null(scalar: Scalar) -> bool:
    """Whether a scalar is null to YAML (core schema, YAML 1.2.2, section 10.3.2)."""
    return scalar.style == "" and scalar.value in ("", "~", "null", "Null", "NULL")
