"""gitops-clone status"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gitops_clone.cli import options


@click.command("status")
@options.paths
@options.output_format("text", "json", "sarif", "github", "markdown")
@options.repository
@options.copying
def command(paths: tuple[Path, ...], form: str, **settings: Any) -> int:
    """Ask both registries for every locked image: gone or moved upstream, missing or different on the backup.

    PATHS only say which repository is meant.
    """
    from gitops_clone.survey import status

    return options.finish(status(options.workspace(paths, settings, list_paths=False)), form, settings)
