"""gitops-clone rewrite"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("rewrite")
@options.paths
@options.dry_run
@click.option("--commit", is_flag=True, help="Commit just these edits and the lock file.")
@click.option("--no-mirror", is_flag=True, help="Copy nothing: the registry fills itself.")
@options.update
@options.recheck
@options.pin
@options.output_format("text", "json", "jsonpatch", "sarif", "github", "markdown")
@options.repository
@options.copying
def command(paths: tuple[Path, ...], form: str, **settings: Any) -> int:
    """Copy every image that is missing to the backup registry, then rewrite the references."""
    from gitops_clone.repo.write import exclusive_run
    from gitops_clone.report import progress
    from gitops_clone.rewrite import RewriteOptions, rewrite

    flags = RewriteOptions(
        **{name: settings.pop(name) for name in ("dry_run", "no_mirror", "update", "recheck", "commit")}
    )
    workspace = options.workspace(paths, settings)
    display = progress.choose(sys.stderr, options.style(settings, err=True))
    alone = nullcontext() if flags.dry_run else exclusive_run(workspace.root.path, options.waiting)
    with alone:
        result = rewrite(workspace, display, flags)
    return options.finish(result, form, settings)
