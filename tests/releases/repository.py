"""A folder with charts, rewritten by gitops-clone, with the real Helm as the judge of what came of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gitops_clone.cli.main import cli
from tests.layers.rendered import compare
from tests.parts import helm
from tests.parts.helm import Job

LOCK = ".gitops-clone.lock"
DIGEST = "a1" * 32
BACKUP = "localhost:5001"
HUB = f"{BACKUP}/index_docker_io"

Files = Mapping[str, str]


def deployment(image: str, name: str = "web", extra: str = "") -> str:
    """A template of a Deployment; `image` is what stands behind `image:`, `extra` more lines of metadata."""
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
{extra}spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
"""


def chart(values: str, template: str, name: str = "web", more: Files | None = None) -> dict[str, str]:
    """The files of a chart `charts/NAME`."""
    found = {
        "Chart.yaml": f'apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: "1.25"\n',
        "values.yaml": values,
        "templates/web.yaml": template,
        **(more or {}),
    }
    return {f"charts/{name}/{file}": text for file, text in found.items()}


def _as_tags(text: str) -> str:
    """What is rendered, with the digests of relocated images as tags: a chart may not take them so."""
    return re.sub(rf"({BACKUP}/[\w./-]+?)(?::[\w.-]+)?@sha256:", r"\1:sha256_", text)


class Repository:
    """Files below a root. `jobs` are the releases that Helm renders to judge."""

    def __init__(self, root: Path, files: Files, jobs: Sequence[tuple[str, Sequence[str]]] = (("charts/web", ()),)):
        self.root = root
        self.before = dict(files)
        self._jobs = [Job(root / folder, tuple(root / name for name in values)) for folder, values in jobs]
        for name, text in {".gitops-clone.toml": "", **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def run(self, *arguments: str, code: int = 0) -> Result:
        command, *options = arguments
        done = CliRunner().invoke(cli, [command, *options, str(self.root)], standalone_mode=False)
        assert (done.exit_code or done.return_value or 0) == code, f"{done.output}\n{done.exception!r}"
        return done

    def rewrite(self, *options: str) -> tuple[int, int]:
        """Rewrite; how many images each release now renders relocated, and how many stay. Nothing else may change."""
        before = helm.template_all(self._jobs)
        assert all(done.text is not None for done in before), [done.error for done in before]
        self.run("rewrite", "--no-mirror", *options)
        after = helm.template_all(self._jobs)
        counts = [
            compare(old.text or "", _as_tags(new.text or new.error)) for old, new in zip(before, after, strict=True)
        ]
        self._goes_on(*options)
        return sum(moved for moved, _ in counts), sum(kept for _, kept in counts)

    def render(self) -> list[str]:
        """What each release renders."""
        return [done.text or done.error for done in helm.template_all(self._jobs)]

    def _goes_on(self, *options: str) -> None:
        """A second run changes nothing, what is relocated counts as backed up, and restore brings back every byte."""
        once = self.files()
        self.run("rewrite", "--no-mirror", *options)
        assert self.files() == once
        self._completes(once, *options)
        copy = self.root.with_name(f"{self.root.name}-restored")
        shutil.copytree(self.root, copy)
        if (copy / LOCK).exists():
            assert CliRunner().invoke(cli, ["restore", str(copy)]).exit_code == 0
        assert {name: (copy / name).read_text() for name in self.before} == self.before
        shutil.rmtree(copy)

    def _completes(self, once: Files, *options: str) -> None:
        """A run that was killed when it had written the lock file, and no more, is completed by the next one."""
        lock = self.root / LOCK
        told = lock.read_text() if lock.exists() else ""
        for name, text in self.before.items():
            (self.root / name).write_text(text)
        self.run("rewrite", "--no-mirror", *options)
        assert self.files() == once
        assert (lock.read_text() if lock.exists() else "") == told

    def files(self) -> dict[str, str]:
        return {name: (self.root / name).read_text() for name in self.before}

    def changes(self) -> dict[str, list[str]]:
        """The lines that are new, by file."""
        found: dict[str, list[str]] = {}
        for name, text in self.files().items():
            old = self.before[name].splitlines()
            lines = [line.strip() for line in text.splitlines() if line not in old]
            if lines:
                found[name] = lines
        return found

    def findings(self, *options: str, code: int = 0) -> list[dict[str, Any]]:
        report = json.loads(self.run("scan", "--format", "json", *options, code=code).stdout)
        return list(report["findings"])

    def states(self, *options: str) -> dict[str, tuple[str, str | None]]:
        """State and reason by `FILE: IMAGE`."""
        found = self.findings(*options)
        return {f"{each['file']}: {each['image']}": (each["state"], each["reason"]) for each in found}
