"""The gate: is everything backed up? Offline, and quick to import, for a hook that runs at every commit."""

from __future__ import annotations

from gitops_clone.finding import State
from gitops_clone.result import Result
from gitops_clone.scan import scan
from gitops_clone.workspace import Workspace


def check(workspace: Workspace, *, strict: bool = False) -> Result:
    """Whether everything is backed up, without any network: exit code 1 if not.

    With `strict`, what is ignored, unresolved or the team's own counts as not backed up too.
    """
    lock = workspace.read_lock()
    found = scan(workspace.root.path, workspace.files, workspace.rules(lock), workspace.kustomizations)
    skipped = [*workspace.skipped, *found.skipped]
    locked = lock.images if lock else {}
    unlocked = [f for f in found.findings if f.state is State.BACKUP and f.upstream not in locked]
    passed_over = [f for f in found.findings if f.state in (State.OWN, State.IGNORED, State.UNRESOLVED)]
    missing = unlocked or any(f.state is State.UPSTREAM for f in found.findings) or (strict and passed_over)
    return Result(
        command="check",
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        unlocked=[*unlocked, *(passed_over if strict else ())],
        next_steps=("gitops-clone rewrite",) if missing else (),
        exit_code=2 if any(item.fatal for item in skipped) else 1 if missing else 0,
    )
