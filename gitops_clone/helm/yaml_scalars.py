"""What a plain YAML scalar is for go-yaml 2: the YAML 1.1 of sigs.k8s.io/yaml, which Helm reads and writes with."""

from __future__ import annotations

import re

from gitops_clone.helm.gotypes import Value

_WORDS: dict[str, Value] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_LONGEST = 100  # digits of a number, far more than fit
_FIRST = frozenset("+-.0123456789yYnNtTfFoO~")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
# What Go's ParseInt takes with base 0, underscores taken out; 0b with a sign is tried apart, and comes to the same.
_INTEGER = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9][0-9]*)\Z")
_TIME = re.compile(
    r"\d{4}-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)"
    r"| (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?)?\Z"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")


def resolve(text: str) -> Value:
    """The value of a plain scalar: None, a bool, an int, a float, or the text itself. A time is text too."""
    if text and text[0] not in _FIRST:
        # «null» and its like do not begin with a letter of the table, which go-yaml looks up first: N does.
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-0123456789":
        return text if is_time(text) else _number(text)
    if text[0] == ".":
        return _float(text.replace("_", "") if _FLOAT.match(text) is None else text, text)
    return text


def is_special(text: str) -> bool:
    """Whether a text would be something else than a string if it stood plain, so that it must be quoted."""
    if text and text[0] not in _FIRST:
        return False
    return not isinstance(resolve(text), str) or is_time(text) or _BASE_60.match(text) is not None


def _number(text: str) -> Value:
    plain = text.replace("_", "")
    if len(plain) < _LONGEST and (match := _INTEGER.match(plain)):
        sign, digits = match.groups()
        octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
        value = int(digits, 8 if octal else 0) * (-1 if sign == "-" else 1)
        # An unsigned integer may have no sign.
        if -(2**63) <= value < 2**63 or (not sign and value < 2**64):
            return value
    return _float(plain, text)


def _float(plain: str, text: str) -> Value:
    if not _FLOAT.match(plain):
        return text
    value = float(plain)
    return text if value in (float("inf"), float("-inf")) else value


def is_time(text: str) -> bool:
    """Whether go-yaml takes a text for a timestamp."""
    match = _TIME.match(text)
    if not match:
        return False
    month, day, *clock = (int(part or 0) for part in match.groups())
    hours, minutes, seconds = clock[:3] if match[3] else clock[3:]
    return 1 <= month <= 12 and 1 <= day <= 31 and hours < 24 and minutes < 60 and seconds < 60
