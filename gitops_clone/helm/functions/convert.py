"""Values to numbers and texts as sprig converts them (spf13/cast): what cannot be converted is zero, no error."""

from __future__ import annotations

import math
import re

from gitops_clone.helm.formatting import show
from gitops_clone.helm.gotypes import Bytes, Int64, Value, wrapped
from gitops_clone.helm.registry import function

_LONGEST = 100  # digits of a number, far more than fit
_INTEGER = re.compile(
    r"[-+]?(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)"
)
_FLOAT = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")


def text(value: Value) -> str:
    """strval: a text for anything."""
    return value.text if isinstance(value, Bytes) else show(value)


def integer(value: Value) -> Int64:
    """An int64: a float is cut, a text must be an integer, true is 1."""
    if isinstance(value, bool):
        return Int64(value)
    if isinstance(value, int):
        return wrapped(value)
    if isinstance(value, float):
        return _cut(value)
    return _parsed(_without_zeros(value)) if isinstance(value, str) else Int64(0)


def _cut(value: float) -> Int64:
    # What a float beyond int64 becomes is up to the processor: amd64 has one answer for all.
    if not math.isfinite(value) or not -(2.0**63) <= value < 2.0**63:
        return Int64(-(2**63))
    return Int64(int(value))


def _without_zeros(value: str) -> str:
    """A fraction of zeros is none."""
    whole, _, fraction = value.rpartition(".")
    return whole if fraction and not fraction.strip("0") and len(whole) < len(value) - len(fraction) else value


def _parsed(value: str) -> Int64:
    if len(value) > _LONGEST or not _INTEGER.fullmatch(value):
        return Int64(0)
    sign = -1 if value[0] == "-" else 1
    digits = value.lstrip("+-").replace("_", "")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    number = sign * int(digits, 8 if octal else 0)
    return Int64(number) if -(2**63) <= number < 2**63 else Int64(0)


def real(value: Value) -> float:
    """A float64."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str) and _FLOAT.fullmatch(value):
        return float(value)
    return 0.0


@function("toString", "any")
def _to_string(value: Value) -> str:
    return text(value)


@function("int64", "any")
def _int64(value: Value) -> Int64:
    return integer(value)


@function("int", "any")
def _int(value: Value) -> int:
    return int(integer(value))


@function("float64", "any")
def _float64(value: Value) -> float:
    return real(value)


@function("atoi", "string")
def _atoi(value: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]+", value):
        return 0
    # What is too large comes as the largest, beside an error that sprig passes over.
    if len(value) > _LONGEST:
        return -(2**63) if value[0] == "-" else 2**63 - 1
    return max(min(int(value), 2**63 - 1), -(2**63))


@function("toDecimal", "any")
def _to_decimal(value: Value) -> Int64:
    digits = show(value)
    number = int(digits, 8) if re.fullmatch(r"[-+]?[0-7]{1,100}", digits) else 0
    return Int64(number) if -(2**63) <= number < 2**63 else Int64(0)
