"""The main job, in its order: find, copy, lock, write, commit. Also its first half alone, `mirror`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gitops_clone import plan
from gitops_clone.edit_plan import plan_edits
from gitops_clone.edits import Edits
from gitops_clone.elsewhere import warnings
from gitops_clone.lock_writer import merge, write
from gitops_clone.lockfile import LOCK_NAME, Lock, read
from gitops_clone.result import FileChange, Result, exit_code
from gitops_clone.scan import Scan, scan
from gitops_clone.workspace import Workspace

if TYPE_CHECKING:
    from gitops_clone.finding import Finding
    from gitops_clone.mentions.model import Mention
    from gitops_clone.mirror.model import MirrorSettings, Outcome, Progress
    from gitops_clone.outside import Session
    from gitops_clone.render.model import Rendering
    from gitops_clone.render.outside import Outside
    from gitops_clone.repo.commit import Commit
    from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class RewriteOptions:
    """How far to go, and what to ask again."""

    dry_run: bool = False
    no_mirror: bool = False
    update: bool = False
    recheck: bool = False
    commit: bool = False
    with_kustomizations: bool = False
    render: bool = False


def mirror(workspace: Workspace, progress: Progress, *, update: bool = False, recheck: bool = False) -> Result:
    """Copy what the manifests reference, and lock it. The caller holds the run's lock."""
    lock, rules, found = _look(workspace)
    outcomes = _copy(workspace, rules, found.findings, progress, update=update, recheck=recheck)
    _write_lock(workspace, lock, plan.with_copies(rules.lock, outcomes))
    return _result(workspace, "mirror", found, outcomes, next_steps=("gitops-clone rewrite",))


def rewrite(workspace: Workspace, progress: Progress, options: RewriteOptions) -> Result:
    """Copy what is missing, then rewrite what is backed up. The caller holds the run's lock, unless it is a dry run.

    The lock file is written before the manifests, so that a run killed in between has lost nothing.
    """
    if options.with_kustomizations:
        workspace = workspace.with_kustomizations()
    if options.commit and not options.dry_run:
        _refuse_commit_early(workspace)
    if not options.render:
        return _rewrite(workspace, progress, options, None)
    from gitops_clone.outside import session

    with session(workspace) as rendering:
        return _rewrite(workspace, progress, options, rendering)


def _rewrite(workspace: Workspace, progress: Progress, options: RewriteOptions, rendering: Session | None) -> Result:
    lock, rules, found = _look(workspace)
    seen = rendering.look(found) if rendering is not None else None
    wanted = [*found.findings, *(seen.findings if seen is not None else ())]
    outcomes: list[Outcome] = []
    if not (options.dry_run or options.no_mirror):
        outcomes = _copy(workspace, rules, wanted, progress, update=options.update, recheck=options.recheck)
    after = plan.with_copies(rules.lock, outcomes)
    if options.dry_run or options.no_mirror:
        after = plan.with_promises(after, wanted)
    unsafe = plan.failed(outcomes)
    usable = _usable(after, keep_promises=options.no_mirror or options.dry_run)
    outside: Sequence[Outside] = ()
    if rendering is not None and seen is not None:
        found, outside = rendering.relocate(seen, found, usable, unsafe)
    edits = plan_edits(workspace, rules, found, usable, unsafe)
    files, found = edits.files, replace(found, skipped=(*found.skipped, *edits.failed))
    digests = {key: entry.digest for key, entry in after.images.items()}
    mentions = _mentions(workspace, rules, found, files)  # before lines move
    rendered = (outside, seen.unrendered) if seen is not None else None
    report = partial(_result, workspace, "rewrite", digests=digests, mentions=mentions, rendered=rendered)
    if options.dry_run:
        return report(found, outcomes, files, dry_run=True, next_steps=("gitops-clone rewrite",))
    locked = _write_lock(workspace, lock, edits.recorded(after, found.findings, rules))
    written, unwritten = edits.write(workspace)
    commit = commit_files(workspace, written, edits, rules, with_lock=locked) if options.commit else None
    found = replace(found, skipped=(*found.skipped, *unwritten))
    next_steps = _next_steps(
        workspace, written, first=locked and lock is None, committed=options.commit, again=bool(unsafe)
    )
    return report(found, outcomes, written, commit=commit, next_steps=next_steps)


