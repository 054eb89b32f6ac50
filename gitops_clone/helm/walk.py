"""A bound for walking values: maps that stand in each other many times over would be written without end."""

from __future__ import annotations

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import Value

_MOST = 500_000
_DEEPEST = 200


class Budget:
    """How many nodes a walk may still visit, and how deep it may go."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _MOST

    def visit(self, depth: int) -> None:
        """Raises `Unsupported` beyond the bounds."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise Unsupported("a value is too large or nested too deeply")


def copied(value: Value) -> Value:
    """A deep copy: no map or list in it is shared. Raises `Unsupported` beyond the bounds."""
    return _copied(value, Budget(), 0)


def _copied(value: Value, budget: Budget, depth: int) -> Value:
    kind = type(value)
    if kind is dict:
        budget.visit(depth)
        return {key: _copied(item, budget, depth + 1) for key, item in value.items()}
    if kind is list:
        budget.visit(depth)
        return [_copied(item, budget, depth + 1) for item in value]
    if isinstance(value, (dict, list)):
        budget.visit(depth)
        items = (
            ((key, _copied(item, budget, depth + 1)) for key, item in value.items())
            if isinstance(value, dict)
            else (_copied(item, budget, depth + 1) for item in value)
        )
        return kind(items)
    return value


def deep_equal(one: Value, other: Value) -> bool:
    """Go's reflect.DeepEqual: types count, so that 1 is not 1.0. Raises `Unsupported` beyond the bounds."""
    return _equal(one, other, Budget(), 0)


def _equal(one: Value, other: Value, budget: Budget, depth: int) -> bool:
    if type(one) is not type(other):
        return False
    if not isinstance(one, (dict, list)):
        return bool(one == other)
    budget.visit(depth)
    if len(one) != len(other):
        return False
    if isinstance(one, dict):
        return all(key in other and _equal(value, other[key], budget, depth + 1) for key, value in one.items())
    return all(_equal(first, second, budget, depth + 1) for first, second in zip(one, other, strict=True))
