"""What there is: `scan` for the files, `status` for the registries. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_clone import plan
from gitops_clone.edit_plan import plan_edits
from gitops_clone.elsewhere import warnings
from gitops_clone.errors import UsageError
from gitops_clone.finding import State
from gitops_clone.lockfile import LOCK_NAME
from gitops_clone.result import FileChange, ImageStatus, Result, exit_code
from gitops_clone.rewrite import mirror_settings
from gitops_clone.scan import scan as scan_files
from gitops_clone.workspace import Workspace

if TYPE_CHECKING:
    from gitops_clone.mentions.model import Mention


def scan(workspace: Workspace, *, with_changes: bool = False, with_mentions: bool = False) -> Result:
    """Every finding with its state; `with_changes` also what a rewrite of all of them would edit.

    `with_mentions` also what names the images without pulling them.
    """
    lock = workspace.read_lock()
    rules = workspace.rules(lock)
    found = scan_files(workspace.root.path, workspace.files, rules, workspace.kustomizations(), workspace.beside)
    skipped = [*workspace.skipped, *found.skipped]
    files: list[FileChange] = []
    if with_changes:
        promised = plan.with_promises(rules.lock, found.findings)
        edits = plan_edits(workspace, rules, found, promised, ())
        files = [*edits.files]
        skipped += edits.failed
    mentions: list[Mention] | None = None
    if with_mentions:
        from gitops_clone.mentions.find import mentions as find_mentions

        mentions, unsearched = find_mentions(workspace, rules, found)
        skipped += unsearched
    return Result(
        command="scan",
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        files=files,
        warnings=warnings(found.outside),
        mentions=mentions,
        next_steps=("gitops-clone rewrite",) if any(f.state is State.UPSTREAM for f in found.findings) else (),
        exit_code=exit_code(skipped),
    )


def status(workspace: Workspace) -> Result:
    """What both registries serve today for each locked image: exit code 1 if anything is gone, moved or different.

    Raises `UsageError` without a lock file.
    """
    from gitops_clone.image import parse
    from gitops_clone.mirror.model import Present
    from gitops_clone.mirror.scheduler import look_up_all

    lock = workspace.read_lock()
    if lock is None:
        raise UsageError(f"{LOCK_NAME}: not found at the root: run `gitops-clone rewrite` first")
    keys = sorted(lock.images)
    settings = mirror_settings(workspace)
    upstream = look_up_all([parse(key) for key in keys], settings, upstream=True)
    backup = look_up_all([parse(lock.images[key].backup) for key in keys], settings, upstream=False)
    statuses = [
        ImageStatus(key, lock.images[key].backup, lock.images[key].digest, at_upstream, at_backup)
        for key, at_upstream, at_backup in zip(keys, upstream, backup, strict=True)
    ]
    fine = all(
        isinstance(side, Present) and item.digest in (None, side.digest)
        for item in statuses
        for side in (item.at_upstream, item.at_backup)
    )
    return Result(
        command="status",
        backup_registry=workspace.settings.backup_registry,
        statuses=statuses,
        exit_code=0 if fine else 1,
    )
