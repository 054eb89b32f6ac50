"""How a report may look on the stream it goes to: colours, width, who reads along."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import click

DEFAULT_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Style:
    """`terminal`: a person's terminal obeys control characters. `github`: a GitHub runner obeys `::commands::`."""

    colour: bool = False
    terminal: bool = False
    github: bool = False
    width: int = DEFAULT_WIDTH

    def good(self, text: str) -> str:
        return self._paint(text, fg="green")

    def warn(self, text: str) -> str:
        return self._paint(text, fg="yellow")

    def bad(self, text: str) -> str:
        return self._paint(text, fg="red", bold=True)

    def strong(self, text: str) -> str:
        return self._paint(text, bold=True)

    def faint(self, text: str) -> str:
        return self._paint(text, dim=True)

    def removed(self, text: str, *, changed: bool = False) -> str:
        return self._paint(text, fg="red", reverse=changed or None)

    def added(self, text: str, *, changed: bool = False) -> str:
        return self._paint(text, fg="green", reverse=changed or None)

    def hunk(self, text: str) -> str:
        return self._paint(text, fg="cyan")

    def _paint(self, text: str, **attributes: Any) -> str:
        return click.style(text, **attributes) if self.colour and text else text


def choose(when: str, stream: TextIO, environ: Mapping[str, str]) -> Style:
    """The style for a stream. `when` is the value of `--color`: `auto`, `always` or `never`.

    `auto` means colours on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb.
    """
    terminal = stream.isatty()
    plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
    return Style(
        colour=when == "always" or (when == "auto" and terminal and not plain),
        terminal=terminal,
        github=environ.get("GITHUB_ACTIONS") == "true",
        width=_columns(stream) if terminal else DEFAULT_WIDTH,
    )


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except OSError:  # a terminal that does not tell its size
        return DEFAULT_WIDTH
