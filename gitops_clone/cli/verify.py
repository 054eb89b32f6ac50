"""gitops-clone verify"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("verify")
@options.paths
@click.option("--base", "revision", metavar="REV", help="Also prove that nothing else changed since a git revision.")
@click.option("--strict", is_flag=True, help="Fail also for what cannot be rendered.")
@click.option("--network", is_flag=True, help="Fetch charts, what they depend on, and remote bases.")
@options.output_format("text", "json", "sarif", "github", "markdown")
@options.repository
def command(
    paths: tuple[Path, ...], revision: str | None, strict: bool, network: bool, form: str, **settings: Any
) -> int:
    """Render with kustomize and helm, and fail if an image that a cluster would pull is not backed up."""
    from gitops_clone.verify import verify

    workspace = options.workspace(paths, settings)
    return options.finish(verify(workspace, base=revision, strict=strict, network=network), form, settings)
