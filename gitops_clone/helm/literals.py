"""Go's literals: strings, characters and numbers as a template writes them."""

from __future__ import annotations

import re
from math import isfinite

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.syntax import Number

_LONGEST = 100  # digits of a number, far more than fit
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.|\Z)", re.S
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_INTEGER = re.compile(
    r"([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)\Z"
)
_FLOAT = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?\Z")
_HEX_FLOAT = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]++(?:\.[0-9a-fA-F]*+)?|\.[0-9a-fA-F]++)[pP][+-]?[0-9]++\Z")


def string(literal: str) -> str:
    """The value of a quoted or raw string literal. Raises `ValueError`."""
    if literal.startswith("`"):
        return literal[1:-1].replace("\r", "")
    return _unescape(literal[1:-1], other="'")


def _unescape(text: str, other: str) -> str:
    """Escapes undone. `other` is the quote that may not be escaped."""
    if "\\" not in text:
        return text
    octets = False

    def replace(match: re.Match[str]) -> str:
        nonlocal octets
        simple, octal, two, four, eight = match.groups()
        if simple is not None and simple != other:
            return _SIMPLE[simple]
        if octal is not None or two is not None:
            value = int(octal, 8) if octal is not None else int(two, 16)
            if value > 255:
                raise ValueError("invalid syntax")
            octets = octets or value > 127
            return chr(value) if value < 128 else chr(0xDC00 + value)
        if four is not None or eight is not None:
            value = int(four or eight, 16)
            if 0xD800 <= value < 0xE000 or value > 0x10FFFF:
                raise ValueError("invalid syntax")
            return chr(value)
        raise ValueError("invalid syntax")

    done = _ESCAPE.sub(replace, text)
    # Octets of escapes may make up a character together.
    return done.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") if octets else done


def character(literal: str) -> Number:
    """The number that a character constant is. Raises `ValueError`."""
    text = literal[1:-1]
    value = _unescape(text, other='"')
    if len(value) != 1 or text == "'":
        raise ValueError(f"malformed character constant: {literal}")
    code = ord(value)
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return Number(literal, code, float(code), is_char=True)


def number(literal: str) -> Number:
    """A number constant: an integer where it is one, also when written as a float. Raises `ValueError`.

    Raises `Unsupported` for imaginary numbers, which no chart has.
    """
    if literal.endswith("i"):
        raise Unsupported("imaginary numbers")
    if match := _INTEGER.match(literal):
        sign, digits = match.groups()
        if len(digits) > _LONGEST:
            raise ValueError(f"integer overflow: {digits[:20]}...")
        base = 8 if digits[:1] == "0" and digits[1:2] in tuple("01234567_") and len(digits) > 1 else 0
        value = int(digits, base) * (-1 if sign == "-" else 1)
        if not -(2**63) <= value < 2**64:
            raise ValueError(f"integer overflow: {literal!r}")
        return Number(literal, value, float(value))
    real = _real(literal)
    integer = int(real) if real.is_integer() and abs(real) < 2**63 else None
    return Number(literal, integer, real)


def _real(literal: str) -> float:
    """A float, decimal or hexadecimal (`0x1p10`)."""
    try:
        if _HEX_FLOAT.match(literal):
            return float.fromhex(literal)
        if _FLOAT.match(literal) and any(mark in literal for mark in ".eE") and isfinite(float(literal)):
            return float(literal)
    except OverflowError:
        pass
    raise ValueError(f"illegal number syntax: {literal[:40]!r}")
