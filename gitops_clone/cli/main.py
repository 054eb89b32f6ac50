"""The command line: which commands there are, and how an error becomes one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

import click

from gitops_clone import __version__
from gitops_clone.errors import GitopsCloneError

_COMMANDS = ("scan", "explain", "gaps", "rewrite", "mirror", "check", "verify", "status", "restore", "renovate")


class _Commands(click.Group):
    """Imports a command's module when the command is run, or its help shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"gitops_clone.cli.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gitops-clone")
def cli() -> None:
    """Back up the container images that a GitOps repository references, and relocate the references.

    \b
    Exit codes: 0 done; 1 check, verify or status found something; 2 wrong usage or configuration, or a file
    that cannot be read, parsed or proved; 3 some images could not be copied, the rest was done.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    _open_closed_streams()
    gc.set_threshold(10_000, 10, 10)  # trees of YAML come and go by the thousands: to look for cycles often finds none
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may hold what the terminal cannot show
    try:
        code = cli.main(args=arguments, prog_name="gitops-clone", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except GitopsCloneError as error:
        click.echo(f"gitops-clone: {error}", err=True)
        code = error.exit_code
    except MemoryError:
        click.echo("gitops-clone: out of memory; every file is as before or done: run again on fewer PATHS", err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("gitops-clone: stopped", err=True)
        code = 130
    sys.exit(code)


def _open_closed_streams() -> None:
    """Where the caller closed standard output or error (`>&-`), Python has None in its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
