"""gitops-clone scan"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options, reports


@click.command("scan")
@options.paths
@options.output_format("text", "json", "jsonpatch", "sarif", "github", "markdown")
@click.option("--tree", is_flag=True, help="Print entry points, their images, and the places of these.")
@click.option("--mentions", is_flag=True, help="List every other place that names these images, and what it needs.")
@options.pin
@options.certainty
@options.charts
@options.repository
def command(paths: tuple[Path, ...], form: str, mentions: bool, **settings: Any) -> int:
    """List every image that manifests name: its upstream, its backup, its state. Offline."""
    from gitops_clone.survey import scan

    with_changes = "jsonpatch" in reports.formats(form, settings)
    result = scan(options.workspace(paths, settings), with_changes=with_changes, with_mentions=mentions)
    return options.finish(result, form, settings)
