"""What can go wrong: a chart that is none, a chart that refuses, and what this engine cannot tell."""

from __future__ import annotations

from collections.abc import Mapping

_LONGEST = 500


class BadChart(ValueError):
    """A folder or archive that Helm would not take for a chart; the message is one line."""

    def __init__(self, reason: str, file: str, line: int | None = None) -> None:
        super().__init__(f"{file}: {reason}")
        self.reason = reason
        self.file = file
        self.line = line


class Refused(ValueError):
    """Helm would refuse to render: the chart's own `fail` or `required`, or an error in a template or in the values.

    The reason is one line, and no longer than one can read. `failing` has the reason of every template that fails, by
    name, where all were tried.
    """

    def __init__(self, reason: str, template: str = "", line: int | None = None) -> None:
        self.reason = " ".join(reason.split())[:_LONGEST]
        super().__init__(self.reason)
        self.template = template
        self.line = line
        self.failing: Mapping[str, str] = {}

    def at(self, template: str, line: int) -> Refused:
        """The same with a place, unless it has one already: the innermost counts."""
        if not self.template:
            self.template, self.line = template, line
        return self


class Unsupported(Exception):
    """It cannot be told what Helm would do: something is not implemented here, or a bound was met."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
