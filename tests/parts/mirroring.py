"""What tests of the mirror have in common: jobs from texts, and a progress that remembers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from gitops_clone.image import parse
from gitops_clone.mirror.model import CopyJob, Outcome
from gitops_clone.naming import Scheme


def job(image: str, backup_registry: str, *, replace: bool = False, expected: str | None = None) -> CopyJob:
    """The job that a manifest with `image` gives."""
    upstream = parse(image).tagged()
    return CopyJob(upstream, Scheme(backup_registry).backup(upstream), replace, expected)


@dataclass
class Recorder:
    """A `Progress` that notes what it is told, and in which threads."""

    total: int | None = None
    begun: list[CopyJob] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    closed: bool = False
    threads: set[int] = field(default_factory=set)

    def start(self, total: int) -> None:
        self.total = total

    def begin(self, job: CopyJob) -> None:
        self.threads.add(threading.get_ident())
        self.begun.append(job)

    def retry(self, job: CopyJob, attempt: int, delay: float, reason: str) -> None:
        self.threads.add(threading.get_ident())
        self.retries.append(reason)

    def done(self, outcome: Outcome) -> None:
        self.threads.add(threading.get_ident())
        self.outcomes.append(outcome)

    def close(self) -> None:
        self.closed = True
