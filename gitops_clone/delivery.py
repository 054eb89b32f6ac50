"""From a rewrite to the people who review it: push the current branch, or a pull request from a branch of our own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_clone.errors import UsageError
from gitops_clone.image import parse
from gitops_clone.lockfile import LOCK_NAME
from gitops_clone.proposal import close, decorate, propose
from gitops_clone.repo.branch import OwnBranch, commit, look, look_on_top, same_content
from gitops_clone.repo.branch import push as push_branch
from gitops_clone.repo.clone import Clone, temporary_clone
from gitops_clone.repo.commit import Commit
from gitops_clone.repo.files import Root, list_kustomizations
from gitops_clone.repo.forges.detect import Target, find_target, open_forge
from gitops_clone.repo.message import commit_message
from gitops_clone.repo.remote import Outrun, Remote, contains, current_branch, open_remote, read_commit
from gitops_clone.repo.write import printable
from gitops_clone.result import Action, Delivery, Result
from gitops_clone.rewrite import RewriteOptions, mirror_settings, rewrite
from gitops_clone.workspace import Workspace, workspace_at

if TYPE_CHECKING:
    from gitops_clone.mirror.model import Progress

_ATTEMPTS = 4  # at a branch to which others push at the same time


@dataclass(frozen=True, slots=True)
class _Round:
    """One attempt in the temporary clone: where it started, what was rewritten, and our commit (None: none needed)."""

    branch: OwnBranch
    result: Result
    sha: str | None
    pushed: bool


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: the checkout and settings, the paths as the user gave them, how far to go, whom to tell."""

    workspace: Workspace
    paths: Sequence[Path]
    options: RewriteOptions
    progress: Progress
    environ: Mapping[str, str] = field(repr=False)  # it holds tokens
    say: Callable[[str], None]

    def run(self, clone: Clone, branch: OwnBranch, **options: bool) -> Result:
        """Rewrite in the clone's work tree, without a commit."""
        where = _workspace_in(clone, self, branch)
        return rewrite(where, self.progress, replace(self.options, commit=False, **options))


def push(job: Job) -> Result:
    """Rewrite and commit in the checkout, and push the current branch.

    Where the remote has commits that the checkout does not have, it all happens on top of those, in a temporary clone.
    Raises `UsageError` before anything is done where there is no branch or no remote.
    """
    top = _top(job.workspace)
    name = current_branch(top)
    if name is None:
        raise UsageError(
            f"{printable(top)}: HEAD is detached, so there is no branch to push; "
            "check one out (git switch NAME; in an action: `ref: ${{ github.head_ref }}`), or use --pull-request"
        )
    remote, _ = _reach(job)
    _, commits = remote.references(name)
    there = commits.get(name)
    if there is not None and not contains(top, there):
        done = _push_on_top(job, remote, name)
        return done.with_warning(f"this checkout is behind {remote.name}/{name}, and was left as it was")
    result = rewrite(job.workspace, job.progress, replace(job.options, commit=True))
    committed = result.commit is not None and result.commit.sha is not None
    head = read_commit(top, "HEAD")
    nothing = replace(result, delivery=Delivery(remote.name, name, None))
    if head in (None, there) or (there is None and not committed):
        return nothing
    try:
        remote.push(str(head), name, root=top, environ=remote.environment())
    except Outrun:
        if not committed:
            return nothing
        done = _push_on_top(job, remote, name)
        warning = f"others pushed to {remote.name}/{name} meanwhile: the edits went on top of theirs, too"
        steps = (f"git pull --rebase {remote.name} {name}", "git rebase --skip  # where only our own commit conflicts")
        return replace(result.with_warning(warning), delivery=done.delivery, next_steps=steps)
    return replace(result, delivery=Delivery(remote.name, name, head), next_steps=("gitops-clone check",))


def pull_request(job: Job) -> Result:
    """Rewrite on our own branch, from the base's newest commit, and open a pull request or update the open one.

    All of it happens in a temporary clone. Raises `UsageError` and `ForgeError`, before anything is copied where the
    token or the forge's library is missing.
    """
    settings = job.workspace.settings
    remote, target = _reach(job)
    if isinstance(target, UsageError):
        raise target
    forge = open_forge(target, job.say)
    existing = forge.find_open(settings.branch)
    with temporary_clone(remote) as clone:
        done = _attempts(job, clone, partial(look, clone, settings.branch, settings.base))
        result = done.result
        if not done.branch.ours:
            result = result.with_warning(_shared(done.branch, remote))
        if done.sha is None and (done.branch.ours or same_content(clone, done.branch.start, done.branch.base_commit)):
            result, closed = close(forge, existing, result, done.branch)
            delivery = Delivery(remote.name, done.branch.name, None, existing, Action.CLOSED if closed else None)
            return replace(result, delivery=delivery, next_steps=())
        result = _for_reviewers(job, clone, result)
        described = result if done.branch.ours else _for_reviewers(job, clone, _against_base(job, clone, done))
    found, action = propose(forge, existing, settings, done.branch, described)
    result = decorate(forge, found, action, settings, result)
    delivery = Delivery(remote.name, done.branch.name, done.sha if done.pushed else None, found, action)
    return replace(result, delivery=delivery, next_steps=())


