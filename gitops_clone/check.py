"""The gate: is everything backed up? Offline, and quick to import, for a hook that runs at every commit."""

from __future__ import annotations

from collections.abc import Collection

from gitops_clone.elsewhere import warnings
from gitops_clone.finding import Finding, State, is_artifact
from gitops_clone.repo.files import KUSTOMIZATION_NAMES
from gitops_clone.result import Result, exit_code
from gitops_clone.scan import Scan, scan
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace


def check(workspace: Workspace, *, strict: bool = False) -> Result:
    """Whether everything is backed up, without any network: exit code 1 if not.

    With `strict`, what is ignored, unresolved or the team's own counts as not backed up too.
    """
    lock = workspace.read_lock()
    rules = workspace.rules(lock)
    locked = lock.images if lock else {}
    found = scan(workspace.root.path, workspace.files, rules, around=workspace.beside)
    if _concerns_layers(workspace, found, locked):
        found = scan(
            workspace.root.path,
            workspace.files,
            rules,
            workspace.kustomizations(),
            workspace.beside,
            around=workspace.beside,
        )
    skipped = [*workspace.skipped, *found.skipped]
    lacking = [f for f in found.findings if _lacks_backup(f, locked)]
    passed_over = [f for f in found.findings if strict and _is_passed_over(f, rules)]
    return Result(
        command="check",
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        warnings=warnings(found.outside),
        unlocked=[*(f for f in lacking if f.state is State.BACKUP), *passed_over],
        next_steps=("gitops-clone rewrite",) if lacking else (),
        exit_code=exit_code(skipped, 1 if lacking or passed_over else 0),
    )


def _concerns_layers(workspace: Workspace, found: Scan, locked: Collection[str]) -> bool:
    """Whether kustomizations may change the verdict: not where every image is backed up as it is written."""
    if found.overridden or any(name.rpartition("/")[2] in KUSTOMIZATION_NAMES for name in workspace.files):
        return True
    return any(_lacks_backup(finding, locked) for finding in found.findings)


def _is_passed_over(finding: Finding, rules: Rules) -> bool:
    """Whether `strict` minds a finding: not where it is less sure than what is asked for, nor a chart unasked for."""
    if finding.state in (State.UPSTREAM, State.BACKUP) or (is_artifact(finding.place) and not rules.charts):
        return False
    return rules.certainty.includes(finding.place.certainty)


def _lacks_backup(finding: Finding, locked: Collection[str]) -> bool:
    return finding.state is State.UPSTREAM or (finding.state is State.BACKUP and finding.upstream not in locked)
