"""gitops-clone rewrite"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options
from gitops_clone.errors import UsageError


@click.command("rewrite")
@options.paths
@options.dry_run
@click.option("--commit", is_flag=True, help="Commit just these edits and the lock file.")
@click.option("--push", is_flag=True, help="Commit, and push the current branch.")
@click.option("--pull-request", is_flag=True, help="Work on a branch of its own, and open or update its pull request.")
@click.option("--no-mirror", is_flag=True, help="Copy nothing: the registry fills itself.")
@click.option("--with-kustomizations", is_flag=True, help="Take in the kustomizations that reach the given files.")
@click.option("--render", is_flag=True, help="Take in what only rendering shows: charts from elsewhere, remote bases.")
@options.update
@options.recheck
@options.pin
@options.output_format("text", "json", "jsonpatch", "sarif", "github", "markdown")
@options.certainty
@options.charts
@options.repository
@options.copying
@options.delivery
def command(paths: tuple[Path, ...], form: str, **settings: Any) -> int:
    """Copy every image that is missing to the backup registry, then rewrite the references."""
    from gitops_clone.repo.write import exclusive_run
    from gitops_clone.report import progress
    from gitops_clone.rewrite import RewriteOptions, rewrite

    push, pull_request = settings.pop("push"), settings.pop("pull_request")
    if push and pull_request:
        raise UsageError("--push is for the current branch, --pull-request for one of its own: give one of them")
    names = ("dry_run", "no_mirror", "update", "recheck", "commit", "with_kustomizations", "render")
    flags = RewriteOptions(**{name: settings.pop(name) for name in names})
    deliver = (push or pull_request) and not flags.dry_run
    workspace = options.workspace(paths, settings, list_paths=not (deliver and pull_request))
    display = progress.choose(sys.stderr, options.style(settings, err=True))
    alone = nullcontext() if flags.dry_run else exclusive_run(workspace.root.path, options.waiting)
    with alone:
        if deliver:
            from gitops_clone import delivery

            job = delivery.Job(workspace, paths, flags, display, os.environ, options.say)
            result = delivery.push(job) if push else delivery.pull_request(job)
        else:
            result = rewrite(workspace, display, flags)
    return options.finish(result, form, settings)
