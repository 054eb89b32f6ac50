"""The files that a command takes."""

from __future__ import annotations

from pathlib import Path

from gitops_clone.finding import Skipped
from gitops_clone.repo.files import find_root, list_files


def found(*paths: str | Path, exclude: tuple[str, ...] = ()) -> tuple[list[str], list[Skipped]]:
    """What a command finds that is started in the working directory."""
    return list_files(find_root(Path.cwd()), [Path(path) for path in paths or (".",)], exclude)
