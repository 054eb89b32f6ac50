"""Record the demo: docs/demo.cast (asciicast v2) and docs/demo.svg (its last screen, for the README).

Needs `make install` and `pip install -e '.[record]'`; run as `python -m scripts.record_demo`.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import struct
import sys
import termios
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

DOCS = Path(__file__).resolve().parent.parent / "docs"
COLUMNS, ROWS = 124, 60
TITLE = "gitops-clone: make demo"
# What the demo is recorded as, and what is typed for it.
COMMAND = [sys.executable, "-m", "scripts.demo", "--pause", "2"]
PROMPT = "$ make demo\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=DOCS, help="where demo.cast and demo.svg go")
    folder: Path = parser.parse_args().folder
    events = [(0.0, PROMPT), *record(COMMAND)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.cast").write_text(to_cast(events), encoding="utf-8")
    (folder / "demo.svg").write_text(to_svg(text for _, text in events), encoding="utf-8")


def record(command: list[str]) -> Iterator[tuple[float, str]]:
    """Run a command in a terminal of its own: what it writes, with the seconds since its start."""
    began = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execvp(command[0], command)
    pending = b""
    while chunk := _read(terminal):
        pending += chunk
        whole = pending.decode("utf-8", "ignore")  # a character cut in two waits for its rest
        pending = pending[len(whole.encode()) :]
        yield time.monotonic() - began, whole
        sys.stdout.write(whole)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"record_demo: the demo failed with exit code {os.waitstatus_to_exitcode(status)}")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says EIO when the child has closed its end
        return b""


def to_cast(events: Iterable[tuple[float, str]]) -> str:
    """The asciicast v2 file (docs.asciinema.org/manual/asciicast/v2): a header line, then a line for each output."""
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "idle_time_limit": 3, "title": TITLE}
    lines = [header, *([round(at, 3), "o", text] for at, text in events)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def to_svg(output: Iterable[str]) -> str:
    """The last screen, as an SVG picture."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    for text in output:
        stream.feed(text)
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115 (lives as long as we)
    for row in range(ROWS):
        cells = [screen.buffer[row][column] for column in range(COLUMNS)]
        line = Text()
        for style, run in groupby(cells, _style):
            line.append("".join(cell.data for cell in run), style)
        line.rstrip()
        console.print(line, no_wrap=True)
    return console.export_svg(title=TITLE)


def _style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, italic=cell.italics, reverse=cell.reverse
    )


def _colour(name: str) -> str | None:
    """pyte's name of a colour as rich's."""
    if name == "default":
        return None
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name):
        return f"#{name}"
    bright = name.startswith("bright")
    plain = {"brown": "yellow"}.get(name.removeprefix("bright"), name.removeprefix("bright"))
    return f"bright_{plain}" if bright else plain


if __name__ == "__main__":
    main()
