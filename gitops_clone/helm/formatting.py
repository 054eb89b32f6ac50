"""Go's fmt: how values print, and printf's verbs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import NULL, Object, Value, octets, type_name
from gitops_clone.helm.walk import Budget

_LONGEST = 1_000_000  # what Go takes for a width or precision


def show(value: Value) -> str:
    """%v, which `print` and `toString` are made of."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return general(value)
    return _show(value, Budget(), 0)


def _show(value: Value, budget: Budget, depth: int) -> str:
    budget.visit(depth)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_show(value[key], budget, depth + 1)}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_show(item, budget, depth + 1) for item in value) + "]"
    if value is None or value is NULL:
        return "<nil>"
    if isinstance(value, Object):
        return value.show()
    return show(value)


def show_all(values: Sequence[Value]) -> str:
    """Go's Sprint: a space between two that are both no strings."""
    parts: list[str] = []
    for number, value in enumerate(values):
        if number and not isinstance(value, str) and not isinstance(values[number - 1], str):
            parts.append(" ")
        parts.append(show(value))
    return "".join(parts)


def general(value: float, *, exponent_from: int = 6) -> str:
    """%v of a float64: the shortest digits that name it, an exponent from 10^6 on and below 10^-4."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    digits, exponent, sign = shortest(value)
    if exponent < -4 or exponent >= exponent_from:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    return sign + positional(digits, exponent)


def positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def shortest(value: float) -> tuple[str, int, str]:
    """The shortest digits that name a float, the exponent of the first of them, and the sign."""
    text = repr(value)
    sign = "-" if text.startswith("-") else ""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 + int(power or 0)
    if digits:
        exponent -= len(whole + fraction) - len(digits)
        return digits.rstrip("0") or "0", exponent, sign
    return "0", 0, sign


def quoted(text: str) -> str:
    """%q: a Go string literal."""
    if _CLEAN.fullmatch(text):
        return f'"{text}"'
    parts = ['"']
    for character in text:
        if character in _ESCAPES:
            parts.append(_ESCAPES[character])
        elif "\udc80" <= character <= "\udcff":
            parts.append(f"\\x{ord(character) - 0xDC00:02x}")
        elif is_print(character):
            parts.append(character)
        elif character < " " or character == "\x7f":
            parts.append(f"\\x{ord(character):02x}")
        else:
            parts.append(f"\\u{ord(character):04x}" if character < "\U00010000" else f"\\U{ord(character):08x}")
    return "".join(parts) + '"'


def is_print(character: str) -> bool:
    """Go's unicode.IsPrint: of the spaces only the ASCII one."""
    return character == " " or (character.isprintable() and not character.isspace())


_CLEAN = re.compile(r"[ !#-\[\]-~]*")
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_VERB = re.compile(r"%([-+# 0]*)(\*|\d+)?(?:(\.)(\*|\d*))?(?:\[(\d+)\])?(.|\Z)", re.S)


def printf(text: str, values: Sequence[Value]) -> str:
    """Go's Sprintf, for the verbs and flags that charts use. Raises `Unsupported` for the others."""
    parts: list[str] = []
    position = used = 0
    for match in _VERB.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        flags, width, point, precision, index, verb = match.groups()
        if verb == "%":
            parts.append("%")
            continue
        if not verb:
            parts.append("%!(NOVERB)")
            continue
        if index or "*" in (width, precision):
            raise Unsupported("printf with an argument's index or a computed width")
        if int(width or 0) > _LONGEST or int(precision or 0) > _LONGEST:
            raise Unsupported("printf with a width over a million")
        if used >= len(values):
            parts.append(f"%!{verb}(MISSING)")
            continue
        parts.append(_verb(verb, flags, int(width or 0), int(precision or 0) if point else None, values[used]))
        used += 1
    parts.append(text[position:])
    if used < len(values):
        extra = ", ".join("<nil>" if value is None else f"{type_name(value)}={show(value)}" for value in values[used:])
        parts.append(f"%!(EXTRA {extra})")
    return "".join(parts)


