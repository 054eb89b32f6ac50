"""The files of a revision in a folder of their own; the user's work tree, index and branches are left alone."""

from __future__ import annotations

from pathlib import Path

from gitops_clone.errors import UsageError
from gitops_clone.repo import git_program
from gitops_clone.repo.files import Root
from gitops_clone.repo.write import printable


def check_out(root: Root, revision: str, folder: Path) -> None:
    """Write the files of a revision (anything that git takes for a commit) below `folder`, which is made.

    As a checkout would: with filters and line endings. Raises `UsageError` for a revision that git does not know.
    """
    if not root.git:
        raise UsageError(f"{printable(root.path)}: no git work tree, so that there is no revision to compare with")
    commit = _commit(root.path, revision)
    folder.mkdir()
    git_dir = git_program.run(root.path, "open the repository", "rev-parse", "--absolute-git-dir").rstrip("\n")
    # An index of its own: a checkout would move the user's, a worktree would be noted in the repository.
    environ = git_program.environment(
        GIT_DIR=git_dir,
        GIT_WORK_TREE=str(folder),
        GIT_INDEX_FILE=f"{folder}.index",
        GIT_LFS_SKIP_SMUDGE="1",
    )
    what = f"check out {revision}"
    git_program.run(folder, what, "read-tree", commit, environ=environ)
    git_program.run(folder, what, "-c", "core.fsmonitor=false", "checkout-index", "--all", "--quiet", environ=environ)


def _commit(top: Path, revision: str) -> str:
    arguments = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    status, output, errors = git_program.start(top, *arguments)
    if status != 0 and "dubious ownership" in errors:
        raise git_program.refusal(top, "read the revision", errors)
    if status != 0:
        raise UsageError(
            f"{printable(revision)}: git knows no such revision here; fetch it first: git fetch origin BRANCH "
            "(with actions/checkout: fetch-depth: 0)"
        )
    return output.strip()
