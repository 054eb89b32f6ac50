"""A repository as GitHub hosts it: a bare one with the merge commits of pull requests, and its checkouts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "acme/gitops"
PERSON = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org")


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *PERSON, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Hosted:
    """The bare repository `origin`, and `work`, a clone of it on the branch main."""

    origin: Path
    work: Path

    @classmethod
    def make(cls, folder: Path) -> Hosted:
        made = cls(folder / f"{NAME}.git", folder / "work")
        made.origin.parent.mkdir()
        git(folder, "init", "-q", "--bare", "-b", "main", str(made.origin))
        git(made.origin, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub's
        git(folder, "clone", "-q", made.url, str(made.work))
        git(made.work, "symbolic-ref", "HEAD", "refs/heads/main")
        return made

    @property
    def url(self) -> str:
        return f"file://{self.origin}"

    def push(self, files: dict[str, str], branch: str = "main") -> str:
        """Commit files (name to text) on a branch, made from main if it is new, and push it."""
        if git(self.work, "branch", "--list", branch):
            git(self.work, "switch", "-q", branch)
        elif branch != "main":
            git(self.work, "switch", "-q", "-c", branch, "main")
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "-m", f"Work on {branch}")
        git(self.work, "push", "-q", "origin", branch)
        return git(self.work, "rev-parse", "HEAD")

    def branch(self, name: str) -> dict[str, str]:
        """The files of a branch on the server, by name."""
        names = git(self.origin, "ls-tree", "-r", "--name-only", name).splitlines()
        return {file: git(self.origin, "show", f"{name}:{file}") + "\n" for file in names}

    def references(self) -> str:
        return git(self.origin, "for-each-ref")

    def open_pull_request(self, branch: str) -> None:
        """What GitHub does: make `refs/pull/1/merge`, the base with the branch merged."""
        git(self.work, "switch", "-q", "--detach", "main")
        git(self.work, "merge", "-q", "--no-ff", "-m", "Merge", branch)
        git(self.work, "push", "-q", "origin", "+HEAD:refs/pull/1/merge")

    def check_out(self, folder: Path, reference: str = "refs/heads/main", depth: int = 1) -> Path:
        """A checkout as actions/checkout makes it: shallow; on a branch, or detached for all else."""
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        git(folder, "remote", "add", "origin", self.url)
        name = reference.removeprefix("refs/heads/")
        local = f"refs/remotes/{f'origin/{name}' if name != reference else reference.removeprefix('refs/')}"
        options = [f"--depth={depth}"] if depth else []
        git(folder, "fetch", "-q", "--no-tags", *options, "origin", f"+{reference}:{local}")
        branch = ["-B", name] if name != reference else ["--detach"]
        git(folder, "checkout", "-q", *branch, local)
        return folder

    def payload(self, branch: str, base: str, *, repository: str | None = NAME) -> dict[str, Any]:
        """That of an event pull_request: `branch` of `repository` (None: a deleted fork), based on a commit of ours."""
        head = git(self.work, "rev-parse", branch)
        return {
            "action": "synchronize",
            "number": 1,
            "pull_request": {
                "number": 1,
                "base": {"ref": "main", "sha": base, "repo": {"full_name": NAME}},
                "head": {"ref": branch, "sha": head, "repo": {"full_name": repository} if repository else None},
            },
            "repository": {"full_name": NAME},
        }


PUSH: dict[str, Any] = {"ref": "refs/heads/main", "repository": {"full_name": NAME}}
SCHEDULE: dict[str, Any] = {"schedule": "17 4 * * *", "repository": {"full_name": NAME}}
