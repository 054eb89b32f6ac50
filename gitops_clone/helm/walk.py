"""A bound for walking values: maps that stand in each other many times over would be written without end."""

from __future__ import annotations

from gitops_clone.helm.errors import Unsupported

_MOST = 2_000_000
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
