"""Which files a pull request changes, by git alone, in a checkout as shallow as actions/checkout makes it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitops_clone.action.event import PullRequest
from gitops_clone.config import CONFIG_NAME
from gitops_clone.errors import UsageError
from gitops_clone.lockfile import LOCK_NAME
from gitops_clone.repo import git_program
from gitops_clone.repo.files import KUSTOMIZATION_NAMES, SUFFIXES
from gitops_clone.repo.forges.detect import find_token
from gitops_clone.repo.remote import contains, open_remote


def changed_files(top: Path, pull_request: PullRequest, environ: Mapping[str, str]) -> list[str] | None:
    """The files that the pull request adds or changes, as `/`-separated names below `top`.

    None where the verdict hangs on all files: the lock file or the configuration is among them, or the checkout is not
    that of the pull request. Raises `UsageError` where git cannot fetch the commit to compare with.
    """
    base = _compared_with(top, pull_request, environ)
    if base is None:
        return None
    listing = _git(top, "diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", base, "HEAD")
    names = listing.split("\0")[:-1]
    return None if {LOCK_NAME, CONFIG_NAME} & set(names) else names


def manifests_below(top: Path, names: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Those of the names that are manifests in one of the paths, or such a path themselves."""
    wanted = [os.path.relpath(os.path.realpath(path), top) for path in paths]
    return [
        name
        for name in names
        if (_is_manifest(name) and any(path == "." or name.startswith(f"{path}/") for path in wanted)) or name in wanted
    ]


def _is_manifest(name: str) -> bool:
    return name.endswith(SUFFIXES) or name.rpartition("/")[2] in KUSTOMIZATION_NAMES


def _compared_with(top: Path, pull_request: PullRequest, environ: Mapping[str, str]) -> str | None:
    """The commit from which HEAD differs by just the pull request; None if HEAD is not of it."""
    head = _git(top, "rev-parse", "HEAD").strip()
    # The parents as the commit names them: a shallow clone has cut them off for all other commands.
    lines = _git(top, "cat-file", "commit", "HEAD").partition("\n\n")[0].splitlines()
    parents = [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]
    if len(parents) == 2 and parents[1] == pull_request.head and head != pull_request.head:
        # The merge commit that GitHub makes for the event, and actions/checkout checks out.
        if git_program.start(top, "cat-file", "-e", parents[0])[0] != 0:
            _fetch(top, parents[0], environ, "--depth=1")
        return parents[0]
    if _merge_base(top, pull_request.base) is None:
        shallow = _git(top, "rev-parse", "--is-shallow-repository").strip() == "true"
        _fetch(top, pull_request.base, environ, *(["--unshallow"] if shallow else []))
    return _merge_base(top, pull_request.base) if contains(top, pull_request.head) else None


def _fetch(top: Path, commit: str, environ: Mapping[str, str], *options: str) -> None:
    remote = open_remote(top, None).with_token("x-access-token", find_token("github", environ)[1])
    arguments = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *options, "--", remote.name, commit)
    status, _, errors = git_program.start(top, *arguments, environ=remote.environment())
    if status != 0:
        reason = git_program.refusal(top, f"fetch {commit}, which the pull request is compared with", errors)
        raise UsageError(f"{reason}; the token needs `contents: read`, or the checkout `fetch-depth: 0`")


def _merge_base(top: Path, commit: str) -> str | None:
    return git_program.start(top, "merge-base", commit, "HEAD")[1].strip() or None


def _git(top: Path, *arguments: str) -> str:
    return git_program.run(top, "compare the pull request with its base", *arguments)
