"""Many jobs: several at once, a limit for each upstream registry, Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from gitops_clone import pool
from gitops_clone.image import Reference
from gitops_clone.mirror.copy import Tools, copy_image
from gitops_clone.mirror.model import CopyJob, Lookup, MirrorSettings, Outcome, Progress, Unknown
from gitops_clone.mirror.problem import Problem
from gitops_clone.mirror.registry import BackupRegistry, look_up_upstream
from gitops_clone.mirror.skopeo import Skopeo


def mirror(jobs: Sequence[CopyJob], settings: MirrorSettings, progress: Progress) -> list[Outcome]:
    """Copy what is not on the backup registry; one outcome a job, in the order of the jobs.

    Jobs that copy the same to the same name are done once, as the first asks. Raises `UsageError` if skopeo is
    missing, `Interrupted` on SIGINT or SIGTERM; then no skopeo is left running.
    """
    if not jobs:
        return []
    outcomes: dict[int, Outcome] = {}

    def done(indices: Sequence[int], outcome: Outcome) -> None:
        for index in indices:
            outcomes[index] = replace(outcome, job=jobs[index])
            progress.done(outcomes[index])

    with _tools(settings) as tools:
        progress.start(len(jobs))
        try:
            tasks = [
                _copy_task([jobs[index] for index in indices], tools, progress, partial(done, indices))
                for indices in _same_copies(jobs)
            ]
            pool.run(tasks, at_once=settings.jobs, per_key=settings.jobs_per_registry, kill=tools.kill)
        finally:
            progress.close()
    return [outcomes[index] for index in range(len(jobs))]


def _copy_task(jobs: Sequence[CopyJob], tools: Tools, progress: Progress, done: Callable[[Outcome], None]) -> pool.Task:
    """One copy, for all of `jobs`."""
    job = jobs[0]

    def begin() -> None:
        for same in jobs:
            progress.begin(same)

    def work(post: pool.Post) -> None:
        def retry(attempt: int, delay: float, reason: str) -> None:
            post(lambda: progress.retry(job, attempt, delay, reason))

        post(begin)
        outcome = copy_image(job, tools, retry)
        post(lambda: done(outcome))

    return pool.Task(job.upstream.registry, work)


def look_up_all(references: Sequence[Reference], settings: MirrorSettings, *, upstream: bool) -> list[Lookup]:
    """What is there now, one look-up a reference, in their order.

    `upstream`: the references are upstream's, with a tag or digest, and the digest is the one that a copy would have
    (with `platform` that of the platform). Otherwise they are names on the backup registry. Raises like `mirror`.
    """
    lookups: list[Lookup] = [Unknown("not asked")] * len(references)

    def task(index: int, reference: Reference) -> pool.Task:
        def work(post: pool.Post) -> None:
            deadline = time.monotonic() + settings.timeout
            if upstream:
                found = look_up_upstream(tools.skopeo, reference, deadline, settings.platform)
            else:
                found = tools.registry.look_up(reference, deadline)
            lookups[index] = Unknown(found.reason) if isinstance(found, Problem) else found

        return pool.Task(reference.registry if upstream else "", work)

    if not references:
        return []
    with _tools(settings) as tools:
        tasks = [task(index, reference) for index, reference in enumerate(references)]
        per_key = settings.jobs_per_registry if upstream else settings.jobs
        pool.run(tasks, at_once=settings.jobs, per_key=per_key, kill=tools.kill)
    return lookups


@contextmanager
def _tools(settings: MirrorSettings) -> Iterator[Tools]:
    skopeo = Skopeo(settings)
    tools = Tools(settings, skopeo, BackupRegistry(settings, skopeo), threading.Event())
    try:
        yield tools
    finally:
        tools.registry.close()


def _same_copies(jobs: Sequence[CopyJob]) -> list[list[int]]:
    """Indices of the jobs, those together that copy the same content to the same name: `x:1@sha256:…`, `x@sha256:…`."""
    groups: dict[tuple[str, str, str], list[int]] = {}
    for index, job in enumerate(jobs):
        content = job.upstream.digest or job.upstream.tag or ""
        groups.setdefault((job.upstream.name, content, str(job.backup)), []).append(index)
    return list(groups.values())
