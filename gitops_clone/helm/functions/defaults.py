"""sprig's defaults, and what tells types apart."""

from __future__ import annotations

from gitops_clone.helm.gotypes import Bytes, Object, Value, kind, type_name
from gitops_clone.helm.registry import function
from gitops_clone.helm.walk import deep_equal


def is_empty(value: Value) -> bool:
    """sprig's `empty`: as false is for `if`, also a struct is not."""
    if isinstance(value, Object) and not isinstance(value, Bytes):
        return False
    return not value


@function("default", "any", "...any")
def _default(fallback: Value, *given: Value) -> Value:
    return fallback if not given or is_empty(given[0]) else given[0]


@function("empty", "any")
def _empty(value: Value) -> bool:
    return is_empty(value)


@function("coalesce", "...any")
def _coalesce(*values: Value) -> Value:
    return next((value for value in values if not is_empty(value)), None)


@function("all", "...any")
def _all(*values: Value) -> bool:
    return not any(map(is_empty, values))


@function("any", "...any")
def _any(*values: Value) -> bool:
    return not all(map(is_empty, values))


@function("ternary", "any", "any", "bool")
def _ternary(yes: Value, no: Value, condition: bool) -> Value:
    return yes if condition else no


@function("typeOf", "any")
def _type_of(value: Value) -> str:
    return type_name(value)


@function("typeIs", "string", "any")
def _type_is(target: str, value: Value) -> bool:
    return target == type_name(value)


@function("typeIsLike", "string", "any")
def _type_is_like(target: str, value: Value) -> bool:
    return type_name(value) in (target, f"*{target}")


@function("kindOf", "any")
def _kind_of(value: Value) -> str:
    return kind(value)


@function("kindIs", "string", "any")
def _kind_is(target: str, value: Value) -> bool:
    return target == kind(value)


@function("deepEqual", "any", "any")
def _deep_equal(one: Value, other: Value) -> bool:
    return deep_equal(one, other)
