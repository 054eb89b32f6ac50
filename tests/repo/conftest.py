from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import forges
from tests.parts.forges import Forge
from tests.repo.commits import MANIFEST
from tests.repo.repositories import ISOLATED, Repository, init
from tests.repo.sites import POD, Site, clone


@pytest.fixture(autouse=True)
def _isolated_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ISOLATED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return init(tmp_path / "repository")


@pytest.fixture
def committed(repository: Repository) -> Repository:
    repository.write("a.yaml", MANIFEST)
    repository.write("b.yaml", MANIFEST)
    repository.commit("a.yaml", "b.yaml")
    return repository


@pytest.fixture
def forge() -> Iterator[Forge]:
    made = forges.gitea()
    yield made
    made.web.stop()


@pytest.fixture
def site(tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "GITEA_", "GITLAB_", "GITOPS_CLONE_"))]:
        monkeypatch.delenv(name)
    remote = init(tmp_path / "srv" / "acme" / "gitops.git", "--bare")
    user = clone(tmp_path / "user", remote)
    user.write("pod.yaml", POD.format(image="nginx:1"))
    user.write("notes.txt", "one\n")
    user.commit("pod.yaml", "notes.txt")
    user.git("push", "-q", "-u", "origin", "main")
    return Site(remote, user, clone(tmp_path / "colleague", remote), forge)
