"""Which images to copy, and what to write where: decided from findings and the lock file alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops_clone.change import NewText
from gitops_clone.documents.scalar import value_of
from gitops_clone.finding import Finding, State
from gitops_clone.image import InvalidReference, Reference, parse
from gitops_clone.lockfile import Entry, Lock
from gitops_clone.naming import Pin
from gitops_clone.spellings import Written, key_of, original, record
from gitops_clone.states import Rules

if TYPE_CHECKING:
    from gitops_clone.mirror.model import CopyJob, Outcome
    from gitops_clone.result import FileChange


def jobs(findings: Iterable[Finding], rules: Rules, *, update: bool, recheck: bool) -> list[CopyJob]:
    """The copies that the findings need, one for each upstream, in the order of upstreams.

    What the lock file has with a digest is not asked again, but for `recheck`, and `update` for tags.
    """
    from gitops_clone.mirror.model import CopyJob

    wanted = {f.upstream for f in findings if f.upstream and f.state in (State.UPSTREAM, State.BACKUP)}
    result = []
    for key in sorted(wanted):
        upstream = parse(key)
        entry = rules.lock.images.get(key)
        refresh = update and upstream.digest is None
        if entry is None or entry.digest is None or refresh or recheck:
            expected = entry.digest if entry and not refresh else None
            result.append(CopyJob(upstream, rules.scheme.backup(upstream), replace=refresh, expected=expected))
    return result


def with_copies(lock: Lock, outcomes: Sequence[Outcome]) -> Lock:
    """The lock with what was copied or found on the backup registry."""
    from gitops_clone.mirror.model import Failed

    images = dict(lock.images)
    for outcome in outcomes:
        if not isinstance(outcome, Failed):
            key, backup = str(outcome.job.upstream), str(outcome.job.backup)
            known = images.get(key, Entry(backup, None))
            images[key] = replace(known, digest=outcome.digest)
    return replace(lock, images=images)


def failed(outcomes: Iterable[Outcome]) -> set[str]:
    """The upstreams whose copy failed."""
    from gitops_clone.mirror.model import Failed

    return {str(outcome.job.upstream) for outcome in outcomes if isinstance(outcome, Failed)}


def with_promises(lock: Lock, findings: Iterable[Finding]) -> Lock:
    """The lock with every relocatable image, without a digest where it has none (`--no-mirror`, `--dry-run`)."""
    images = dict(lock.images)
    for finding in findings:
        if finding.upstream and finding.backup and finding.state in (State.UPSTREAM, State.BACKUP):
            images.setdefault(finding.upstream, Entry(finding.backup, None))
    return replace(lock, images=images)


def relocation(finding: Finding, rules: Rules, lock: Lock, pin: Pin, unsafe: Collection[str]) -> NewText | None:
    """What `rewrite` writes at a finding's place; None to leave it.

    `lock` is the lock after copying; `unsafe` are the upstreams whose copy failed in this run.
    """
    key = finding.upstream
    if key is None or key not in lock.images or key in unsafe or finding.state not in (State.UPSTREAM, State.BACKUP):
        return None
    if finding.place.composed or not finding.place.editable:
        return None
    if finding.place.parts:
        pin = Pin.DIGEST  # its tag and its digest stay in the fields where they are
    written = NewText(str(rules.scheme.written(parse(key), pin, lock.images[key].digest)), key)
    if finding.state is State.UPSTREAM:
        return written
    before = _before(finding, rules)
    if before is not None and _names(before.raw, rules) is not None:
        return written
    # Somebody else named the backup registry here: that spelling stays, but that `always` adds a digest.
    spelling = before.raw if before else finding.place.raw
    if pin is Pin.ALWAYS and parse(value_of(spelling)).digest is None and parse(key).digest is None:
        return written
    return NewText(spelling, key) if spelling != finding.place.raw else None


def restoration(finding: Finding, rules: Rules, *, foreign: bool) -> NewText | None:
    """What `restore` writes at a finding's place; None where gitops-clone did not write it.

    With `foreign`, places that named the backup registry beforehand are given their upstream's normalised name.
    """
    if finding.state is not State.BACKUP or finding.upstream is None or finding.place.composed:
        return None
    image = parse(finding.place.image).tagged()
    before = _before(finding, rules)
    if before is None and image.tag and image.digest:
        # Another digest than the locked one, by a bot or by an update that was killed: the tag tells what stood here.
        before = _before(finding, rules, replace(image, digest=None))
    if foreign and (before is None or _names(before.raw, rules) is None):
        return NewText(finding.upstream, finding.upstream)
    return before if before is not None and before.raw != finding.place.raw else None


def _before(finding: Finding, rules: Rules, image: Reference | None = None) -> NewText | None:
    """What the lock file says stood at a place that has `image` now, None if it says nothing of that place."""
    keys = rules.keys_of(str(image or parse(finding.place.image).tagged()))
    before = original(rules.lock.images, keys, key_of(finding.place))
    if before is None:
        return None
    # The lock file may come from a stranger's pull request: only a spelling of that very image is written back.
    key, raw = before
    return NewText(raw, key) if _names(raw, rules) == key or _is_backup_of(key, raw, rules) else None


def with_spellings(lock: Lock, files: Sequence[FileChange], findings: Iterable[Finding], rules: Rules) -> Lock:
    """The lock with what stood where `files` are changed, and with what already named the backup registry."""
    replaced = [
        Written(change.upstream, change.before, key_of(change.places[0]))
        for file in files
        for change in file.changes
        if _names(change.before, rules) == change.upstream
    ]
    present = [
        Written(finding.upstream, finding.place.raw, key_of(finding.place))
        for finding in findings
        if finding.state is State.BACKUP and finding.upstream in lock.images and not finding.place.composed
        if finding.upstream is not None
    ]
    related = _related(lock.images, rules)
    return replace(lock, images=record(lock.images, replaced, present, related))


def _related(images: Mapping[str, Entry], rules: Rules) -> dict[str, set[str]]:
    """For each upstream, those that may be written as the same text."""
    by_form: dict[str, set[str]] = {}
    forms = {key: rules.forms(key, entry.digest) for key, entry in images.items()}
    for key, texts in forms.items():
        for text in texts:
            by_form.setdefault(text, set()).add(key)
    return {key: set().union(*(by_form[text] for text in texts)) for key, texts in forms.items()}


def _is_backup_of(key: str, raw: str, rules: Rules) -> bool:
    """Whether a raw text names a locked upstream by its backup."""
    try:
        return key in rules.keys_of(str(parse(value_of(raw)).tagged()))
    except InvalidReference:
        return False


def _names(raw: str, rules: Rules) -> str | None:
    """The upstream, as a key of the lock file, that a raw text names; None for a reference on the backup registry."""
    try:
        reference = parse(value_of(raw)).tagged()
    except InvalidReference:
        return None
    if rules.push_scheme is not None and rules.push_scheme.holds(reference):
        return str(rules.push_scheme.upstream(reference))
    return None if rules.scheme.holds(reference) else str(reference)
