"""The names below directories: what git lists, or what lies there, both relative to the root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from gitops_clone.repo import git_program


def by_git(root: Path, pathspecs: Sequence[str], *, literal: bool = True, others: bool = True) -> Iterator[str]:
    """What git tracks and, with `others`, what it does not ignore."""
    import subprocess  # late: it takes a third of the time that click does

    listing = ["ls-files", "-z", "--cached", *(["--others", "--exclude-standard"] if others else [])]
    command = ["git", "--literal-pathspecs" if literal else "--no-pager", *listing, "--"]
    command += [pathspec or "." for pathspec in pathspecs]
    done = subprocess.run(command, cwd=root, env=git_program.environment(), capture_output=True, check=False)
    if done.returncode != 0:
        raise git_program.refusal(root, "list the files", os.fsdecode(done.stderr))
    return map(os.fsdecode, filter(None, done.stdout.split(b"\0")))


def by_walking(root: str, directories: Iterable[str], skip: Callable[[str, str, bool], None]) -> Iterator[str]:
    """All names below the directories but git's own, as `git ls-files` gives them: a repository ends with a slash."""
    pending = list(directories)
    while pending:
        directory = pending.pop()
        try:
            with os.scandir(os.path.join(root, directory)) as entries:
                for entry in entries:
                    name = f"{directory}/{entry.name}" if directory else entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        yield name
                    elif os.path.lexists(f"{entry.path}/.git"):
                        yield f"{name}/"
                    elif entry.name != ".git":
                        pending.append(name)
        except OSError as error:
            skip(directory, f"cannot be listed: {error.strerror}", True)