def commit_files(
    workspace: Workspace,
    files: Sequence[FileChange],
    edits: Edits,
    rules: Rules,
    *,
    with_lock: bool,
) -> Commit:
    """One commit of just these edits, and of the lock file if this run wrote it."""
    from gitops_clone.repo.commit import commit_edits
    from gitops_clone.repo.message import commit_message

    return commit_edits(
        workspace.root.path,
        {file.file: file.before for file in files},
        {file.file: file.after for file in files},
        [LOCK_NAME] if with_lock else [],
        partial(edits.again, rules=rules),
        commit_message(files, workspace.settings.commit_message),
        edits.together,
    )


def _mentions(workspace: Workspace, rules: Rules, found: Scan, files: Sequence[FileChange]) -> list[Mention] | None:
    """What else names the images that `files` relocate; None where they relocate none."""
    moved = {change.upstream for file in files for change in file.changes}
    if not moved:
        return None
    from gitops_clone.mentions.find import mentions

    return mentions(workspace, rules, found, moved)[0]


def _refuse_commit_early(workspace: Workspace) -> None:
    """Raise `UsageError` for a commit that cannot be made, before anything is copied or written for it."""
    from gitops_clone.repo.commit import refuse_early

    refuse_early(workspace.root.path)


def mirror_settings(workspace: Workspace) -> MirrorSettings:
    """The settings as the mirror room takes them."""
    from gitops_clone.mirror.model import MirrorSettings

    settings = workspace.settings
    return MirrorSettings(
        backup_registry=settings.backup_registry,
        push_registry=settings.push_registry,
        platform=settings.platform,
        jobs=settings.jobs,
        jobs_per_registry=settings.jobs_per_registry,
        timeout=settings.timeout,
        retries=settings.retries,
        insecure=frozenset(settings.insecure_registry),
        authfile=settings.authfile,
    )


def _look(workspace: Workspace) -> tuple[Lock | None, Rules, Scan]:
    lock = workspace.read_lock()
    rules = workspace.rules(lock)
    return lock, rules, scan(workspace.root.path, workspace.files, rules, workspace.kustomizations(), workspace.beside)


def _copy(
    workspace: Workspace, rules: Rules, found: Iterable[Finding], progress: Progress, *, update: bool, recheck: bool
) -> list[Outcome]:
    jobs = plan.jobs(found, rules, update=update, recheck=recheck)
    if not jobs:
        return []
    from gitops_clone.mirror.scheduler import mirror as run

    return run(jobs, mirror_settings(workspace), progress)


def _usable(lock: Lock, *, keep_promises: bool) -> Lock:
    """The lock without images that are only promised, unless this run trusts the registry to fill itself."""
    if keep_promises:
        return lock
    return replace(lock, images={key: entry for key, entry in lock.images.items() if entry.digest is not None})


def _write_lock(workspace: Workspace, before: Lock | None, after: Lock) -> bool:
    """Write the lock file, if there is something to say; what somebody else added during the run is kept."""
    now = read(workspace.lock_path)
    if now is not None and now != before:
        after = merge(now, after)
    if not after.images and now is None:
        return False
    return write(workspace.lock_path, after)


def _next_steps(
    workspace: Workspace, written: Sequence[FileChange], *, first: bool, committed: bool, again: bool
) -> tuple[str, ...]:
    """What to run next. `first`: the lock file is new; `again`: some images could not be copied."""
    steps = []
    if first and workspace.root.git:
        steps.append(f"echo '{LOCK_NAME} merge=union' >> .gitattributes")
    if written and workspace.root.git:
        steps.append("git show" if committed else "git diff")
    return (*steps, "gitops-clone rewrite" if again else "gitops-clone check")


def _result(
    workspace: Workspace,
    command: str,
    found: Scan,
    outcomes: Sequence[Outcome],
    files: Sequence[FileChange] = (),
    *,
    digests: Mapping[str, str | None] | None = None,
    mentions: Sequence[Mention] | None = None,
    rendered: tuple[Sequence[Outside], Sequence[Rendering]] | None = None,
    commit: Commit | None = None,
    dry_run: bool = False,
    next_steps: Sequence[str] = (),
) -> Result:
    skipped = (*workspace.skipped, *found.skipped)
    return Result(
        command=command,
        backup_registry=workspace.settings.backup_registry,
        findings=found.findings,
        skipped=skipped,
        outcomes=outcomes,
        files=files,
        digests=digests or {},
        mentions=mentions,
        outside=rendered[0] if rendered is not None else None,
        renderings=rendered[1] if rendered is not None else (),
        commit=commit,
        dry_run=dry_run,
        warnings=warnings(found.outside) if command == "rewrite" and rendered is None else (),
        next_steps=next_steps,
        exit_code=exit_code(skipped, 3 if plan.failed(outcomes) else 0),
    )
