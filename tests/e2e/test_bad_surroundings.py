"""Wrong settings, lock files and surroundings: one line, exit code 2, nothing touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.checkout import LOCK, Checkout, deployment

NGINX = "index_docker_io/library/nginx:1.27"
DIGEST = "sha256:" + "0" * 64


def refused(checkout: Checkout, *arguments: str, **variables: str) -> str:
    """The one line with which a run is refused; the tree must be as before."""
    before = checkout.tree()
    done = checkout.run(*arguments, code=2, env=variables)
    assert len(done.errors) == 1, done.err
    assert done.out == ""
    assert checkout.tree() == before
    return done.errors[0].removeprefix("gitops-clone: ")


CONFIGURATIONS = {
    'backup-registri = "localhost:5001"': "backup-registry",
    "jobs = true": "jobs",
    "jobs = []": "jobs",
    "jobs = 0": "jobs",
    "exclude = 1": "exclude",
    "exclude = [1]": "exclude",
    'backup-registry = "https://localhost:5001"': "https://",
    'backup-registry = "localhost:5001/nginx:1"': "backup-registry",
    'pin = "sometimes"': "one of never, digest, always",
    'timeout = "soon"': "timeout",
    'platform = "linux"': "linux",
    "jobs = ": ".gitops-clone.toml:1",
    'jobs = 1\njobs = 2': ".gitops-clone.toml:2",
    "\x00": ".gitops-clone.toml:1",
}  # fmt: skip


@pytest.mark.parametrize("content", CONFIGURATIONS)
def test_a_configuration_that_is_wrong(checkout: Checkout, content: str) -> None:
    checkout.deploy("nginx:1.27")
    checkout.write(".gitops-clone.toml", content + "\n")
    line = refused(checkout, "rewrite")
    assert line.startswith(".gitops-clone.toml") or "platform" in line
    assert CONFIGURATIONS[content] in line


def test_a_variable_that_is_wrong(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    line = refused(checkout, "rewrite", GITOPS_CLONE_BAKUP_REGISTRY="localhost:5001")
    assert "GITOPS_CLONE_BAKUP_REGISTRY" in line
    assert "GITOPS_CLONE_BACKUP_REGISTRY" in line
    assert "GITOPS_CLONE_JOBS" in refused(checkout, "rewrite", GITOPS_CLONE_JOBS="many")


def test_an_option_that_is_wrong(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    for arguments, said in {
        ("rewrite", "--bakup-registry", "x"): "--backup-registry",
        ("rewrite", "--jobs", "many"): "--jobs",
        ("rewrite", "--jobs", "0"): "jobs",
        ("rewrite", "--pin", "sometimes"): "--pin",
        ("rewrite", "--format", "yaml"): "--format",
        ("rewrite", "--backup-registry", "--dry-run"): "backup-registry",
        ("rewrit",): "rewrit",
        ("--nonsense", "rewrite"): "--nonsense",
    }.items():
        done = checkout.run(*arguments, code=2)
        assert said in done.err
        assert done.out == ""
    assert list(checkout.tree()) == ["0.yaml"]


def entry(key: str = "index.docker.io/library/nginx:1.27", backup: str = NGINX, digest: str = DIGEST) -> str:
    return f'  "{key}": {{"backup": "HOST/{backup}", "digest": "{digest}", "written": ["nginx:1.27"]}}\n'


HEAD = "version: 1\nbackup-registry: HOST\nimages:\n"
LOCKS = {
    "empty": ("", ""),
    "no YAML": ("{{{\n", ":1"),
    "another version": (HEAD.replace("1", "2", 1), "version"),
    "another key": (HEAD + entry() + "more: 1\n", ":5"),
    "conflict": (HEAD + "<<<<<<< HEAD\n" + entry() + "=======\n>>>>>>> other\n", ":4"),
    "two digests": (HEAD + entry() + entry(digest="sha256:" + "1" * 64), ":5"),
    "bad digest": (HEAD + entry(digest="sha256:abc"), ":4"),
    "bad key": (HEAD + entry(key="--help"), ":4"),
    "bad backup": (HEAD + entry(backup="../../etc:1"), ":4"),
    "a backup of another name": (
        HEAD + entry(backup="index_docker_io/library/evil:1"),
        ": index.docker.io/library/nginx",
    ),
    "an upstream without a name": (HEAD + entry(key="[::1]:5000/a/b:1"), ": [::1]:5000/a/b:1"),
    "cut": (HEAD + entry()[:80] + "\n", ":4"),
    "binary": ("\x00\x01\x02", ""),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_that_is_broken(checkout: Checkout, name: str) -> None:
    content, line = LOCKS[name]
    checkout.deploy("nginx:1.27")
    checkout.write(LOCK, content.replace("HOST", checkout.registry.address))
    for command in ("rewrite", "check", "restore"):
        said = refused(checkout, command)
        assert said.startswith(LOCK + line) or (line == "version" and line in said)
    assert checkout.registry.catalogue() == {}


def test_a_lock_file_of_another_backup_registry(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    checkout.run("rewrite")
    for command in ("rewrite", "check", "status", "restore", "mirror"):
        said = refused(checkout, command, "--backup-registry", "other.example/mirror")
        assert checkout.registry.address in said
        assert "other.example/mirror" in said


def test_two_upstreams_with_one_backup_name(checkout: Checkout) -> None:
    colliding = ("registry.acme.example:8443/a:1", "registry.acme.example.8443/a:1")
    checkout.deploy(*colliding, "nginx:1.27")
    done = checkout.run("rewrite", "--no-mirror", code=2)
    assert len(done.errors) == 1
    assert all(name in done.errors[0] for name in colliding)
    written = {checkout.image("0.yaml"), checkout.image("1.yaml")}
    assert len(written & {*colliding}) == 1, "the first in the order of names has it"
    assert checkout.image("2.yaml") == checkout.at_backup(NGINX)
    checkout.run("rewrite", "--no-mirror", "--ignore", next(iter(written & {*colliding})))


def test_no_git_program(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    skopeo = shutil.which("skopeo")
    assert skopeo
    (tmp_path / "bin/skopeo").symlink_to(skopeo)
    checkout.deploy("nginx:1.27")
    checkout.environment["PATH"] = str(tmp_path / "bin")
    assert "git" in refused(checkout, "rewrite", "--commit")
    checkout.run("rewrite")
    assert checkout.image() == checkout.at_backup(NGINX)


def test_no_git_repository(checkout: Checkout) -> None:
    checkout.path = checkout.path.parent / "plain"
    checkout.write("apps/web.yaml", deployment("nginx:1.27"))
    done = checkout.run("rewrite")
    assert checkout.image("apps/web.yaml") == checkout.at_backup(NGINX)
    assert set(checkout.tree()) == {LOCK, "apps/web.yaml"}
    assert "git diff" not in done.out
    checkout.run("restore")
    assert checkout.image("apps/web.yaml") == "nginx:1.27"


def test_a_repository_that_git_refuses(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    checkout.write(".git/config", "[broken\n")
    assert "git cannot list the files" in refused(checkout, "rewrite")


def test_a_root_that_cannot_be_written(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    checkout.run("mirror")
    (checkout.path / LOCK).chmod(0o444)
    checkout.write("1.yaml", deployment("redis:7.4"))
    said = checkout.run("rewrite", code=2).errors
    assert len(said) == 1
    assert LOCK in said[0]
    assert "read-only" in said[0]
    assert checkout.image() == "nginx:1.27", "no reference without its lock"


@pytest.mark.parametrize("command", ["restore", "status"])
def test_nothing_is_locked_yet(checkout: Checkout, command: str) -> None:
    checkout.deploy("nginx:1.27")
    assert refused(checkout, command).startswith(f"{LOCK}: not found")


def test_secrets_stay_where_they_are(checkout: Checkout, user: Path) -> None:
    """Neither a log-in in the docker configuration, nor a token in the environment, nor one in a remote's address."""
    secret = "s3cr3t-of-the-user"
    (user / ".docker").mkdir()
    (user / ".docker/config.json").write_text(
        f'{{"auths": {{"{checkout.registry.address}": {{"username": "u", "password": "{secret}"}}}}}}'
    )
    checkout.environment |= {"GITHUB_TOKEN": secret, "GITOPS_TOKEN": secret}
    checkout.deploy("nginx:1.27", "ghcr.io/acme/vanished:1")
    checkout.commit()
    checkout.git("remote", "add", "origin", f"https://user:{secret}@git.example/x.git")
    runs = [
        checkout.run("rewrite", "--commit", code=3),
        checkout.run("rewrite", "--recheck", "-v", code=3),
        checkout.run("status"),
        checkout.run("check", code=1),
        checkout.run("rewrite", "--backup-registry", secret.replace("-", "_"), code=2),
    ]
    checkout.registry.stop()
    runs.append(checkout.run("rewrite", "--recheck", "--retries", "0", code=3))
    for done in runs[:4] + runs[5:]:
        assert secret not in done.out + done.err
    assert secret not in checkout.read(LOCK)
    assert secret not in checkout.git("log", "-p")
    assert os.environ["HOME"] == str(user)


def test_out_of_memory(checkout: Checkout) -> None:
    containers = "".join(f"  - image: nginx:1.{number}\n" for number in range(60_000))
    checkout.write("large.yaml", text := f"kind: Pod\nspec:\n  containers:\n{containers}")
    limited = 'ulimit -v 120000; exec "$0" -m gitops_clone scan'
    done = subprocess.run(
        ["sh", "-c", limited, sys.executable], cwd=checkout.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("gitops-clone: out of memory")
    assert len(done.stderr.splitlines()) == 1
    assert checkout.read("large.yaml") == text
