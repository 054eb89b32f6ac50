"""The options that say which reports go where, and the writing of those that go to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from gitops_clone.result import Result


def options(formats: Sequence[str]) -> Sequence[Callable[[Any], Any]]:
    """`--format`, `--output` and `--report`, for a command that has these formats."""
    names = "|".join(formats)
    return (
        click.option("--format", "form", type=click.Choice(formats), default="text", help="Report.  [text]"),
        click.option(
            "--output",
            metavar="FILE",
            callback=_output,
            help="Where the report goes; the text is printed all the same.",
        ),
        click.option(
            "--report",
            "reports",
            multiple=True,
            metavar="FORMAT=FILE",
            callback=partial(_reports, formats),
            help=f"One more report ({names}); may be repeated.",
        ),
    )


def printed(form: str, given: Mapping[str, Any]) -> str:
    """The format that goes to standard output."""
    return "text" if given.get("output") else form


def files(form: str, given: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """The formats that go to files."""
    output = given.get("output")
    return [*([(form, output)] if output else []), *given.get("reports", ())]


def formats(form: str, given: Mapping[str, Any]) -> set[str]:
    """All formats that are asked for."""
    return {form, *(name for name, _ in given.get("reports", ()))}


def write(result: Result, form: str, path: Path, *, verbose: bool) -> None:
    """Write a report whole or not at all; into what is no regular file (`/dev/stderr`, a pipe), as it comes.

    Raises `WriteError`, whose text is one line.
    """
    from gitops_clone.repo.write import WriteError, printable, replace_file
    from gitops_clone.report.formats import render
    from gitops_clone.report.style import Style

    data = "".join(render(result, form, Style(), verbose=verbose)).encode("utf-8", "backslashreplace")
    if path.is_file() or not path.exists():
        replace_file(path.resolve(), data)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise WriteError(f"{printable(path)}: the report cannot be written: {error.strerror}") from error


def _output(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Path | None:
    return _file(value) if value else None


def _reports(
    known: Sequence[str], _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[tuple[str, Path]]:
    reports = []
    for value in values:
        form, _, file = value.partition("=")
        if form not in known or not file:
            raise click.BadParameter(f"{value!r} is not FORMAT=FILE, FORMAT being one of {', '.join(known)}")
        reports.append((form, _file(file)))
    return reports


def _file(name: str) -> Path:
    """Found out before the run, which may copy for an hour."""
    path = Path(name)
    if path.is_dir():
        raise click.BadParameter(f"{name!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise click.BadParameter(f"the folder of {name!r} does not exist; make it first")
    return path
