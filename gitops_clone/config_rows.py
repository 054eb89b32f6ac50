"""Rows of the catalogue that a user adds: what a table `[[catalogue]]` of the configuration may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import cast

from gitops_clone.config import nearest
from gitops_clone.finders.catalogue import Form, RawRow, Role, Row, parse_part, parse_row
from gitops_clone.finders.path import parse_path

_GROUP = re.compile(r"(?:\*|[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST = 500
# A user's rows are looked through for each object of a kind.
_MOST = 1000


class WrongRow(ValueError):
    """A row is none; `number` counts from zero, `key` is where it is wrong, or none of it."""

    def __init__(self, number: int, key: str | None, reason: str) -> None:
        super().__init__(f"{key}: {reason}" if key else reason)
        self.number = number
        self.key = key


def rows(tables: object) -> tuple[Row, ...]:
    """The rows of the tables, as TOML has them. Raises `WrongRow`."""
    if not isinstance(tables, list) or len(tables) > _MOST:
        raise WrongRow(0, None, f"must be tables [[catalogue]], {_MOST} at most")
    found: list[Row] = []
    for number, table in enumerate(tables):
        row = _row(number, table)
        if any((row.group, row.kind, row.name, row.path) == (o.group, o.kind, o.name, o.path) for o in found):
            raise WrongRow(number, "path", "the same place as in a row before")
        found.append(row)
    return tuple(found)


def _row(number: int, table: object) -> Row:
    if not isinstance(table, dict):
        raise WrongRow(number, None, "must be a table [[catalogue]]")
    for key, value in table.items():
        if key not in _CHECKS:
            raise WrongRow(number, key, f"unknown key; {nearest(key, _CHECKS)}")
        try:
            _CHECKS[key](value)
        except ValueError as error:
            raise WrongRow(number, key, str(error)) from None
    missing = next((key for key in ("kind", "path", "form") if key not in table), None)
    if missing:
        raise WrongRow(number, None, f"{missing} is missing")
    for form, key in ((Form.SPLIT, "parts"), (Form.URL, "schemes")):
        if (table["form"] == form) != (key in table):
            reason = f"{key} is missing" if table["form"] == form else f"{key} is for the form {form} only"
            raise WrongRow(number, "form", reason)
    return parse_row(cast(RawRow, {"group": "*", **table}))


def _text(value: object) -> None:
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"must be a text of {_LONGEST} characters at most")


def _matching(pattern: re.Pattern[str], meaning: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"must be {meaning}")

    return check


def _path(value: object) -> None:
    _text(value)
    parse_path(str(value))


def _one_of(words: Iterable[str]) -> Callable[[object], None]:
    def check(value: object) -> None:
        if value not in tuple(words):
            raise ValueError(f"unknown word; {nearest(str(value), map(str, words))}")

    return check


def _when(value: object) -> None:
    if not isinstance(value, dict) or not value or not all(isinstance(glob, str) for glob in value.values()):
        raise ValueError("must be a table of keys and globs")


def _parts(value: object) -> None:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a table of roles and paths")
    for role, paths in value.items():
        _one_of(Role)(role)
        for path in paths if isinstance(paths, list) else [paths]:
            _text(path)
            parse_part(path)


def _schemes(value: object) -> None:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise ValueError("must be a list of texts")


_CHECKS: dict[str, Callable[[object], None]] = {
    "group": _matching(_GROUP, "an API group without version, or *"),
    "kind": _matching(_KIND, "a kind, or container or metadata"),
    "name": _text,
    "path": _path,
    "form": _one_of(Form),
    "parts": _parts,
    "schemes": _schemes,
    "example": _text,
    "when": _when,
    "note": _text,
}