def _verb(verb: str, flags: str, width: int, precision: int | None, value: Value) -> str:
    """One value under a verb. Raises `Unsupported` for combinations that no chart has."""
    plain = not flags and not width and precision is None
    if verb == "T":
        return type_name(value) if plain else _unsupported(verb, value)
    if value is None or value is NULL:
        return _pad("<nil>", flags, width) if verb == "v" else f"%!{verb}(<nil>)"
    if isinstance(value, (list, dict)):
        if not plain or verb not in "vs":
            return _unsupported(verb, value)
        return show(value) if verb == "v" else _show_strings(value, Budget(), 0)
    if isinstance(value, Object):
        return _pad(value.show(), flags, width) if verb == "v" else _unsupported(verb, value)
    if not plain and (verb in "cU" or flags.strip("-+ 0")):
        return _unsupported(verb, value)
    # With %v a plus means another thing, which shows in structs only.
    done = _scalar(verb, flags.replace("+", "") if verb == "v" else flags, precision, value)
    if done is None:
        return f"%!{verb}({type_name(value)}={show(value)})" if plain else _unsupported(verb, value)
    if "0" in flags and "-" not in flags and not (isinstance(value, int) and precision is not None):
        return _zeros(done, width, value)
    return _pad(done, flags.replace("0", ""), width)


def _unsupported(verb: str, value: Value) -> NoReturn:
    raise Unsupported(f"printf %{verb} of a {type_name(value)}")


def _scalar(verb: str, flags: str, precision: int | None, value: Value) -> str | None:
    """A scalar under a verb, unpadded; None where the verb is not for it."""
    if isinstance(value, bool):
        return show(value) if verb in "vt" else None
    if isinstance(value, str):
        if verb in "qxX" and flags.strip("-0"):
            return _unsupported(verb, value)
        return _string(verb, precision, value)
    if isinstance(value, int):
        return _integer(verb, flags, precision, int(value))
    return _float(verb, flags, precision, value)


def _string(verb: str, precision: int | None, value: str) -> str | None:
    cut = value if precision is None or verb in "xX" else value[:precision]
    if verb in "vs":
        return cut
    if verb == "q":
        return quoted(cut)
    if verb in "xX":
        data = octets(value) if precision is None else octets(value)[:precision]
        return data.hex() if verb == "x" else data.hex().upper()
    return None


def _integer(verb: str, flags: str, precision: int | None, value: int) -> str | None:
    sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    match verb:
        case "v" | "d":
            digits = str(abs(value))
        case "b":
            digits = f"{abs(value):b}"
        case "o":
            digits = f"{abs(value):o}"
        case "x" | "X":
            digits = f"{abs(value):{verb}}"
        case "c":
            return chr(value) if 0 <= value < 0x110000 and not 0xD800 <= value < 0xE000 else "\ufffd"
        case "q" | "O":
            return _unsupported(verb, value)
        case "U":
            return f"U+{value:04X}"
        case _:
            return None
    return sign + (digits if precision is None else digits.rjust(precision, "0"))


def _float(verb: str, flags: str, precision: int | None, value: float) -> str | None:
    if verb in "bxX":
        return _unsupported(verb, value)
    if verb not in "vgGeEfF":
        return None
    if value != value or value in (float("inf"), float("-inf")):
        done = general(value)
        return done if "+" in flags else done.lstrip("+")
    if verb in "vgG" and precision is None:
        done = general(value)
        done = done.upper() if verb == "G" else done
    elif verb in "vgG":
        done = f"{value:.{precision or 1}{'G' if verb == 'G' else 'g'}}"
    else:
        done = f"{value:.{6 if precision is None else precision}{verb}}"
    if not done.startswith("-"):
        done = ("+" if "+" in flags else " " if " " in flags else "") + done
    return done


def _show_strings(value: Value, budget: Budget, depth: int) -> str:
    """%s of a list or map: what is no string inside shows that it is none."""
    budget.visit(depth)
    if isinstance(value, dict):
        pairs = (f"{key}:{_show_strings(value[key], budget, depth + 1)}" for key in sorted(value))
        return f"map[{' '.join(pairs)}]"
    if isinstance(value, list):
        return f"[{' '.join(_show_strings(item, budget, depth + 1) for item in value)}]"
    return "<nil>" if value is None else _verb("s", "", 0, None, value)


def _pad(text: str, flags: str, width: int) -> str:
    return text.ljust(width) if "-" in flags else text.rjust(width, "0" if "0" in flags else " ")


def _zeros(text: str, width: int, value: Value) -> str:
    if isinstance(value, str):
        return text.rjust(width, "0")
    sign = text[0] if text[:1] in ("-", "+", " ") else ""
    return sign + text[len(sign) :].rjust(width - len(sign), "0")
