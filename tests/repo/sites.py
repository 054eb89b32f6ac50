"""A bare repository as the remote, clones of it and a small Gitea: where branches are pushed by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.parts.forges import TOKEN, Forge
from tests.repo.repositories import Repository

BRANCH = "gitops-clone/relocate"
LOCK = ".gitops-clone.lock"
POD = "kind: Pod\nspec:\n  containers:\n    - image: {image}   # keep\n"
NGINX = "localhost:5001/index_docker_io/library/nginx:1"
REDIS = "localhost:5001/index_docker_io/library/redis:7"


@dataclass
class Site:
    """A bare repository, a user's clone of it, a colleague's clone, and the forge."""

    remote: Repository
    user: Repository
    colleague: Repository
    forge: Forge

    def run(
        self,
        *arguments: str,
        code: int = 0,
        cwd: Path | None = None,
        env: Mapping[str, str] = {},
        mirror: bool = False,
    ) -> Any:
        """Run `rewrite` in the user's clone; its JSON report."""
        copying = [] if mirror else ["--no-mirror"]
        command = [sys.executable, "-m", "gitops_clone", "rewrite", *copying, "--format", "json", *arguments]
        environ = {**os.environ, "PYTHONPATH": os.getcwd(), "GITEA_TOKEN": TOKEN, **env}
        done = subprocess.run(
            command, cwd=cwd or self.user.path, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    def pull_request(self, *arguments: str, code: int = 0, cwd: Path | None = None, mirror: bool = False) -> Any:
        return self.run("--pull-request", *self.forge.options, *arguments, code=code, cwd=cwd, mirror=mirror)

    def tip(self, branch: str = BRANCH) -> str:
        return self.remote.git("rev-parse", f"refs/heads/{branch}").strip()

    def branches(self) -> list[str]:
        return self.remote.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def commits(self, branch: str = BRANCH, base: str = "main") -> int:
        return int(self.remote.git("rev-list", "--count", f"{base}..{branch}"))

    def content(self, name: str, branch: str = BRANCH) -> str:
        return self.remote.git("show", f"{branch}:{name}")

    def colleague_pushes(self, name: str, content: str, branch: str = "main") -> str:
        """Somebody else's commit on a branch of the remote."""
        self.colleague.git("fetch", "-q", "origin")
        self.colleague.git("checkout", "-q", "-B", branch, f"origin/{branch}")
        self.colleague.write(name, content)
        sha = self.colleague.commit(name)
        self.colleague.git("push", "-q", "origin", branch)
        return sha


def everything(repository: Repository) -> dict[str, object]:
    """All that a user could miss: the work tree, what is staged, every reference, HEAD, the history."""
    git_dir = repository.path / ".git"
    return {
        "tree": {
            str(path.relative_to(repository.path)): path.read_bytes()
            for path in repository.path.rglob("*")
            if path.is_file() and ".git" not in path.parts
        },
        "index": repository.git("ls-files", "--stage"),
        "references": repository.git("for-each-ref"),
        "head": (git_dir / "HEAD").read_text(),
        "log": repository.git("log", "--format=%H"),
        "config": (git_dir / "config").read_text(),
        "shallow": (git_dir / "shallow").read_text() if (git_dir / "shallow").exists() else "",
        "own files": sorted(path.name for path in git_dir.iterdir()),
        "objects": sorted(path.name for path in (git_dir / "objects").rglob("*")),
        "stashes": repository.git("stash", "list"),
        "worktrees": repository.git("worktree", "list"),
    }


def clone(path: Path, remote: Repository, *options: str) -> Repository:
    remote.git("clone", "-q", *options, f"file://{remote.path}", str(path))
    made = Repository(path)
    made.git("config", "user.name", "Ada Lovelace")
    made.git("config", "user.email", "ada@example.org")
    return made


def outrun_once(site: Site, branch: str, name: str, content: str) -> None:
    """Once, while a push to the branch is on its way, a colleague's commit on top of main gets there first."""
    site.colleague.git("fetch", "-q", "origin")
    site.colleague.git("checkout", "-q", "-B", "quick", "origin/main")
    site.colleague.write(name, content)
    sha = site.colleague.commit(name)
    site.colleague.git("push", "-q", "origin", "quick:refs/heads/quick")
    hook = site.remote.path / "hooks" / "pre-receive"
    hook.write_text(f'#!/bin/sh\nrm "$0"\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/{branch} {sha}\n')
    hook.chmod(0o755)
