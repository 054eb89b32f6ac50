"""gitops-clone restore"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("restore")
@options.paths
@options.dry_run
@click.option("--foreign", is_flag=True, help="Restore also places that gitops-clone did not write.")
@options.output_format("text", "json", "jsonpatch", "sarif", "github", "markdown")
@options.repository
def command(paths: tuple[Path, ...], dry_run: bool, foreign: bool, form: str, **settings: Any) -> int:
    """Rewrite back to the upstream references, as they were written. Offline."""
    from gitops_clone.repo.write import exclusive_run
    from gitops_clone.restore import restore

    workspace = options.workspace(paths, settings)
    alone = nullcontext() if dry_run else exclusive_run(workspace.root.path, options.waiting)
    with alone:
        result = restore(workspace, dry_run=dry_run, foreign=foreign)
    return options.finish(result, form, settings)
