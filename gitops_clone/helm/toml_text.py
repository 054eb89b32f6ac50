"""toToml and fromToml: TOML as BurntSushi/toml writes it, sorted, tables after values, each level indented."""

from __future__ import annotations

import re
import tomllib

from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.formatting import general
from gitops_clone.helm.gotypes import Int64, Object, Value
from gitops_clone.helm.walk import Budget

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')


def dump(value: Value) -> str:
    """A map as TOML. What is no TOML gives the complaint, as a text."""
    writer = _Writer()
    try:
        if isinstance(value, dict):
            writer.table((), value, 0)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            raise Refused("toml: top-level values must be Go maps or structs")
        elif value is None:
            raise Unsupported("TOML of nil")
        else:
            writer.parts.append(writer.element(value, 0))
    except Refused as error:
        return error.reason
    return "".join(writer.parts)


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self._budget = Budget()

    def table(self, path: tuple[str, ...], value: dict[str, Value], depth: int) -> None:
        """The entries of a table: values first, then what is a table or a list of tables."""
        self._budget.visit(depth)
        for name in sorted(value, key=lambda key: (_is_table(value[key]), key)):
            item = value[name]
            inner = (*path, name)
            pad = "  " * len(path)
            if item is None:
                continue
            if isinstance(item, dict):
                if not path and self.parts:
                    self.parts.append("\n")
                self.parts.append(f"{pad}[{_path(inner)}]\n")
                self.table(inner, item, depth + 1)
            elif _is_table(item):
                for each in item:
                    self.parts.append(("\n" if self.parts else "") + f"{pad}[[{_path(inner)}]]\n")
                    self.table(inner, each, depth + 1)
            else:
                self.parts.append(f"{pad}{_key(name)} = {self.element(item, depth + 1)}\n")

    def element(self, value: Value, depth: int) -> str:
        """A value that stands in one line."""
        self._budget.visit(depth)
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, list):
            if any(item is None for item in value):
                raise Refused("toml: cannot encode array with nil element")
            return "[" + ", ".join(self.element(item, depth + 1) for item in value) + "]"
        if isinstance(value, Object):
            raise Unsupported(f"TOML of a {value.type_name}")
        return self._inline(value, depth)

    def _inline(self, value: dict[str, Value], depth: int) -> str:
        if any(item is None for item in value.values()):
            raise Unsupported("TOML of a map with nil in a list")
        names = sorted(value, key=lambda key: (_is_table(value[key]), key))
        return "{" + ", ".join(f"{_key(name)} = {self.element(value[name], depth + 1)}" for name in names) + "}"


def _is_table(value: Value) -> bool:
    """A map, or a list of nothing but maps."""
    if isinstance(value, list):
        if any(item is None for item in value):
            raise Refused("toml: cannot encode array with nil element")
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict)


def _path(names: tuple[str, ...]) -> str:
    return ".".join(map(_key, names))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _SHORT.get(match[0], f"\\u{ord(match[0]):04x}"), text) + '"'


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return general(value).lower().removeprefix("+")
    done = general(value)
    return done if "e" in done or "." in done else f"{done}.0"


def load(text: str) -> dict[str, Value]:
    """A TOML text. Raises `Unsupported` for what is none: Helm gives Go's complaint then."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise Unsupported("a text that is no TOML") from None
    return {key: _value(item) for key, item in found.items()}


def _value(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, (bool, str, float)):
        return value
    if isinstance(value, int):
        return Int64(value)
    raise Unsupported("TOML with a date")
