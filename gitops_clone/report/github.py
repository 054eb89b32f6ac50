"""Annotations on the lines of a pull request, by GitHub's workflow commands; the whole report folded below them.

The commands and their escapes are those of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.report import diff, text
from gitops_clone.report.headline import headline
from gitops_clone.report.problems import TITLES, Level, Problem, problems
from gitops_clone.report.style import Style
from gitops_clone.report.visible import brief

if TYPE_CHECKING:
    from gitops_clone.result import Result

LIMIT = 10
"""A runner drops what is beyond ten annotations of one level in a step, and says nothing."""


def render(result: Result) -> str:
    """Lines for the standard output of a step, with a newline at the end."""
    found = list(problems(result))
    errors = [_annotation(problem) for problem in found if problem.level is Level.ERROR]
    warnings = [_command(Level.WARNING, {"title": "gitops-clone"}, brief(warning)) for warning in result.warnings]
    warnings += [_annotation(problem) for problem in found if problem.level is Level.WARNING]
    lines = [
        *_shown(Level.ERROR, errors),
        *_shown(Level.WARNING, warnings),
        *(_group("diff", diff.render(result.files, Style(github=True))) if result.dry_run else ()),
        *_group(f"gitops-clone {result.command}: {headline(result)}", text.render(result, Style(), verbose=True)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _group(title: str, text: str) -> list[str]:
    """Lines that the log shows folded; nothing for no text."""
    return [f"::group::{_data(title)}", *text.removesuffix("\n").split("\n"), "::endgroup::"] if text else []


def _shown(level: Level, found: Sequence[str]) -> Iterator[str]:
    """The commands of one level; where the runner would drop some, the last says how many are only in the log."""
    shown = found if len(found) <= LIMIT else found[: LIMIT - 1]
    yield from shown
    if len(shown) < len(found):
        more = len(found) - len(shown)
        yield _command(level, {"title": f"{more} more"}, f"{more} more of this kind are in the log of this step")


def _annotation(problem: Problem) -> str:
    properties = _position(problem) | {"title": TITLES[problem.rule]}
    return _command(problem.level, properties, f"{brief(problem.what)}; {problem.remedy}")


def _position(problem: Problem) -> dict[str, str]:
    line, column, end = problem.line, problem.column, problem.end_column
    # The end is exclusive here, inclusive there; without `endLine`, columns count only on the line of the start.
    known = {"file": problem.file, "line": line, "col": column, "endColumn": end - 1 if end and column else None}
    return {name: str(value) for name, value in known.items() if value is not None}


def _command(level: Level, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level.value} {listed}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
