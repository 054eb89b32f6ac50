"""Go's own functions: comparisons, index, len, printing. `and` and `or` are evaluated in `operands`."""

from __future__ import annotations

import html
from urllib.parse import quote_plus

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.formatting import printf, show, show_all
from gitops_clone.helm.gotypes import (
    Bytes,
    Object,
    StringMap,
    Uint8,
    Value,
    basic_kind,
    from_octets,
    is_true,
    octets,
    size,
    type_name,
)
from gitops_clone.helm.registry import FUNCTIONS, function, signature

# The parser asks for these two; they are evaluated elsewhere.
for _name in ("and", "or"):
    FUNCTIONS[_name] = signature(_name, lambda *values: values[-1], ("any", "...any"))


@function("not", "any")
def negate(value: Value) -> bool:
    return not is_true(value)


@function("len", "any")
def length(value: Value) -> int:
    if isinstance(value, str):
        return size(value)
    if isinstance(value, (list, dict, Bytes)):
        return len(value)
    raise Refused("len of nil pointer" if value is None else f"len of type {type_name(value)}")


@function("index", "any", "...any")
def index(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise Refused("index of untyped nil")
    for number in indexes:
        if item is None:
            raise Refused("index of nil pointer")
        item = _index(item, number)
    return item


def _index(item: Value, number: Value) -> Value:
    if isinstance(item, dict):
        if not isinstance(number, str):
            of = "nil" if number is None else f"type {type_name(number)}"
            raise Refused(f"value has {of}; should be string")
        return item.get(number, "") if isinstance(item, StringMap) else item.get(number)
    if isinstance(item, list):
        at = _position(number, len(item))
        if at == len(item):
            raise Refused(f"index out of range: {at}")
        return item[at]
    if isinstance(item, (str, Bytes)):
        data = octets(item if isinstance(item, str) else item.text)
        at = _position(number, len(data))
        if at == len(data):
            raise Refused(f"index out of range: {at}")
        return Uint8(data[at])
    raise Refused(f"can't index item of type {type_name(item)}")


def _position(number: Value, most: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        of = "nil" if number is None else f"type {type_name(number)}"
        raise Refused(f"cannot index slice/array with {of}")
    if not 0 <= number <= most:
        raise Refused(f"index out of range: {number}")
    return int(number)


@function("print", "...any")
def _print(*values: Value) -> str:
    return show_all(values)


@function("println", "...any")
def _println(*values: Value) -> str:
    return " ".join(map(show, values)) + "\n"


@function("printf", "string", "...any")
def _printf(text: str, *values: Value) -> str:
    return printf(text, values)


@function("html", "...any")
def _html(*values: Value) -> str:
    text = _shown(values).replace("\0", "\ufffd")
    return html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


@function("urlquery", "...any")
def _urlquery(*values: Value) -> str:
    return quote_plus(octets(_shown(values)), safe="")


@function("js", "...any")
def _js(*values: Value) -> str:
    raise Unsupported("the function js")


@function("call", "any", "...any")
def _call(called: Value, *values: Value) -> Value:
    raise Refused("call of nil" if called is None else f"non-function of type {type_name(called)}")


def _shown(values: tuple[Value, ...]) -> str:
    return show_all(["<no value>" if value is None else value for value in values])


@function("eq", "any", "...any")
def equal(one: Value, *others: Value) -> bool:
    if not others:
        raise Refused("missing argument for comparison")
    return any(_equal(one, other) for other in others)


def _equal(one: Value, other: Value) -> bool:
    first, second = basic_kind(one), basic_kind(other)
    if first != second:
        if {first, second} == {"int", "uint"}:
            return int(one) == int(other)
        if one is not None and other is not None:
            raise Refused(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
        return False
    if first:
        return bool(one == other)
    if one is None or other is None:
        return one is None and other is None
    if isinstance(one, Object) and isinstance(other, Object):
        return one is other
    raise Refused(f"non-comparable types {type_name(one)} and {type_name(other)}")


@function("ne", "any", "any")
def unequal(one: Value, other: Value) -> bool:
    return not equal(one, other)


@function("lt", "any", "any")
def less(one: Value, other: Value) -> bool:
    first, second = basic_kind(one), basic_kind(other)
    if not first or not second:
        raise Refused("invalid type for comparison")
    if first != second and {first, second} != {"int", "uint"}:
        raise Refused(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
    if first == "bool":
        raise Refused("invalid type for comparison")
    return bool(octets(one) < octets(other) if first == "string" else one < other)


@function("le", "any", "any")
def _less_or_equal(one: Value, other: Value) -> bool:
    return less(one, other) or equal(one, other)


@function("gt", "any", "any")
def _greater(one: Value, other: Value) -> bool:
    return not _less_or_equal(one, other)


@function("ge", "any", "any")
def _greater_or_equal(one: Value, other: Value) -> bool:
    return not less(one, other)


def cut_text(text: str, start: int, end: int | None) -> str:
    """A slice of a Go string, by bytes."""
    return text[start:end] if text.isascii() else from_octets(octets(text)[start:end])
