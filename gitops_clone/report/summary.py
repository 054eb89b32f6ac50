"""What the reports count and group; taken from a result, shown by each format in its own way. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from gitops_clone.finding import Finding, Place, State

if TYPE_CHECKING:
    from gitops_clone.mirror.model import AlreadyThere, Copied, Failed
    from gitops_clone.result import Change, Result

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """The items under their keys, keys in the order of their first item."""
    groups: defaultdict[Key, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def copied(result: Result) -> list[Copied]:
    from gitops_clone.mirror.model import Copied

    return [outcome for outcome in result.outcomes if isinstance(outcome, Copied)]


def already_there(result: Result) -> list[AlreadyThere]:
    from gitops_clone.mirror.model import AlreadyThere

    return [outcome for outcome in result.outcomes if isinstance(outcome, AlreadyThere)]


def failed(result: Result) -> list[Failed]:
    from gitops_clone.mirror.model import Failed

    return [outcome for outcome in result.outcomes if isinstance(outcome, Failed)]


def changes(result: Result) -> Iterator[Change]:
    return (change for file in result.files for change in file.changes)


def changed_places(result: Result) -> list[Place]:
    return [place for change in changes(result) for place in change.counted]


def new_text(change: Change) -> str:
    """The reference that a change writes, or else its text on one line: what is added may have several."""
    return change.becomes or " ".join(change.after.split())


def in_state(result: Result, state: State) -> list[Finding]:
    return [finding for finding in result.findings if finding.state is state]


def places_by_upstream(result: Result) -> dict[str, list[Place]]:
    """The places that wait for a copy of each upstream (normalised text), or are served by one."""
    wanted = (f for f in result.findings if f.upstream and f.state in (State.UPSTREAM, State.BACKUP))
    groups = grouped(wanted, lambda finding: finding.upstream or "")
    return {upstream: [finding.place for finding in findings] for upstream, findings in groups.items()}


def not_backed_up(result: Result) -> list[Finding]:
    """What `check` fails for, in the order of the findings."""
    unlocked = set(result.unlocked)
    return [finding for finding in result.findings if finding.state is State.UPSTREAM or finding in unlocked]


def not_restored(result: Result) -> list[Finding]:
    """Places on the backup registry that stay: unknown to the lock file, ignored by a rule; and what may be one."""
    restored = set(changed_places(result))
    home = f"{result.backup_registry}/"
    return [
        finding
        for finding in result.findings
        if finding.place not in restored
        and (
            finding.state in (State.BACKUP, State.UNRESOLVED)
            or (finding.state is State.IGNORED and finding.place.image.startswith(home))
        )
    ]


def why_not_backed_up(finding: Finding) -> str:
    if finding.reason:
        return finding.reason
    return "not in the lock file" if finding.state is State.BACKUP else "not backed up"
