"""A folder of a tree as a copy that may be changed, at its own place: all around it is linked to the tree.

So what it includes by relative paths is found, and kustomize, which takes files from the folder itself only, is
given files and no links.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def mirror(root: Path, folder: str, into: Path, *, shared: bool = True) -> Path:
    """The copy of a folder, whose name is relative to the tree at `root`, below the empty folder `into`.

    Links that lead out of the tree are left out. `shared`: nobody writes into a file of the copy, it is only replaced.
    """
    here, there = root, into
    for step in folder.split("/") if folder else ():
        for entry in os.scandir(here):
            if entry.name not in (step, ".git"):
                _link(root, here / entry.name, there / entry.name)
        here, there = here / step, there / step
        there.mkdir()
    _copy(root, here, there, shared)
    return there


def _copy(root: Path, here: Path, there: Path, shared: bool) -> None:
    for directory, folders, files in os.walk(here):
        folders[:] = [name for name in folders if name != ".git"]
        target = there / Path(directory).relative_to(here)
        for name in folders:
            if Path(directory, name).is_symlink():
                _link(root, Path(directory, name), target / name)
            else:
                (target / name).mkdir()
        for name in files:
            source = Path(os.path.realpath(os.path.join(directory, name)))
            if source.is_relative_to(root) and source.is_file():
                _take(source, target / name, shared)


def _take(source: Path, target: Path, shared: bool) -> None:
    try:
        if shared:
            os.link(source, target)
            return
    except OSError:
        pass  # another file system
    shutil.copyfile(source, target)


def _link(root: Path, source: Path, target: Path) -> None:
    real = Path(os.path.realpath(source))
    if real.is_relative_to(root):
        target.symlink_to(real)


def replace(path: Path, data: bytes) -> None:
    """Give a file of a copy other bytes."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)
