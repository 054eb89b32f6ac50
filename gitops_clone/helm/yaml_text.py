"""toYaml: a value as sigs.k8s.io/yaml writes it, character by character (go-yaml 2 with the defaults of libyaml).

Maps are sorted, digits before letters; lists stand at their parent's column; lines break at the first single space
after column 80.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.helm import json_text
from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.formatting import general
from gitops_clone.helm.gotypes import Object, Value, is_nil, octets
from gitops_clone.helm.walk import Budget
from gitops_clone.helm.yaml_keys import NaturalKey
from gitops_clone.helm.yaml_scalars import is_special

_WIDTH = 80
_LONGEST_KEY = 128

# A text that needs no quotes in a block, as far as its characters go. Others are looked at more closely.
_SIMPLE = re.compile(
    r"[A-Za-z0-9_./$()][A-Za-z0-9_./$()+=*&@!%|<>,;\[\]{}\"'`^~?-]*(?: [A-Za-z0-9_./$(][A-Za-z0-9_./$()+=@-]*)*"
)
_PRINTABLE = re.compile("[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")
_INDICATOR = re.compile(r"[#,\[\]{}&*!|>'\"%@`]|[?:-](?=[ \t\r\n]|\Z)")
_INNER = re.compile(r":(?=[ \t\r\n]|\Z)|(?<=[ \t\r\n])#")
_BREAKS = "\r\n"
_SURROGATE = re.compile("[\ud800-\udfff]")
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
_ESCAPES = {
    0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\", 0xA0: "_",
}  # fmt: skip


def dump(value: Value) -> str:
    """A value as YAML, without the last line break. Raises `Refused` for what JSON has not."""
    writer = _Writer()
    writer.node(value, -1, 0, "")
    text = "".join(writer.parts)
    return text.removesuffix("\n")


class _Writer:
    """Writes blocks, line by line."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._budget = Budget()

    def node(self, value: Value, indent: int, column: int, gap: str, depth: int = 0) -> None:
        """A value after its key or dash. `indent` is its parent's, `column` where it begins, `gap` what is first."""
        self._budget.visit(depth)
        if is_nil(value):
            self.parts.append(f"{gap}null\n")
        elif isinstance(value, dict):
            self._mapping(value, indent, column, gap, depth)
        elif isinstance(value, list):
            self._sequence(value, indent, column, gap, depth)
        else:
            inner = max(indent, 0) + 2
            self.parts.append(gap + scalar(value, inner, column + len(gap)) + "\n")

    def _mapping(self, value: dict[str, Value], indent: int, column: int, gap: str, depth: int) -> None:
        if not value:
            self.parts.append(f"{gap}{{}}\n")
            return
        inner = indent + 2 if indent >= 0 else 0
        first = self._open(column, inner, gap)
        for key in sorted(value, key=NaturalKey) if len(value) > 1 else value:
            pad = "" if first else " " * inner
            first = False
            name = _key(key)
            if name is None:
                self._complex_key(key, value[key], inner, pad, depth)
                continue
            self.parts.append(f"{pad}{name}:")
            self._value(value[key], inner, inner + len(name) + 1, depth)

    def _complex_key(self, key: str, value: Value, inner: int, pad: str, depth: int) -> None:
        """A key that is too long or of several lines: «? key» and «: value»."""
        self.parts.append(pad + "?")
        self.node(key, inner, inner + 1, " ", depth + 1)
        self.parts.append(" " * inner + ":")
        self.node(value, inner, inner + 1, " ", depth + 1)

    def _value(self, value: Value, inner: int, column: int, depth: int) -> None:
        """What follows a key: a block begins on the next line, a list at the key's own column."""
        if isinstance(value, list) and value:
            self.parts.append("\n")
            self._budget.visit(depth)
            self._items(value, inner, depth, first=False)
        elif isinstance(value, dict) and value:
            self.parts.append("\n")
            self.node(value, inner, 0, "", depth + 1)
        else:
            self.node(value, inner, column, " ", depth + 1)

    def _sequence(self, value: list[Value], indent: int, column: int, gap: str, depth: int) -> None:
        if not value:
            self.parts.append(f"{gap}[]\n")
            return
        inner = indent + 2 if indent >= 0 else 0
        self._items(value, inner, depth, first=self._open(column, inner, gap))

    def _items(self, value: list[Value], inner: int, depth: int, first: bool) -> None:
        for item in value:
            self.parts.append(("" if first else " " * inner) + "-")
            first = False
            self.node(item, inner, inner + 1, " ", depth + 1)

    def _open(self, column: int, inner: int, gap: str) -> bool:
        """Begin a block: after a dash it goes on in the line. Gives whether the first entry needs no indentation."""
        if gap:
            self.parts.append(gap)
            return True
        return column == inner


