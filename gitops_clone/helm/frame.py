"""What a running template stands in: its variables, its output, and the bounds of the whole run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.gotypes import Value

if TYPE_CHECKING:
    from gitops_clone.helm.evaluate import Template

LONGEST_TEXT = 20_000_000
LONGEST_LIST = 1_000_000


class Run:
    """One rendering: when it must end, and how much it has written."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._left = LONGEST_TEXT

    def tick(self) -> None:
        """Called at each turn of a loop and each call of a template. Raises `Unsupported` when time is over."""
        if time.monotonic() > self._deadline:
            raise Unsupported(f"takes longer than {self._seconds:g} s to render")

    def spend(self, characters: int) -> None:
        """Count text that was written. Raises `Unsupported` beyond all bounds."""
        self._left -= characters
        if self._left < 0:
            raise Unsupported(f"renders more than {LONGEST_TEXT // 1_000_000} MB")


class Frame:
    """One call of a template. `templates` are those that it can call by name; a `tpl` may add to them."""

    __slots__ = ("emit", "run", "slots", "templates")

    def __init__(
        self, run: Run, templates: Mapping[str, Template], slots: list[Value], emit: Callable[[str], object]
    ) -> None:
        self.run = run
        self.templates = templates
        self.slots = slots
        self.emit = emit


def call(template: Template, frame: Frame, dot: Value) -> str:
    """What a template writes, called from a frame."""
    frame.run.tick()
    parts: list[str] = []
    slots = [None] * template.slots
    slots[0] = dot
    template.run(Frame(frame.run, frame.templates, slots, parts.append), dot)
    text = "".join(parts)
    frame.run.spend(len(text))
    return text
