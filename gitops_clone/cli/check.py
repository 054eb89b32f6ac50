"""gitops-clone check"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("check")
@options.paths
@click.option("--strict", is_flag=True, help="Fail also for what is ignored, unresolved or your own.")
@options.output_format("text", "json", "sarif", "github", "markdown")
@options.certainty
@options.charts
@options.repository
def command(paths: tuple[Path, ...], strict: bool, form: str, **settings: Any) -> int:
    """Fail if an image is not backed up. Offline, quick: for pre-commit and pull requests."""
    from gitops_clone.check import check

    return options.finish(check(options.workspace(paths, settings), strict=strict), form, settings)