def _key(key: str) -> str | None:
    """A key as it stands before its colon, None where it is no simple one."""
    if any(character in key for character in _BREAKS) or len(octets(key)) > _LONGEST_KEY:
        return None
    return scalar(key, 0, 0, is_key=True)


def scalar(value: Value, indent: int, column: int, *, is_key: bool = False) -> str:
    """A scalar as it is written from this column on; lines that follow are indented."""
    if isinstance(value, str):
        return _string(value, indent, column, is_key)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value)) if -(2**63) <= value < 2**64 else general(float(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Object):
        raise Unsupported(f"YAML of a {value.type_name}")
    return "null"


def _float(value: float) -> str:
    """By way of JSON, where a whole number has no point: YAML then reads it as an integer."""
    text = json_text.number(value)
    if value.is_integer() and "e" not in text and -(2**63) <= int(text) < 2**64:
        return str(int(text))
    return general(value)


def _string(text: str, indent: int, column: int, is_key: bool) -> str:
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)  # as JSON has it
    special = is_special(text)
    if not special and column + len(text) <= _WIDTH and _SIMPLE.fullmatch(text):
        return text
    if not text:
        return '""'
    if _OTHER_BREAKS.search(text):
        raise Unsupported("YAML of a text with line breaks of Unicode")
    if "\n" in text and not is_key and _block_allowed(text):
        return _literal(text, indent)
    if special or "\n" in text or not _printable(text):
        return _double_quoted(text, indent, column, is_key)
    if _plain_allowed(text):
        return text if is_key else "".join(_folded(text, indent, column, ends=True))
    doubled = text.replace("'", "''")
    return f"'{doubled}'" if is_key else "'" + "".join(_folded(text, indent, column + 1, quote=True)) + "'"


def _printable(text: str) -> bool:
    return _PRINTABLE.fullmatch(text) is not None


def _plain_allowed(text: str) -> bool:
    if text[0] in " " + _BREAKS or text[-1] in " " + _BREAKS or text.startswith(("---", "...")):
        return False
    return _INDICATOR.match(text) is None and _INNER.search(text, 1) is None


def _block_allowed(text: str) -> bool:
    """Whether a text may be a literal block: no space before a line break or at the end, nothing unprintable."""
    return _printable(text) and " \n" not in text and text[-1] != " "


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    chomp = "-" if text[-1] != "\n" else "+" if len(text) == 1 or text[-2] == "\n" else ""
    pad = " " * indent
    lines = [pad + line if line else "" for line in text.removesuffix("\n").split("\n")]
    # The last line break is written by whoever writes the value.
    return "\n".join([f"|{hint}{chomp}", *lines])


def _folded(text: str, indent: int, column: int, *, ends: bool = False, quote: bool = False) -> Iterator[str]:
    """A text of one line, broken at single spaces beyond the width."""
    spaces = False
    last = len(text) - 1
    for number, character in enumerate(text):
        if character == " ":
            may_break = (
                not spaces and column > _WIDTH and (ends or 0 < number < last) and text[number + 1 : number + 2] != " "
            )
            if may_break:
                yield "\n" + " " * indent
                column = indent
            else:
                yield " "
                column += 1
            spaces = True
            continue
        yield "''" if quote and character == "'" else character
        column += 2 if quote and character == "'" else 1
        spaces = False


def _double_quoted(text: str, indent: int, column: int, is_key: bool) -> str:
    parts = ['"']
    column += 1
    spaces = False
    last = len(text) - 1
    everything = text[0] == "\ufeff"
    for number, character in enumerate(text):
        if character == " " and not everything:
            if not is_key and not spaces and column > _WIDTH and 0 < number < last:
                done = "\n" + " " * indent + ("\\" if text[number + 1] == " " else "")
                column = indent - len(done)
            else:
                done = " "
            spaces = True
        else:
            done = (
                character
                if not everything and character not in '"\\' + _BREAKS and _printable(character)
                else _escape(character)
            )
            spaces = False
        parts.append(done)
        column += len(done)
    return "".join(parts) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    if code in _ESCAPES:
        return "\\" + _ESCAPES[code]
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def dump_pretty(value: Value) -> str:
    """toYamlPretty: go-yaml 3, with lists indented."""
    raise Unsupported("the function toYamlPretty")
