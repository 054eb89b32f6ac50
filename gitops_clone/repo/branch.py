"""Our own branch: where to start on it, one commit, and a push that loses nobody's work.

As long as the branch holds one commit, made by us on the base and changed by nobody, it is made anew from the base's
newest commit, and replaced with a lease. Once it holds anything else, our commit goes on top of that, and is pushed
without force. Which it is, is told by the commit itself: its message ends with a seal over its parent, its tree and
the rest of the message, so that an amended, rebased or other commit is not taken for ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from gitops_clone.errors import UsageError
from gitops_clone.repo import git_program
from gitops_clone.repo.clone import Clone
from gitops_clone.repo.write import printable

_SEAL = "Gitops-Clone-Seal: "
_SEALED = re.compile(rf"(.*)\n{_SEAL}([0-9a-f]{{64}})\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OwnBranch:
    """The branch as the remote has it, and its base: the commits of both (`tip` None: there is no such branch).

    `ours`: nobody else's work is on it, so that it may be replaced.
    """

    name: str
    base: str
    base_commit: str
    tip: str | None
    ours: bool

    @property
    def start(self) -> str:
        """The commit that ours goes on."""
        return self.base_commit if self.tip is None or self.ours else self.tip


def look(clone: Clone, name: str, base: str | None) -> OwnBranch:
    """Fetch the base (the remote's default branch where it is None) and our branch, if there is one.

    Raises `UsageError` where there is no base, or the branch would be its own base.
    """
    remote = clone.remote
    if base is None:
        base, _ = remote.references()
        if base is None:
            raise UsageError(f"{printable(remote.top)}: {remote.name} names no default branch; set base")
    if name == base:
        raise UsageError(f"branch and base are both {name}: a pull request needs a branch of its own")
    _, commits = remote.references(base, name)
    if base not in commits:
        raise UsageError(f"{printable(remote.top)}: {remote.name} has no branch {base}; push it, or set base")
    clone.fetch([base, *(each for each in commits if each != base)])
    base_commit = clone.commit_of(base)
    if name not in commits:
        return OwnBranch(name, base, base_commit, None, ours=True)
    tip = clone.commit_of(name)
    return OwnBranch(name, base, base_commit, tip, ours=_is_merged(clone, tip, base_commit) or _is_sealed(clone, tip))


def look_on_top(clone: Clone, name: str) -> OwnBranch:
    """Somebody else's branch, where our commit goes on top of the newest one."""
    clone.fetch([name])
    tip = clone.commit_of(name)
    return OwnBranch(name, name, tip, tip, ours=False)


def commit(clone: Clone, branch: OwnBranch, names: Sequence[str], message: str) -> str | None:
    """Commit files of the work tree, which started at `branch.start`; None where they hold nothing new.

    The commit is the branch's tip itself where it would be the same again.
    """
    tree = clone.stage(names)
    if tree == _tree_of(clone, branch.start):
        return None
    message = f"{message.rstrip()}\n"
    if not branch.ours:
        return clone.commit(message)
    message = f"{message}\n{_SEAL}{_seal(branch.start, tree, message)}\n"
    if branch.tip is not None and _read(clone, branch.tip) == ([branch.start], tree, message):
        return branch.tip
    return clone.commit(message)


def push(clone: Clone, branch: OwnBranch, sha: str) -> bool:
    """Push our commit, unless the branch has it; True if it was pushed.

    Raises `Outrun` where somebody has pushed since we looked, and `UsageError`.
    """
    if sha == branch.tip:
        return False
    lease = (branch.tip or "") if branch.ours else None
    clone.remote.push(sha, branch.name, root=clone.tree, environ=clone.environ, lease=lease)
    return True


def same_content(clone: Clone, one: str, other: str) -> bool:
    """Whether two commits have the same files."""
    return _tree_of(clone, one) == _tree_of(clone, other)


def _is_merged(clone: Clone, tip: str, base: str) -> bool:
    """Whether all of the branch is in its base. Not known (and so not said) where the clone is shallow."""
    status, _, _ = git_program.start(clone.tree, "merge-base", "--is-ancestor", tip, base, environ=clone.environ)
    return status == 0


def _is_sealed(clone: Clone, sha: str) -> bool:
    parents, tree, message = _read(clone, sha)
    sealed = _SEALED.fullmatch(message)
    return sealed is not None and len(parents) == 1 and sealed[2] == _seal(parents[0], tree, sealed[1])


def _seal(parent: str, tree: str, message: str) -> str:
    return sha256(os.fsencode(f"{parent}\n{tree}\n{message}")).hexdigest()


def _tree_of(clone: Clone, sha: str) -> str:
    return clone.run("read a commit", "rev-parse", f"{sha}^{{tree}}").strip()


def _read(clone: Clone, sha: str) -> tuple[list[str], str, str]:
    """A commit's parents, tree and message, as it says so itself (and not where a shallow clone cuts history off)."""
    head, _, message = clone.run("read a commit", "cat-file", "commit", sha).partition("\n\n")
    fields = [line.split(" ", 1) for line in head.splitlines() if not line.startswith(" ")]
    parents = [value for key, value in fields if key == "parent"]
    tree = next(value for key, value in fields if key == "tree")
    return parents, tree, message
