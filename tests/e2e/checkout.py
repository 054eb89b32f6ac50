"""A user's checkout, with gitops-clone run in it as the user would: by its command line, in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.parts.registry import Registry

LOCK = ".gitops-clone.lock"


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      containers:
        - name: {name}   # keep
          image: {image}
"""


def deployment(image: str, name: str = "web") -> str:
    """A Deployment with one container, whose image stands on line 10 from column 18."""
    return DEPLOYMENT.format(image=image, name=name)


@dataclass(frozen=True)
class Done:
    """What a finished command has to show."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on standard error that tell what went wrong."""
        return [line for line in self.err.splitlines() if line.startswith("gitops-clone: ")]

    def count(self, label: str) -> int:
        """The number in the closing table's row."""
        match = re.search(rf"^{label} +(\d+)\b", self.out + self.err, re.MULTILINE)
        assert match, f"no row {label!r} in:\n{self.out}{self.err}"
        return int(match[1])


class Running(subprocess.Popen[str]):
    """A command at work. It ends with its `with` block, where a failed test leaves that."""

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None:
            self.terminate()
        super().__exit__(kind, *rest)


@dataclass
class Checkout:
    """A work tree at `path`, whose images go to `registry`."""

    path: Path
    registry: Registry
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def deploy(self, *images: str) -> None:
        """Write one Deployment an image: 0.yaml, 1.yaml and so on."""
        for number, image in enumerate(images):
            self.write(f"{number}.yaml", deployment(image))

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def image(self, name: str = "0.yaml") -> str:
        """The image that a file written by `deploy` has now; all else in it must be as it was."""
        lines = self.read(name).splitlines()
        image = lines[9].removeprefix("          image: ")
        assert self.read(name) == deployment(image)
        return image

    def at_backup(self, path: str) -> str:
        return f"{self.registry.address}/{path}"

    def tree(self) -> dict[str, bytes]:
        """All files but git's own, by name."""
        files = (path for path in self.path.rglob("*") if path.is_file() and ".git" not in path.parts)
        return {str(path.relative_to(self.path)): path.read_bytes() for path in files}

    def lock(self) -> dict[str, object]:
        """The lock file's content, as any YAML reader sees it."""
        content: dict[str, object] = yaml.safe_load(self.read(LOCK))
        return content

    def locked(self) -> dict[str, dict[str, object]]:
        images = self.lock()["images"]
        assert isinstance(images, dict)
        return images

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, capture_output=True, text=True, input=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def init(self) -> None:
        self.git("init", "-q", "-b", "main")

    def commit(self, message: str = "Somebody's work") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "gitops_clone", *arguments]

    def variables(self) -> dict[str, str]:
        """The environment of a run."""
        return {**os.environ, "GITOPS_CLONE_BACKUP_REGISTRY": self.registry.address, **self.environment}

    def run(self, *arguments: str | Path, code: int = 0, stdin: bytes = b"", env: Mapping[str, str] = {}) -> Done:
        """Run gitops-clone in the work tree; its exit code must be `code`, and it must never end with a traceback."""
        done = subprocess.run(
            self.command(*map(str, arguments)),
            cwd=self.path,
            env={**self.variables(), **env},
            capture_output=True,
            input=stdin,
            timeout=120,
        )
        result = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        assert result.code == code, f"exit code {result.code}, not {code}\n{result.out}\n{result.err}"
        return result

    def start(self, *arguments: str) -> Running:
        """Start gitops-clone in the work tree, for a test that meets it at work."""
        return Running(
            self.command(*arguments),
            cwd=self.path,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell starts what runs in its background, the tests for one, with SIGINT ignored; that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def json(self, *arguments: str, code: int = 0) -> dict[str, object]:
        """The JSON report of a command."""
        report: dict[str, object] = json.loads(self.run(*arguments, "--format", "json", code=code).out)
        return report
