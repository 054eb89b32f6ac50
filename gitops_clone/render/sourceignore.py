"""What Flux leaves out of the artifact that it makes of a repository (fluxcd.io, source.toolkit, "Excluding files").

The `.sourceignore` files are like `.gitignore` files, the last line that fits counts; its own list comes before them
(github.com/fluxcd/pkg, sourceignore). Unlike git, a line may take back in what lies in a folder that is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from gitops_clone.errors import UsageError
from gitops_clone.repo.globs import compile_globs

NAME = ".sourceignore"
_DEFAULT = (
    ".git/", ".gitignore", ".gitmodules", ".gitattributes",
    "*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip",
    ".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml",
    "codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml",
)  # fmt: skip


class _Rule(NamedTuple):
    """A line of an ignore file in a folder ("" is the root): whether it leaves out or takes in, and what it fits."""

    folder: str
    leaves_out: bool
    fits: Callable[[str], str | None]


def left_out(root: Path, folder: str) -> Callable[[str], bool]:
    """Whether Flux leaves out a file in a folder of a repository or below, by its name relative to the root."""
    rules = [*_rules("", "\n".join(_DEFAULT)), *_written(root, folder)]

    def decides(name: str) -> bool:
        for rule in reversed(rules):
            inner = name.removeprefix(f"{rule.folder}/") if rule.folder else name
            if (not rule.folder or inner != name) and rule.fits(inner) is not None:
                return rule.leaves_out
        return False

    return decides


def _written(root: Path, folder: str) -> Iterator[_Rule]:
    """The rules of the repository's own files, those of the root first."""
    above = [""]
    for step in folder.split("/")[:-1] if folder else ():
        above.append(f"{above[-1]}/{step}".lstrip("/"))
    below = sorted(
        os.path.relpath(directory, root).removeprefix(".")
        for directory, _, files in os.walk(root / folder)
        if NAME in files
    )
    for each in dict.fromkeys((*above, *below)):
        path = root / each / NAME
        if path.is_file() and not path.is_symlink():
            yield from _rules(each, path.read_text("utf-8", "replace"))


def _rules(folder: str, text: str) -> Iterator[_Rule]:
    for line in text.splitlines():
        glob = line.rstrip(" ")
        if glob and not glob.startswith("#"):
            try:
                yield _Rule(folder, not glob.startswith("!"), compile_globs([glob.removeprefix("!")]))
            except UsageError:
                continue  # no glob: it fits nothing
