"""The gate: is everything backed up? Offline, and quick to import, for a hook that runs at every commit."""

from __future__ import annotations

from collections.abc import Collection

from gitops_clone.finding import State
from gitops_clone.repo.files import KUSTOMIZATION_NAMES
from gitops_clone.result import Result
from gitops_clone.scan import Scan, scan
from gitops_clone.workspace import Workspace


def check(workspace: Workspace, *, strict: bool = False) -> Result:
    """Whether everything is backed up, without any network: exit code 1 if not.

    With `strict`, what is ignored, unresolved or the team's own counts as not backed up too.
    """
    lock = workspace.read_lock()
    rules = workspace.rules(lock)
    locked = lock.images if lock else {}
    found = scan(workspace.root.path, workspace.files, rules)
    if _concerns_layers(workspace, found, locked):
        found = scan(workspace.root.path, workspace.files, rules, workspace.kustomizations())
    skipped = [*workspace.skipped, *found.skipped]
    unlocked = [f for f in found.findings if f.state is State.BACKUP and f.upstream not in locked]
    passed_over = [f for f in found.findings if f.state in (State.OWN, State.IGNORED, State.UNRESOLVED)]
    upstream = [f for f in found.findings if f.state is State.UPSTREAM]
    missing = unlocked or upstream or (strict and passed_over)
    # A second run does nothing for a template whose image is copied.
    helps = any(f.place.editable or f.upstream not in locked for f in (*unlocked, *upstream))
    return Result(
        command="check",
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        unlocked=[*unlocked, *(passed_over if strict else ())],
        next_steps=("gitops-clone rewrite",) if helps else (),
        exit_code=2 if any(item.fatal for item in skipped) else 1 if missing else 0,
    )


def _concerns_layers(workspace: Workspace, found: Scan, locked: Collection[str]) -> bool:
    """Whether kustomizations may change the verdict: not where every image is backed up as it is written."""
    if any(name.rpartition("/")[2] in KUSTOMIZATION_NAMES for name in workspace.files):
        return True
    return any(
        f.state is State.UPSTREAM or (f.state is State.BACKUP and f.upstream not in locked) for f in found.findings
    )
