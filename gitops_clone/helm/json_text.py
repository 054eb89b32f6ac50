"""JSON as Go's encoding/json writes and reads it."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import NoReturn

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.formatting import general, positional, shortest
from gitops_clone.helm.gotypes import Value, is_nil, type_name
from gitops_clone.helm.walk import Budget

_HTML = re.compile("[<>&\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def dump(value: Value, *, html: bool = True, indent: str = "") -> str:
    """Compact JSON with sorted keys; `indent` as json.MarshalIndent's. Raises `Refused` for what JSON has not."""
    return _Writer(html, indent).text(value, 0)


class _Writer:
    def __init__(self, html: bool, indent: str) -> None:
        self._html = html
        self._indent = indent
        self._budget = Budget()

    def text(self, value: Value, depth: int) -> str:
        self._budget.visit(depth)
        if isinstance(value, str):
            return string(value, html=self._html)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, float):
            return number(value)
        if is_nil(value):
            return "null"
        if isinstance(value, dict):
            colon = ": " if self._indent else ":"
            items = [
                f"{string(key, html=self._html)}{colon}{self.text(value[key], depth + 1)}" for key in sorted(value)
            ]
            return self._around("{", items, "}", depth)
        if isinstance(value, list):
            return self._around("[", [self.text(item, depth + 1) for item in value], "]", depth)
        raise Unsupported(f"JSON of a {type_name(value)}")

    def _around(self, start: str, items: list[str], end: str, depth: int) -> str:
        if not self._indent or not items:
            return start + ",".join(items) + end
        inner, outer = "\n" + self._indent * (depth + 1), "\n" + self._indent * depth
        return start + inner + ("," + inner).join(items) + outer + end


def string(text: str, *, html: bool = True) -> str:
    done = encode_basestring(text)
    if not done.isascii():
        done = _SURROGATE.sub(r"\\ufffd", done)
    if html:
        return _HTML.sub(lambda match: f"\\u{ord(match[0]):04x}", done)
    return done.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def number(value: float) -> str:
    """As ECMAScript prints it: an exponent from 10^21 on and below 10^-6."""
    if value != value or value in (float("inf"), float("-inf")):
        raise Refused(f"json: unsupported value: {general(value)}")
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    digits, exponent, sign = shortest(value)
    if -7 < exponent < 21:
        return sign + positional(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent)}"


def load(text: str) -> Value:
    """A JSON text; every number is a float64. Raises `ValueError` with Go's words, `Unsupported` without them."""
    try:
        found = json.loads(text, parse_int=_real, parse_float=_real, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(_complaint(text, error)) from None
    except RecursionError:
        raise Unsupported("JSON that is nested too deeply") from None
    if "\\u" in text and _SURROGATE.search(str(found)):
        raise Unsupported("JSON with half a character")
    return found


def _complaint(text: str, error: json.JSONDecodeError) -> str:
    where = _WHERE.get(error.msg)
    if where is None or text[error.pos : error.pos + 1] == "-":
        raise Unsupported("a text that is no JSON")
    if error.pos >= len(text):
        return "unexpected end of JSON input"
    return f"invalid character {text[error.pos]!r} {where}"


_WHERE = {
    "Expecting value": "looking for beginning of value",
    "Extra data": "after top-level value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
}


def _real(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"invalid character {text[0]!r} looking for beginning of value")
