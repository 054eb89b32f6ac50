"""The real Helm (4.1), from the wheel that also brings kubectl, so that all runs compare with one version."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gitops_clone.helm import chart as charts
from gitops_clone.helm.errors import BadChart
from tests.parts import wheel

# Passwords, names and certificates of a chart's own making.
_RANDOM = re.compile(
    r"^ +(?:[\w-]*pass\w*|name|tls\.\w+|ca\.\w+|caBundle|rollme|checksum/\S+): .*\n", re.MULTILINE | re.IGNORECASE
)


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


def steady(text: str) -> str:
    """What a chart renders, without what differs from one rendering to the next."""
    return _RANDOM.sub("", text)


def add_dependencies(folder: Path) -> bool:
    """Whether a folder is a chart; the dependencies that it lacks are put there, with nothing in them."""
    try:
        found = charts.read(folder, "")
    except BadChart:
        return False
    present = {child.name for child in found.subcharts}
    for wanted in found.dependencies:
        if wanted.name not in present:
            version = re.search(r"\d+\.\d+\.\d+[\w.+-]*", wanted.version)
            text = f"apiVersion: v2\nname: {wanted.name}\nversion: {version[0] if version else '0.0.1'}\n"
            stub = folder / "charts" / wanted.name / "Chart.yaml"
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text(text)
    for lock in ("Chart.lock", "requirements.lock"):
        (folder / lock).unlink(missing_ok=True)
    return True


def _offline() -> dict[str, str]:
    """The environment, with no plugins, no repositories and no way out."""
    nowhere = "http://127.0.0.1:9"
    folders = {f"HELM_{name}_HOME": "/nonexistent" for name in ("CACHE", "CONFIG", "DATA")}
    return {**os.environ, **wheel.QUICK, **folders, "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
