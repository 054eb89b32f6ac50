"""The real Helm (4.1), from the wheel that also brings kubectl, so that all runs compare with one version."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.parts import wheel


class Done(NamedTuple):
    """What `helm template` printed, or why it refused."""

    text: str | None
    error: str


class Job(NamedTuple):
    chart: Path
    values: tuple[Path, ...] = ()


def template(job: Job) -> Done:
    """`helm template release-name CHART`, offline, with the values files given; no schema is looked at."""
    options = [part for path in job.values for part in ("--values", str(path))]
    command = [str(wheel.folder() / "helm"), "template", "release-name", str(job.chart), "--skip-schema-validation"]
    done = subprocess.run([*command, *options], capture_output=True, check=False, timeout=60, env=_offline())
    # Line breaks as they are: a chart may be written with CRLF.
    return Done(done.stdout.decode() if done.returncode == 0 else None, done.stderr.decode())


def template_all(jobs: Sequence[Job]) -> list[Done]:
    """All jobs, a few at a time: starting Helm costs more than rendering."""
    wheel.folder()
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(template, jobs))


def _offline() -> dict[str, str]:
    """The environment, with no plugins, no repositories and no way out."""
    nowhere = "http://127.0.0.1:9"
    folders = {f"HELM_{name}_HOME": "/nonexistent" for name in ("CACHE", "CONFIG", "DATA")}
    return {**os.environ, **wheel.QUICK, **folders, "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
