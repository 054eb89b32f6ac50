"""A folder with manifests, scanned and rewritten without copying anything."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from gitops_clone.cli.main import cli
from tests.parts.tools import tool

BACKUP = "localhost:5001"
NOT_ASKED = "a chart or artifact in a registry, no image: --charts takes it"


class Folder:
    """Files below a root."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root, self.before = root, dict(files)
        for name, text in {".gitops-clone.toml": "", **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def run(self, *arguments: str, paths: tuple[str, ...] = ("",), code: int = 0) -> Result:
        where = [str(self.root / path) for path in paths]
        done = CliRunner().invoke(cli, [*arguments, *where], standalone_mode=False)
        assert (done.exit_code or done.return_value or 0) == code, f"{done.output}\n{done.exception!r}"
        return done

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org")
        command = [tool("git"), "-C", str(self.root), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def findings(self, *options: str, paths: tuple[str, ...] = ("",)) -> list[dict[str, Any]]:
        report = json.loads(self.run("scan", "--format", "json", *options, paths=paths).stdout)
        return list(report["findings"])

    def states(self, *options: str, paths: tuple[str, ...] = ("",)) -> dict[str, str]:
        """State and reason by image, with `--charts`."""
        found = self.findings("--charts", *options, paths=paths)
        return {each["image"]: ": ".join(filter(None, (each["state"], each["reason"]))) for each in found}

    def rewrite(self, *options: str, paths: tuple[str, ...] = ("",)) -> dict[str, list[str]]:
        """The new lines by file. A second run changes nothing, `check` is content, `restore` brings all bytes back."""
        self.run("rewrite", "--no-mirror", "--charts", *options, paths=paths)
        once = self._files()
        self.run("rewrite", "--no-mirror", "--charts", *options, paths=paths)
        assert self._files() == once
        self.run("check", "--charts", *options, paths=paths)
        self.run("check", paths=paths)
        if (self.root / ".gitops-clone.lock").exists():
            self.run("restore")
        assert self._files() == self.before
        changed = {
            name: [line.strip() for line in text.splitlines() if line not in self.before[name].splitlines()]
            for name, text in once.items()
        }
        return {name: lines for name, lines in changed.items() if lines}

    def locked(self) -> list[str]:
        """The upstreams in the lock file."""
        lines = (self.root / ".gitops-clone.lock").read_text().splitlines()
        return [line.split('"')[1] for line in lines if '"backup"' in line]

    def _files(self) -> dict[str, str]:
        return {name: (self.root / name).read_text() for name in self.before}
