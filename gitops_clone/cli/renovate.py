"""gitops-clone renovate"""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from gitops_clone.cli import options
from gitops_clone.errors import UsageError


@click.command("renovate")
@options.paths
@click.option("--write", is_flag=True, help="Put them into the repository's Renovate configuration.")
def command(paths: tuple[Path, ...], write: bool) -> int:
    """Print the registryAliases with which Renovate goes on updating what was relocated. Offline.

    PATHS only say which repository is meant.
    """
    from gitops_clone.lockfile import LOCK_NAME, read
    from gitops_clone.renovate import KEY, aliases

    workspace = options.workspace(paths, {}, list_paths=False)
    lock = read(workspace.lock_path)
    if lock is None:
        raise UsageError(f"{LOCK_NAME}: not found at the root: run `gitops-clone rewrite` first")
    wanted = aliases(lock)
    if write:
        _write(workspace.root.path, wanted)
    else:
        click.echo(json.dumps({KEY: wanted}, indent=2))
    return 0


def _write(root: Path, wanted: dict[str, str]) -> None:
    from gitops_clone.documents.json5 import NotJson5
    from gitops_clone.renovate import find_config, hidden, with_aliases
    from gitops_clone.repo.write import exclusive_run, replace_file

    with exclusive_run(root, options.waiting):
        path = find_config(root)
        name = os.path.relpath(path, root)
        try:
            before = path.read_bytes().decode("utf-8")
            after = with_aliases(before, wanted)
        except UnicodeDecodeError:
            raise UsageError(f"{name}: not UTF-8; save it as UTF-8") from None
        except NotJson5 as error:
            raise UsageError(f"{name}: {error}") from None
        except OSError as error:
            raise UsageError(f"{name}: cannot be read: {error.strerror}") from None
        if after != before:
            replace_file(path, after.encode())
    click.echo(f"{name}: {'registryAliases written' if after != before else 'up to date'}")
    for alias, other in hidden(after):
        if alias in wanted:
            click.echo(f"warning: {name}: {other} comes before {alias} and hides it: move it below", err=True)
