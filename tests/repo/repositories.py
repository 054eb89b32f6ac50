"""Real git repositories for the tests of this room."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Nobody's own configuration: neither identity, signing nor line endings of the machine that runs the tests.
ISOLATED = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with an identity and the branch `main`."""

    path: Path

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=cwd or self.path, env=ISOLATED, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def commit(self, *names: str) -> str:
        self.git("add", "--", *names)
        self.git("commit", "-q", "-m", "Somebody's work")
        return self.git("rev-parse", "HEAD").strip()


def init(path: Path, *options: str) -> Repository:
    path.mkdir(parents=True, exist_ok=True)
    repository = Repository(Path(os.path.realpath(path)))
    repository.git("init", "-q", "-b", "main", *options)
    repository.git("config", "user.name", "Ada Lovelace")
    repository.git("config", "user.email", "ada@example.org")
    return repository
