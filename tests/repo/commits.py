"""Commits of a rewrite, and what git then says of the repository."""

from __future__ import annotations

from pathlib import Path

from gitops_clone.repo.commit import Commit, commit_edits
from tests.repo.repositories import Repository

LOCK = ".gitops-clone.lock"
MANIFEST = "# top\nimage: nginx:1\n# middle 1\n# middle 2\n# middle 3\nreplicas: 1\n"


def relocate(file: str, content: bytes) -> bytes | None:
    """The edits of these tests: they apply wherever the image still stands."""
    return content.replace(b"nginx:1", b"backup/nginx:1") if b"nginx:1" in content else None


def rewrite(repository: Repository, *names: str, root: Path | None = None, message: str = "Relocate") -> Commit:
    """What `rewrite --commit` does once everything is copied: edit the work tree, write the lock file, commit."""
    before = {name: (repository.path / name).read_bytes() for name in names}
    after = {name: edited for name, content in before.items() if (edited := relocate(name, content))}
    for name, content in after.items():
        (repository.path / name).write_bytes(content)
    repository.write(LOCK, "version: 1\n")
    return commit_edits(root or repository.path, before, after, [LOCK], relocate, message)


def changed_files(repository: Repository, revision: str = "HEAD") -> list[str]:
    return sorted(repository.git("show", "--format=", "--name-only", revision).split())


def status(repository: Repository) -> list[str]:
    return repository.git("status", "--porcelain").splitlines()


def diff(repository: Repository, *options: str) -> list[str]:
    """The removed and added lines of a file, without headers."""
    lines = repository.git("diff", "-U0", *options).splitlines()
    return [line for line in lines if line[0] in "+-" and not line.startswith(("+++ ", "--- "))]
