"""The words of mirroring: jobs, outcomes, what a look-up finds, settings, progress."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from gitops_clone.image import Reference


@dataclass(frozen=True, slots=True)
class CopyJob:
    """One image to copy: from `upstream` (with a tag or digest) to `backup`, the name that the cluster will pull.

    `replace` copies also where the backup registry has another digest under the tag (`--update`). `expected` is the
    locked digest (`--recheck`): exactly that is copied again if it is gone, and another one there is a failure.
    """

    upstream: Reference
    backup: Reference
    replace: bool = False
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    job: CopyJob
    digest: str
    seconds: float


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    job: CopyJob
    digest: str


@dataclass(frozen=True, slots=True)
class Failed:
    """`reason` is one line for a person, free of secrets."""

    job: CopyJob
    reason: str


Outcome = Copied | AlreadyThere | Failed


@dataclass(frozen=True, slots=True)
class Present:
    digest: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The registry was asked and has no such image."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The registry could not be asked, or did not say."""

    reason: str


Lookup = Present | Absent | Unknown


@dataclass(frozen=True, slots=True)
class MirrorSettings:
    """How to copy.

    `push_registry` is the backup registry as this machine reaches it. `platform` is `os/architecture[/variant]`, None
    for all. `jobs` are copied at once, `jobs_per_registry` of them from one upstream registry. `timeout` is in seconds
    for one image, retries included. `insecure` registries (`host[:port]`) may speak plain HTTP or have any certificate.
    """

    backup_registry: str
    push_registry: str | None = None
    platform: str | None = None
    jobs: int = 8
    jobs_per_registry: int = 4
    timeout: float = 900.0
    retries: int = 3
    insecure: frozenset[str] = frozenset()
    authfile: str | None = None

    def reachable(self, backup: Reference) -> Reference:
        """The reference on the backup registry as this machine reaches it: on the push registry, if there is one."""
        if self.push_registry is None:
            return backup
        path = backup.name.removeprefix(f"{self.backup_registry}/")
        registry, _, repository = f"{self.push_registry}/{path}".partition("/")
        return replace(backup, registry=registry, repository=repository)


class Progress(Protocol):
    """Is told what happens. All calls come from the thread that called `mirror`, one at a time."""

    def start(self, total: int) -> None: ...

    def begin(self, job: CopyJob) -> None: ...

    def retry(self, job: CopyJob, attempt: int, delay: float, reason: str) -> None:
        """Before the wait of `delay` seconds that precedes retry number `attempt` (from 1)."""

    def done(self, outcome: Outcome) -> None: ...

    def close(self) -> None:
        """The last call, also when the run is interrupted."""
