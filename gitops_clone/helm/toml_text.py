"""toToml and fromToml."""

from __future__ import annotations

import tomllib

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import Int64, Value


def dump(value: Value) -> str:
    raise Unsupported("the function toToml")


def load(text: str) -> dict[str, Value]:
    """A TOML text; a dictionary with an error in it for what is none, as Helm gives it."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {"Error": str(error)}
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
