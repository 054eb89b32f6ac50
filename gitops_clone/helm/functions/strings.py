"""sprig's texts. Lengths and places count bytes, as they do in Go."""

from __future__ import annotations

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.formatting import quoted, show
from gitops_clone.helm.frame import LONGEST_TEXT
from gitops_clone.helm.functions.builtin import cut_text
from gitops_clone.helm.functions.convert import text
from gitops_clone.helm.gotypes import StringMap, Strings, Value, size
from gitops_clone.helm.registry import function

# What Go takes for a space: those of Unicode, not the separators FS to US that Python adds.
SPACES = " \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@function("trim", "string")
def _trim(value: str) -> str:
    return value.strip(SPACES)


@function("trimAll trimall", "string", "string")
def _trim_all(characters: str, value: str) -> str:
    return value.strip(characters) if characters else value


@function("trimSuffix", "string", "string")
def _trim_suffix(suffix: str, value: str) -> str:
    return value.removesuffix(suffix)


@function("trimPrefix", "string", "string")
def _trim_prefix(prefix: str, value: str) -> str:
    return value.removeprefix(prefix)


@function("upper", "string")
def _upper(value: str) -> str:
    return value.upper() if value.isascii() else "".join(map(simple_upper, value))


@function("lower", "string")
def _lower(value: str) -> str:
    return value.lower() if value.isascii() else "".join(map(simple_lower, value))


def simple_upper(character: str) -> str:
    """One character to one character, as Go maps them."""
    done = character.upper()
    return done if len(done) == 1 else character


def simple_lower(character: str) -> str:
    done = character.lower()
    return done if len(done) == 1 else "i" if character == "\u0130" else character


@function("swapcase", "string")
def _swapcase(value: str) -> str:
    if not value.isascii():
        raise Unsupported("swapcase of a text that is not ASCII")
    return value.swapcase()


@function("nospace", "string")
def _nospace(value: str) -> str:
    if not value.isascii():
        raise Unsupported("nospace of a text that is not ASCII")
    return "".join(character for character in value if character not in SPACES)


@function("trunc", "int", "string")
def _trunc(count: int, value: str) -> str:
    length = size(value)
    if count < 0:
        return cut_text(value, length + count, None) if length + count > 0 else value
    return cut_text(value, 0, count) if length > count else value


@function("substr", "int", "int", "string")
def _substr(start: int, end: int, value: str) -> str:
    length = size(value)
    if start < 0:
        start = 0
        if end < 0:
            raise Refused(f"runtime error: slice bounds out of range [:{end}]")
    elif end < 0 or end > length:
        end = length
    if end > length or start > end:
        raise Refused(f"runtime error: slice bounds out of range [{start}:{end}] with length {length}")
    return cut_text(value, start, end)


@function("repeat", "int", "string")
def _repeat(count: int, value: str) -> str:
    if count < 0:
        raise Refused("strings: negative Repeat count")
    if count * len(value) > LONGEST_TEXT:
        raise Unsupported("repeat makes a text beyond all bounds")
    return value * count


@function("contains", "string", "string")
def _contains(inner: str, value: str) -> bool:
    return inner in value


@function("hasPrefix", "string", "string")
def _has_prefix(prefix: str, value: str) -> bool:
    return value.startswith(prefix)


@function("hasSuffix", "string", "string")
def _has_suffix(suffix: str, value: str) -> bool:
    return value.endswith(suffix)


@function("quote", "...any")
def _quote(*values: Value) -> str:
    return " ".join(quoted(text(value)) for value in values if value is not None)


@function("squote", "...any")
def _squote(*values: Value) -> str:
    return " ".join(f"'{show(value)}'" for value in values if value is not None)


@function("cat", "...any")
def _cat(*values: Value) -> str:
    return " ".join(show(value) for value in values if value is not None)


@function("indent", "int", "string")
def _indent(spaces: int, value: str) -> str:
    if spaces < 0:
        raise Refused("strings: negative Repeat count")
    if spaces * (value.count("\n") + 1) > LONGEST_TEXT:
        raise Unsupported("indent makes a text beyond all bounds")
    pad = " " * spaces
    return pad + value.replace("\n", "\n" + pad)


@function("nindent", "int", "string")
def _nindent(spaces: int, value: str) -> str:
    return "\n" + _indent(spaces, value)


@function("replace", "string", "string", "string")
def _replace(old: str, new: str, value: str) -> str:
    found = value.count(old) if old else len(value) + 1
    if found * len(new) > LONGEST_TEXT:
        raise Unsupported("replace makes a text beyond all bounds")
    return value.replace(old, new)


@function("plural", "string", "string", "int")
def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@function("split", "string", "string")
def _split(separator: str, value: str) -> StringMap:
    return _numbered(split(value, separator))


@function("splitn", "string", "int", "string")
def _splitn(separator: str, count: int, value: str) -> StringMap:
    return _numbered(split(value, separator, count))


@function("splitList", "string", "string")
def _split_list(separator: str, value: str) -> Strings:
    return Strings(split(value, separator))


def split(value: str, separator: str, count: int = -1) -> list[str]:
    """Go's SplitN: an empty separator gives the characters."""
    if count == 0:
        return []
    if not separator:
        return list(value) if count < 0 or count >= len(value) else [*value[: count - 1], value[count - 1 :]]
    return value.split(separator, -1 if count < 0 else count - 1)


def _numbered(parts: list[str]) -> StringMap:
    return StringMap({f"_{number}": part for number, part in enumerate(parts)})
