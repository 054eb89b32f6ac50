"""gitops-clone gaps"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("gaps")
@options.paths
@click.option("--strict", is_flag=True, help="Exit with 1 if there are any.")
@click.option(
    "--anonymous-pull/--no-anonymous-pull",
    default=None,
    help="The cluster pulls from the backup registry without credentials.",
)
@options.output_format("text", "json", "sarif", "github", "markdown")
@options.pin
@options.certainty
@options.charts
@options.repository
def command(paths: tuple[Path, ...], strict: bool, form: str, **settings: Any) -> int:
    """List what will be pulled that Git does not show, and what would stop the relocated workloads. Offline."""
    from gitops_clone.gaps.find import gaps

    return options.finish(gaps(options.workspace(paths, settings), strict=strict), form, settings)
