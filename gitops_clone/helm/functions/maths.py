"""sprig's arithmetic: int64 that wraps around, and float64 by way of decimals."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from gitops_clone.helm.errors import Refused
from gitops_clone.helm.formatting import general
from gitops_clone.helm.functions.convert import integer, real
from gitops_clone.helm.gotypes import Int64, Value, wrapped
from gitops_clone.helm.registry import function

_DECIMALS = Context(prec=400)


@function("add", "...any")
def _add(*values: Value) -> Int64:
    return wrapped(sum(map(integer, values)))


@function("add1", "any")
def _add1(value: Value) -> Int64:
    return wrapped(integer(value) + 1)


@function("sub", "any", "any")
def _sub(one: Value, other: Value) -> Int64:
    return wrapped(integer(one) - integer(other))


@function("mul", "any", "...any")
def _mul(value: Value, *values: Value) -> Int64:
    result = integer(value)
    for factor in values:
        result = wrapped(result * integer(factor))
    return result


@function("div", "any", "any")
def _div(one: Value, other: Value) -> Int64:
    return _quotient(integer(one), integer(other))[0]


@function("mod", "any", "any")
def _mod(one: Value, other: Value) -> Int64:
    return _quotient(integer(one), integer(other))[1]


def _quotient(one: int, other: int) -> tuple[Int64, Int64]:
    """Go's / and %: cut towards zero."""
    if other == 0:
        raise Refused("runtime error: integer divide by zero")
    quotient = abs(one) // abs(other) * (-1 if (one < 0) != (other < 0) else 1)
    return wrapped(quotient), wrapped(one - quotient * other)


@function("max biggest", "any", "...any")
def _max(value: Value, *values: Value) -> Int64:
    return Int64(max(map(integer, (value, *values))))


@function("min", "any", "...any")
def _min(value: Value, *values: Value) -> Int64:
    return Int64(min(map(integer, (value, *values))))


@function("maxf", "any", "...any")
def _maxf(value: Value, *values: Value) -> float:
    return max(map(real, (value, *values)))


@function("minf", "any", "...any")
def _minf(value: Value, *values: Value) -> float:
    return min(map(real, (value, *values)))


@function("floor", "any")
def _floor(value: Value) -> float:
    return float(math.floor(real(value)))


@function("ceil", "any")
def _ceil(value: Value) -> float:
    return float(math.ceil(real(value)))


@function("round", "any", "int", "...float")
def _round(value: Value, places: int, *threshold: float) -> float:
    power = math.pow(10, places)
    digit = power * real(value)
    fraction, _ = math.modf(digit)
    return (math.ceil(digit) if fraction >= (threshold[0] if threshold else 0.5) else math.floor(digit)) / power


def _decimal(value: Value) -> Decimal:
    return Decimal(general(real(value)))


def _chained(operation: Callable[[Decimal, Decimal], Decimal], first: Decimal, values: tuple[Value, ...]) -> float:
    for value in values:
        first = operation(first, _decimal(value))
    return float(first) + 0.0  # no negative zero


@function("addf", "...any")
def _addf(*values: Value) -> float:
    return _chained(_DECIMALS.add, Decimal(0), values)


@function("add1f", "any")
def _add1f(value: Value) -> float:
    return _chained(_DECIMALS.add, _decimal(value), (1,))


@function("subf", "any", "...any")
def _subf(value: Value, *values: Value) -> float:
    return _chained(_DECIMALS.subtract, _decimal(value), values)


@function("mulf", "any", "...any")
def _mulf(value: Value, *values: Value) -> float:
    return _chained(_DECIMALS.multiply, _decimal(value), values)


@function("divf", "any", "...any")
def _divf(value: Value, *values: Value) -> float:
    return _chained(_divided, _decimal(value), values)


def _divided(one: Decimal, other: Decimal) -> Decimal:
    """To sixteen places, half away from zero (shopspring/decimal)."""
    if not other:
        raise Refused("decimal division by 0")
    return _DECIMALS.divide(one, other).quantize(Decimal("1e-16"), ROUND_HALF_UP, _DECIMALS)


@function("randInt", "int", "int")
def _rand_int(least: int, most: int) -> int:
    """Not random: two renderings are to be compared."""
    if most <= least:
        raise Refused("invalid argument to Intn")
    return least
