"""gitops-clone explain"""

from __future__ import annotations

import os
from typing import Any

import click

from gitops_clone.cli import options


@click.command("explain")
@click.argument("subject", metavar="FILE:LINE|IMAGE")
@options.output_format("text", "json")
@options.pin
@options.certainty
@options.charts
@options.repository
def command(subject: str, form: str, **settings: Any) -> int:
    """Tell why a value is or is not taken for an image, what becomes of it, and how to change that. Offline.

    \b
    FILE:LINE   a place as the reports name it; FILE:LINE:COLUMN too
    IMAGE       an image in any spelling: upstream, backup, with or without tag, a digest
    """
    from gitops_clone.explain.find import explain

    return options.finish(explain(subject, os.environ, settings), form, settings)
