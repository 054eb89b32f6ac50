"""Go's values as Python's, with what templates can tell about them: type, kind, truth, equality.

A string is a `str` (bytes that are no UTF-8 are surrogate escapes), a bool a `bool`, an `int` an `int`, a `float64` a
`float`, a map a `dict` with strings for keys, a slice a `list`, nil is `None`. What has another type in Go, and shows
it, is a class here. No Python attribute is ever reached by a template's word: `Object` names its members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from gitops_clone.helm.errors import Refused, Unsupported

Value = Any  # the union above, which no annotation narrows


class Int64(int):
    """An int64, which is no int for Go."""


class Uint8(int):
    """A byte: what an index into a string gives."""


class Strings(list[str]):
    """A []string."""


class Ints(list[int]):
    """An []int."""


class NilList(list[Value]):
    """A nil []interface{}: it is empty, and null in JSON and YAML."""


class NilStrings(Strings):
    """A nil []string."""


class NilMap(dict[str, Value]):
    """A nil map[string]interface{}: it cannot be set."""


class StringLists(list[list[str]]):
    """A [][]interface{}."""


class StringMap(dict[str, str]):
    """A map[string]string: a key that is not there is an empty string, not nil."""


class Values(dict[str, Value]):
    """Helm's common.Values, a map."""


class Null:
    """A nil that an element of a list or map is: its fields cannot be asked for, unlike those of no value at all."""


NULL = Null()


class Member(NamedTuple):
    """A method: what it does, and its parameters' types as in `registry`."""

    call: Callable[..., Value]
    parameters: tuple[str, ...] = ()


class Object:
    """A Go struct, or another type that is no map and no slice of values."""

    type_name: ClassVar[str]
    kind: ClassVar[str] = "struct"

    def members(self) -> Mapping[str, Value]:
        """What templates can reach: plain values and `Member`s."""
        return {}

    def show(self) -> str:
        """What printing it gives."""
        raise Unsupported(f"printing a {self.type_name}")


class Bytes(Object):
    """A []byte."""

    type_name = "[]uint8"
    kind = "slice"

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return size(self.text)

    def show(self) -> str:
        return "[" + " ".join(map(str, octets(self.text))) + "]"


class MethodMap(dict[str, Value]):
    """A map of bytes with methods."""

    def members(self) -> Mapping[str, Member]:
        return {}


class VersionSet(Strings):
    """Capabilities.APIVersions: a slice with a method."""


_TYPES: dict[type, tuple[str, str]] = {
    str: ("string", "string"),
    bool: ("bool", "bool"),
    int: ("int", "int"),
    Int64: ("int64", "int64"),
    Uint8: ("uint8", "uint8"),
    float: ("float64", "float64"),
    dict: ("map[string]interface {}", "map"),
    NilMap: ("map[string]interface {}", "map"),
    StringMap: ("map[string]string", "map"),
    Values: ("common.Values", "map"),
    list: ("[]interface {}", "slice"),
    NilList: ("[]interface {}", "slice"),
    Strings: ("[]string", "slice"),
    NilStrings: ("[]string", "slice"),
    Ints: ("[]int", "slice"),
    StringLists: ("[][]interface {}", "slice"),
    VersionSet: ("common.VersionSet", "slice"),
}


def type_name(value: Value) -> str:
    """What Go's %T prints."""
    if value is None or value is NULL:
        return "<nil>"
    if isinstance(value, Object):
        return value.type_name
    return _TYPES[type(value)][0] if type(value) in _TYPES else "engine.files"


def kind(value: Value) -> str:
    """Go's reflect.Kind."""
    if value is None or value is NULL:
        return "invalid"
    if isinstance(value, Object):
        return value.kind
    return _TYPES[type(value)][1] if type(value) in _TYPES else "map"


def is_true(value: Value) -> bool:
    """Truth as `if` sees it: nil, false, 0 and what is empty are false; a struct is true."""
    if isinstance(value, Object) and not isinstance(value, Bytes):
        return True
    return value is not NULL and bool(value)


def basic_kind(value: Value) -> str:
    """The kind that comparisons know: bool, int, uint, float, string, or nothing."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Uint8):
        return "uint"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string" if isinstance(value, str) else ""


def is_nil(value: Value) -> bool:
    """Whether a value is nil, of whatever type."""
    return value is None or value is NULL or type(value) in (NilMap, NilList, NilStrings)


def octets(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def from_octets(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def size(text: str) -> int:
    """The length of a Go string, in bytes."""
    return len(text) if text.isascii() else len(octets(text))


def wrapped(value: int) -> Int64:
    """An int64, overflow and all."""
    return Int64((value + 2**63) % 2**64 - 2**63)


def field(value: Value, name: str) -> Value:
    """`.name` of a value that is no plain dict. Raises `Refused` where Go does; a method comes as its `Member`."""
    if value is None or value is NULL:
        raise Refused(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(value, Object):
        members = value.members()
        if name in members:
            return members[name]
    elif isinstance(value, StringMap):
        return value.get(name, "")
    elif isinstance(value, MethodMap):
        methods = value.members()
        return methods[name] if name in methods else value.get(name, Bytes(""))
    elif isinstance(value, dict):
        return value.get(name)
    elif isinstance(value, VersionSet) and name == "Has":
        return Member(value.__contains__, ("string",))
    raise Refused(f"can't evaluate field {name} in type {type_name(value)}")
