"""One job: look first, copy what is not there, look again. Retries what is worth it, within the image's time limit."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from gitops_clone.image import Reference
from gitops_clone.mirror.model import Absent, AlreadyThere, Copied, CopyJob, Failed, MirrorSettings, Outcome, Present
from gitops_clone.mirror.problem import Kind, Problem
from gitops_clone.mirror.registry import BackupRegistry, Served, look_up_upstream
from gitops_clone.mirror.skopeo import Skopeo

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
_RETRIES = {Kind.UNKNOWN: 1, Kind.UNREACHABLE: 1}

T = TypeVar("T")
# Told before each wait: number of the retry (from 1), seconds to wait, reason.
OnRetry = Callable[[int, float, str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What every job of a run works with. `stop` ends all waiting."""

    settings: MirrorSettings
    skopeo: Skopeo
    registry: BackupRegistry
    stop: threading.Event

    def kill(self) -> None:
        """Stop everything that is under way; jobs end as failed."""
        self.stop.set()
        self.skopeo.kill()
        self.registry.close()


def copy_image(job: CopyJob, tools: Tools, on_retry: OnRetry) -> Outcome:
    """Bring one image to the backup registry, unless it is there."""
    started = time.monotonic()
    attempts = _Attempts(tools, started + tools.settings.timeout, on_retry)
    found: Served = attempts.of(lambda deadline: tools.registry.look_up(job.backup, deadline))
    if isinstance(found, Problem):
        return Failed(job, found.reason)
    if isinstance(found, Present):
        settled = _judge(job, found.digest, tools, attempts)
        if settled is not None:
            return settled
    return _copy(job, tools, attempts, started)


def _judge(job: CopyJob, there: str, tools: Tools, attempts: _Attempts) -> Outcome | None:
    """The outcome where the backup tag already serves the digest `there`; None if it must be copied."""
    if job.upstream.digest:
        return AlreadyThere(job, there) if there == job.upstream.digest else None
    if job.replace:
        platform = tools.settings.platform
        now: Served = attempts.of(lambda deadline: look_up_upstream(tools.skopeo, job.upstream, deadline, platform))
        if isinstance(now, Problem | Absent):
            return Failed(job, now.reason)
        return AlreadyThere(job, there) if there == now.digest else None
    if job.expected not in (None, there):
        return Failed(
            job, f"the backup has {_short(there)}, the lock file {_short(job.expected)}: --update copies again"
        )
    return AlreadyThere(job, there)


def _copy(job: CopyJob, tools: Tools, attempts: _Attempts, started: float) -> Outcome:
    source, destination = _source(job), tools.settings.reachable(job.backup)
    digest = attempts.of(lambda deadline: tools.skopeo.copy(source, destination, deadline))
    if isinstance(digest, Problem):
        lost = digest.kind is Kind.MISSING and source != job.upstream
        return Failed(
            job,
            f"{_short(source.digest)} is gone upstream: --update takes what is there now" if lost else digest.reason,
        )
    served: Served = attempts.of(lambda deadline: tools.registry.look_up(job.backup, deadline))
    if isinstance(served, Problem | Absent):
        return Failed(job, f"copied, but then: {served.reason}")
    if served.digest != digest or job.upstream.digest not in (None, digest):
        return Failed(job, f"the backup registry serves {_short(served.digest)} after a copy of {_short(digest)}")
    return Copied(job, digest, time.monotonic() - started)


def _source(job: CopyJob) -> Reference:
    """What to copy: a locked digest is copied again as it was, whatever its tag is now."""
    if job.expected and not job.replace and job.upstream.digest is None:
        return replace(job.upstream, tag=None, digest=job.expected)
    return job.upstream


class _Attempts:
    """Tries one image's steps again where that may help; the steps share the time limit and the number of retries."""

    def __init__(self, tools: Tools, deadline: float, on_retry: OnRetry) -> None:
        self._tools = tools
        self._deadline = deadline
        self._on_retry = on_retry
        self._used = 0

    def of(self, step: Callable[[float], T | Problem]) -> T | Problem:
        while True:
            result = step(self._deadline)
            if not isinstance(result, Problem) or self._used >= self._allowed(result.kind):
                return result
            delay = min(FIRST_DELAY * 2**self._used, LONGEST_DELAY) * random.uniform(0.5, 1.0)
            if time.monotonic() + delay > self._deadline:
                return result
            self._used += 1
            self._on_retry(self._used, delay, result.reason)
            if self._tools.stop.wait(delay):
                return result

    def _allowed(self, kind: Kind) -> int:
        retries = self._tools.settings.retries
        return retries if kind is Kind.TRANSIENT else min(retries, _RETRIES.get(kind, 0))


def _short(digest: str | None) -> str:
    return f"{(digest or '')[:19]}…"
