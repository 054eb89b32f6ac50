"""Progress while images are copied: bars on a terminal, plain lines in a log.

As the protocol has it, calls come from one thread, one at a time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from gitops_clone.mirror.model import AlreadyThere, Copied, CopyJob, Failed, Outcome, Progress
from gitops_clone.report.visible import brief

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from gitops_clone.report.style import Style


def choose(stream: TextIO, style: Style) -> Progress:
    """Bars if the stream is a terminal that can move its cursor, else lines."""
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return TerminalProgress(stream, style)
    return LineProgress(stream, style)


class LineProgress:
    """A line for each image that is done, and for each retry: `[ 3/40] copied IMAGE (1.2 s)`."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream = stream
        self._style = style
        self._total = 0
        self._done = 0

    def start(self, total: int) -> None:
        self._total = total

    def begin(self, job: CopyJob) -> None:
        """A log tells what is done."""

    def retry(self, job: CopyJob, attempt: int, delay: float, reason: str) -> None:
        indent = " " * len(self._counter())
        self._write(f"{indent} {_retry_line(job, attempt, delay, reason, self._style)}")

    def done(self, outcome: Outcome) -> None:
        self._done += 1
        self._write(f"{self._counter()} {_outcome_line(outcome, self._style)}")

    def close(self) -> None:
        """Every line is written when it is known."""

    def _counter(self) -> str:
        return f"[{self._done:>{len(str(self._total))}}/{self._total}]"

    def _write(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()


class TerminalProgress:
    """A bar over all images, below it a line for each that is under way; copies and failures stay on the screen."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream = stream
        self._style = style
        self._bars: Bars | None = None
        self._overall: TaskID | None = None
        self._total = 0
        self._done = 0
        self._lines: dict[CopyJob, TaskID] = {}

    def start(self, total: int) -> None:
        if not total:
            return
        self._total = total
        self._bars = _bars(self._stream, self._style)
        self._overall = self._bars.add_task(_tally(0, total), total=total)
        self._bars.start()

    def begin(self, job: CopyJob) -> None:
        if self._bars is not None:
            self._lines[job] = self._bars.add_task(brief(str(job.upstream)), total=None)

    def retry(self, job: CopyJob, attempt: int, delay: float, reason: str) -> None:
        self._print(_retry_line(job, attempt, delay, reason, self._style))

    def done(self, outcome: Outcome) -> None:
        if self._bars is None or self._overall is None:
            return
        line = self._lines.pop(outcome.job, None)
        if line is not None:
            self._bars.remove_task(line)
        self._done += 1
        self._bars.update(self._overall, completed=self._done, description=_tally(self._done, self._total))
        if not isinstance(outcome, AlreadyThere):
            self._print(_outcome_line(outcome, self._style))

    def close(self) -> None:
        """Takes the bars off the screen and gives the cursor back, also after an interruption."""
        if self._bars is not None:
            for line in self._lines.values():
                self._bars.remove_task(line)
            self._lines.clear()
            self._bars.stop()
            self._bars = None

    def _print(self, line: str) -> None:
        if self._bars is not None:
            from rich.text import Text

            self._bars.console.print(Text.from_ansi(line), soft_wrap=True)


def _bars(stream: TextIO, style: Style) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Elapsed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(_duration(task.elapsed or 0.0), style="dim")

    console = Console(file=stream, no_color=not style.colour, highlight=False)
    # The name stands last and takes what is left: a long one is cut and does not push the rest off the line.
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        SpinnerColumn(finished_text=" "),
        BarColumn(bar_width=20, table_column=Column(width=20)),
        Elapsed(table_column=Column(width=len("00 min 00 s"), justify="right", no_wrap=True)),
        TextColumn("{task.description}", markup=False, table_column=rest),
        console=console,
        transient=True,
        expand=True,
        refresh_per_second=8,
    )


def _tally(done: int, total: int) -> str:
    return f"{done} of {total} images"


def _outcome_line(outcome: Outcome, style: Style) -> str:
    image = brief(str(outcome.job.upstream))
    match outcome:
        case Copied():
            return f"{style.good('copied')} {image} ({_duration(outcome.seconds)})"
        case AlreadyThere():
            return f"already there {image}"
        case Failed():
            return f"{style.bad('failed')} {image}: {brief(outcome.reason)}"


def _retry_line(job: CopyJob, attempt: int, delay: float, reason: str, style: Style) -> str:
    image = brief(str(job.upstream))
    return f"{style.warn(f'retry {attempt}')} of {image} in {_duration(delay)}: {brief(reason)}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
