"""The hooks that we offer, installed by pre-commit itself from a clean clone of this checkout."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.checkout import deployment

SOURCE = Path(__file__).parents[2]
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]
CONFIGURATION = """\
repos:
  - repo: {clone}
    rev: {revision}
    hooks:
      - id: gitops-clone-rewrite
        args: [--no-mirror]
      - id: gitops-clone-check
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call it with a command line, to be run in the user's repository."""
    folder = tmp_path / "gitops"
    folder.mkdir()
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def start(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)

    assert start("git", "init", "-q").returncode == 0
    return start


@pytest.fixture
def clone(run: Run, tmp_path: Path) -> Path:
    """What a user's pre-commit fetches: the last commit of this checkout."""
    assert run("git", "clone", "-q", str(SOURCE), str(tmp_path / "clone")).returncode == 0
    return tmp_path / "clone"


def test_the_manifest_is_valid() -> None:
    """pre-commit itself takes the hooks' file."""
    subprocess.run([*PRE_COMMIT, "validate-manifest", str(SOURCE / ".pre-commit-hooks.yaml")], check=True)


def test_a_user_tries_the_check(run: Run, clone: Path, tmp_path: Path) -> None:
    """`pre-commit try-repo` fails on an upstream reference, and names its place."""
    (tmp_path / "gitops/web.yaml").write_text(deployment("nginx:1.27"))
    run("git", "add", ".")
    tried = run(*PRE_COMMIT, "try-repo", str(clone), "gitops-clone-check", "--all-files")
    assert tried.returncode == 1, tried.stdout + tried.stderr
    assert "web.yaml:10:18" in tried.stdout
    assert "nginx:1.27" in tried.stdout


def test_a_user_installs_both_hooks(run: Run, clone: Path, tmp_path: Path) -> None:
    """A commit with an upstream reference is stopped and rewritten; added again, it passes both hooks."""
    folder = tmp_path / "gitops"
    revision = run("git", "-C", str(clone), "rev-parse", "HEAD").stdout.strip()
    (folder / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(clone=clone, revision=revision))
    (folder / "web.yaml").write_text(deployment("nginx:1.27"))
    (folder / "other.yaml").write_text(deployment("redis:7.4"))
    run("git", "add", "web.yaml", ".pre-commit-config.yaml")

    stopped = run(*PRE_COMMIT, "run")
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "files were modified by this hook" in stopped.stdout
    assert (folder / "web.yaml").read_text() == deployment("localhost:5001/index_docker_io/library/nginx:1.27")
    assert (folder / "other.yaml").read_text() == deployment("redis:7.4")

    run("git", "add", "web.yaml", ".gitops-clone.lock")
    passed = run(*PRE_COMMIT, "run")
    assert passed.returncode == 0, passed.stdout + passed.stderr
