"""The way back: each place that `rewrite` wrote gets its original text."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from gitops_clone import plan
from gitops_clone.change import NewText
from gitops_clone.edit_plan import change_files
from gitops_clone.edits import write_files
from gitops_clone.errors import UsageError
from gitops_clone.finding import Finding, Skipped, State
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.lockfile import LOCK_NAME, Lock, place_key
from gitops_clone.result import FileChange, Result, exit_code
from gitops_clone.scan import scan
from gitops_clone.workspace import Workspace


def restore(workspace: Workspace, *, dry_run: bool = False, foreign: bool = False) -> Result:
    """Rewrite back to the upstream references. The caller holds the run's lock, unless it is a dry run.

    Places on the backup registry that gitops-clone did not write stay, unless `foreign`: then they get their
    upstream's normalised name. The lock file stays: what it says of the backup registry is still true.
    Raises `UsageError` without a lock file.
    """
    lock = workspace.read_lock()
    if lock is None:
        raise UsageError(f"{LOCK_NAME}: not found at the root: without it nobody knows what stood in the manifests")
    rules = workspace.rules(lock)
    found = scan(workspace.root.path, workspace.files, rules, with_releases=False)
    changed = {"#".join(place.split("#")[:2]) for place in lock.changes}

    def is_changed(finding: Finding) -> bool:
        """Whether its scalar stands under `changes`, which alone undo what was done there."""
        place = finding.place
        return place_key(place.file, place.document, place.text_pointer or "") in changed

    def new_text(finding: Finding) -> NewText | None:
        return None if is_changed(finding) else plan.restoration(finding, rules, foreign=foreign)

    on_backup = [each for each in found.findings if each.state is State.BACKUP and not is_changed(each)]
    files, failed = change_files(workspace, rules, found, new_text)
    if lock.changes:
        files, broken = _with_changes(workspace, lock, files)
        failed += broken
    if not dry_run:
        files, unwritten = write_files(workspace, files)
        failed += unwritten
    skipped = (*workspace.skipped, *found.skipped, *failed)
    left = [finding for finding in on_backup if new_text(finding) is None]
    warnings = ["some places on the backup registry were not written by gitops-clone: --foreign restores them too"]
    return Result(
        command="restore",
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        files=files,
        dry_run=dry_run,
        warnings=warnings if left else (),
        next_steps=("git diff",) if files and not dry_run and workspace.root.git else (),
        exit_code=exit_code(skipped),
    )


def _with_changes(
    workspace: Workspace, lock: Lock, files: Sequence[FileChange]
) -> tuple[list[FileChange], list[Skipped]]:
    """The files of the run, also without the changes that the lock file has for them; kustomizations come first."""
    from gitops_clone.amendments import restored
    from gitops_clone.charts.locks import locked_by
    from gitops_clone.layers.apply import by_file, restore_file

    above: list[FileChange] = []
    below = {file.file: file for file in files}
    failed: list[Skipped] = []
    changed: FileChange | Skipped | None
    for name in by_file(lock.changes):
        is_beside = locked_by(name) in workspace.files and not (workspace.root.path / name).is_symlink()
        if name not in workspace.files and not is_beside:
            continue
        undo = restore_file if posixpath.basename(name) in NAMES else restored
        try:
            data = (workspace.root.path / name).read_bytes()
        except OSError as error:
            changed = Skipped(name, f"cannot be read: {error.strerror}", fatal=True)
        else:
            changed = undo(name, below.get(name, data), lock.changes)
        if isinstance(changed, Skipped):
            failed.append(changed)
        elif changed is not None:
            above.append(changed)
            below.pop(name, None)
    return [*above, *below.values()], failed
