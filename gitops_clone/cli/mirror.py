"""gitops-clone mirror"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("mirror")
@options.paths
@options.update
@options.recheck
@options.output_format("text", "json", "sarif", "github", "markdown")
@options.certainty
@options.charts
@options.repository
@options.copying
def command(paths: tuple[Path, ...], update: bool, recheck: bool, form: str, **settings: Any) -> int:
    """Copy every image to the backup registry and lock it; leave the manifests alone."""
    from gitops_clone.repo.write import exclusive_run
    from gitops_clone.report import progress
    from gitops_clone.rewrite import mirror

    workspace = options.workspace(paths, settings)
    display = progress.choose(sys.stderr, options.style(settings, err=True))
    with exclusive_run(workspace.root.path, options.waiting):
        result = mirror(workspace, display, update=update, recheck=recheck)
    return options.finish(result, form, settings)
