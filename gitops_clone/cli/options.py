"""The options that commands share, and what is made of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from gitops_clone.cli import reports
from gitops_clone.config import FORGES
from gitops_clone.finding import Certainty
from gitops_clone.report.style import Style, choose
from gitops_clone.result import Result
from gitops_clone.workspace import Workspace, open_workspace

Command = TypeVar("Command", bound=Callable[..., Any])

paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
dry_run = click.option("-n", "--dry-run", is_flag=True, help="Print the diff; copy and write nothing.")
update = click.option("--update", is_flag=True, help="Copy tags again that have moved upstream.")
recheck = click.option("--recheck", is_flag=True, help="Ask the backup registry also for what is locked.")

_REPOSITORY = (
    click.option("--backup-registry", metavar="HOST[/PATH]", help="What the cluster pulls from.  [localhost:5001]"),
    click.option("--push-registry", metavar="HOST[/PATH]", help="The backup registry as this machine reaches it."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave files alone; may be repeated."),
    click.option("--ignore", multiple=True, metavar="GLOB", help="Leave images alone; may be repeated."),
    click.option(
        "--ignore-namespace",
        multiple=True,
        metavar="NAME",
        help="Leave objects of a namespace alone.  [kube-system, registry, local-path-storage]",
    ),
    click.option("--own", multiple=True, metavar="GLOB", help="Images of your own on the backup registry."),
)
_COPYING = (
    click.option("--platform", metavar="OS/ARCH", help="Copy one platform instead of all."),
    click.option("--jobs", type=int, help="Copies at once.  [8]"),
    click.option("--jobs-per-registry", type=int, help="Copies at once from one upstream registry.  [4]"),
    click.option("--timeout", metavar="TIME", help="Time limit for an image.  [15m]"),
    click.option("--retries", type=int, help="Retries after a passing fault.  [3]"),
    click.option("--insecure-registry", multiple=True, metavar="HOST", help="May speak plain HTTP; may be repeated."),
    click.option("--authfile", metavar="FILE", help="Registry credentials, as skopeo takes them."),
)
_DELIVERY = (
    click.option("--remote", metavar="NAME", help="Where to push.  [that of the branch, or origin]"),
    click.option("--base", metavar="BRANCH", help="What to merge into.  [the remote's default branch]"),
    click.option("--branch", metavar="BRANCH", help="Branch of the pull request.  [gitops-clone/relocate]"),
    click.option("--title", metavar="TEXT", help="Title of the pull request."),
    click.option("--commit-message", metavar="TEXT", help="First line of the commit message."),
    click.option("--labels", multiple=True, metavar="NAME,…", help="Labels of the pull request."),
    click.option("--reviewers", multiple=True, metavar="NAME,…", help="Whom to ask for a review."),
    click.option("--draft/--no-draft", default=None, help="Open the pull request as a draft."),
    click.option("--forge", type=click.Choice(FORGES), help="Kind of forge.  [from the remote]"),
    click.option("--forge-url", metavar="URL", help="Web address of the forge.  [from the remote]"),
)
_OUTPUT = (
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour.  [auto]"),
    click.option("-v", "--verbose", is_flag=True, help="List every place."),
)


def pin(command: Command) -> Command:
    """The option of what is written."""
    choices = click.Choice(["never", "digest", "always"])
    return click.option("--pin", type=choices, help="Write digests: never, kept, always.  [never]")(command)


def certainty(command: Command) -> Command:
    """The option of how sure an image must be to be taken."""
    choices = click.Choice([each.value for each in Certainty])
    return click.option("--certainty", type=choices, help="How sure an image must be.  [certain]")(command)


def charts(command: Command) -> Command:
    """The option that takes charts and other artifacts in registries, too."""
    told = "Also charts and other artifacts in registries.  [no]"
    return click.option("--charts/--no-charts", default=None, help=told)(command)


def repository(command: Command) -> Command:
    """Options of every command: which files, which registry, what to leave alone, how to print."""
    return _apply(command, (*_REPOSITORY, *_OUTPUT))


def copying(command: Command) -> Command:
    """Options of the commands that talk to registries."""
    return _apply(command, _COPYING)


def delivery(command: Command) -> Command:
    """Options of branches and pull requests."""
    return _apply(command, _DELIVERY)


def output_format(*formats: str) -> Callable[[Command], Command]:
    """The options of the reports: `--format`, `--output`, `--report`."""
    return lambda command: _apply(command, reports.options(formats))


def workspace(locations: Sequence[Path], options: Mapping[str, object], *, list_paths: bool = True) -> Workspace:
    """The workspace that paths and options describe."""
    return open_workspace(locations, os.environ, options, list_paths=list_paths)


def style(options: Mapping[str, object], *, err: bool = False) -> Style:
    """How to print on standard output, or on standard error."""
    return choose(str(options["color"]), sys.stderr if err else sys.stdout, os.environ)


def say(text: str) -> None:
    """Say something beside the report."""
    click.echo(f"gitops-clone: {text}", err=True)


def waiting() -> None:
    """Says why nothing happens yet."""
    say("another run is at work here; waiting for it")


def finish(result: Result, form: str, options: Mapping[str, object]) -> int:
    """Print the report, write those that go to files; return the exit code."""
    try:
        printed = reports.printed(form, options)
        _report(result, "tree" if printed == "text" and options.get("tree") else printed, options)
        sys.stdout.flush()
    except OSError as error:
        # Keep Python from complaining again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # that is a reader who has seen enough
            from gitops_clone.errors import UsageError

            raise UsageError(f"the report cannot be written: {error.strerror}") from error
    for name, path in reports.files(form, options):
        reports.write(result, name, path, verbose=bool(options["verbose"]))
    return _complain(result)


def _report(result: Result, form: str, options: Mapping[str, object]) -> None:
    """Of a dry run, the diff goes to standard output and the rest beside it."""
    if form != "text":
        from gitops_clone.report.formats import render

        sys.stdout.writelines(render(result, form, style(options), verbose=bool(options["verbose"])))
    else:
        from gitops_clone.report import text

        if result.dry_run:
            from gitops_clone.report import diff

            sys.stdout.write(diff.render(result.files, style(options)))  # to the byte: `git apply` may read it
        paint = style(options, err=result.dry_run)
        report = text.render(result, paint, verbose=bool(options["verbose"]))
        click.echo(report, nl=False, err=result.dry_run, color=paint.colour)


def _complain(result: Result) -> int:
    """One line on standard error for each file that made the exit code 2; the text report shows them too."""
    for item in result.skipped:
        if item.fatal:
            from gitops_clone.report.visible import visible

            line = f":{item.line}" if item.line else ""
            click.echo(f"gitops-clone: {visible(item.file)}{line}: {visible(item.reason)}", err=True)
    return result.exit_code


def _apply(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