def _attempts(job: Job, clone: Clone, look_again: Callable[[], OwnBranch]) -> _Round:
    """Rewrite, commit and push from what the remote has now; once more where somebody was quicker."""
    for attempt in range(1, _ATTEMPTS + 1):
        branch = look_again()
        clone.check_out(branch.start)
        result = job.run(clone, branch)
        message = commit_message(result.files, job.workspace.settings.commit_message)
        names = [file.file for file in result.files]
        if (clone.tree / LOCK_NAME).is_file():
            names.append(LOCK_NAME)
        sha = commit(clone, branch, names, message)
        result = replace(result, commit=Commit(sha, message.partition("\n")[0], ()))
        try:
            return _Round(branch, result, sha, sha is not None and push_branch(clone, branch, sha))
        except Outrun:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _push_on_top(job: Job, remote: Remote, name: str) -> Result:
    """Rewrite what the remote's branch has now, and push that."""
    with temporary_clone(remote) as clone:
        done = _attempts(job, clone, partial(look_on_top, clone, name))
    delivery = Delivery(remote.name, name, done.sha)
    return replace(done.result, delivery=delivery, next_steps=(f"git pull --rebase {remote.name} {name}",))


def _against_base(job: Job, clone: Clone, done: _Round) -> Result:
    """What all commits of the branch change together: the rewrite of its base, by the lock file that the branch has."""
    lock = clone.tree / LOCK_NAME
    locked = lock.read_bytes() if lock.is_file() else None
    clone.check_out(clone.fork_point(done.branch.base_commit, done.sha or done.branch.start))
    if locked is not None:
        lock.unlink(missing_ok=True)  # there it may have been a symbolic link to anywhere
        lock.write_bytes(locked)
    whole = job.run(clone, done.branch, dry_run=True)
    # A dry run promises also what could not be copied, so what the branch has not locked.
    files = [
        replace(file, changes=tuple(change for change in file.changes if change.upstream in done.result.digests))
        for file in whole.files
    ]
    return replace(
        whole,
        dry_run=False,
        files=files,
        digests=done.result.digests,
        outcomes=done.result.outcomes,
        warnings=done.result.warnings,
    )


def _for_reviewers(job: Job, clone: Clone, result: Result) -> Result:
    """The result with what a reviewer asks besides: the platforms of the copies, whom the changes concern."""
    from gitops_clone.layers.survey import by_entry_point

    changed = {file.file for file in result.files}
    concerned = by_entry_point(clone.tree, list_kustomizations(Root(clone.tree, git=True)), changed)
    for finding in result.findings:
        if finding.place.file in changed:
            for name in finding.entry_points:
                concerned.setdefault(name, set()).add(finding.place.file)
    entry_points = {name: sorted(files) for name, files in concerned.items()}
    return replace(result, platforms=_platforms(job, result), entry_points=entry_points)


def _platforms(job: Job, result: Result) -> dict[str, tuple[str, ...]]:
    """By upstream; of nothing where the registry fills itself, since asking would fill it."""
    from gitops_clone.mirror.platforms import platforms

    if job.options.no_mirror:
        return {}
    changed = {change.upstream for file in result.files for change in file.changes}
    locked = {upstream: digest for upstream in sorted(changed) if (digest := result.digests.get(upstream))}
    scheme = job.workspace.scheme
    backups = [replace(scheme.backup(parse(upstream)), digest=digest) for upstream, digest in locked.items()]
    return dict(zip(locked, platforms(backups, mirror_settings(job.workspace)), strict=True))


def _reach(job: Job) -> tuple[Remote, Target | UsageError]:
    """The remote with the token for it, and the repository on its forge; or why that cannot be told."""
    settings = job.workspace.settings
    remote = open_remote(_top(job.workspace), settings.remote)
    try:
        target = find_target(remote.url, job.environ, settings.forge, settings.forge_url)
    except UsageError as error:
        return remote, error
    return remote.with_token(target.user, target.token), target


def _workspace_in(clone: Clone, job: Job, branch: OwnBranch) -> Workspace:
    """The workspace of the same paths and settings in the clone's work tree."""
    here = []
    for path in job.paths:
        directory, name = os.path.split(os.path.join(os.getcwd(), path))
        inside = os.path.relpath(os.path.join(os.path.realpath(directory), name), job.workspace.root.path)
        if not os.path.lexists(clone.tree / inside):
            raise UsageError(f"{printable(path)}: not on {branch.name if branch.tip == branch.start else branch.base}")
        here.append(clone.tree / inside)
    return workspace_at(Root(clone.tree, git=True), job.workspace.settings, here or [clone.tree])


def _top(workspace: Workspace) -> Path:
    if not workspace.root.git:
        raise UsageError(f"{printable(workspace.root.path)}: not a git repository, nothing can be pushed from it")
    return workspace.root.path


def _shared(branch: OwnBranch, remote: Remote) -> str:
    return (
        f"{branch.name} on {remote.name} has commits of others: ours go on top of them, without what is new on "
        f"{branch.base}; merge it, or delete it to start anew"
    )
