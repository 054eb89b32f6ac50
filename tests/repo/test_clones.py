"""Pull requests from clones of each kind and state: they are left as they were. Nothing is copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.parts.forges import Forge
from tests.repo.repositories import init
from tests.repo.sites import BRANCH, NGINX, POD, REDIS, Site, clone, everything


def test_a_dirty_work_tree_is_not_swept_in(site: Site) -> None:
    site.user.write("pod.yaml", POD.format(image="nginx:1") + "# mine\n")
    site.user.write("notes.txt", "staged\n")
    site.user.git("add", "notes.txt")
    site.user.write("new.yaml", POD.format(image="redis:7"))
    site.user.git("stash", "push", "-q", "--keep-index", "--", "pod.yaml")
    site.user.write("pod.yaml", POD.format(image="nginx:1") + "# mine too\n")
    before = everything(site.user)
    site.pull_request()
    assert everything(site.user) == before
    assert site.content("pod.yaml") == POD.format(image=NGINX)
    assert site.content("notes.txt") == "one\n"
    assert "new.yaml" not in site.remote.git("ls-tree", "--name-only", BRANCH)


def test_from_a_detached_head_and_an_unpushed_branch(site: Site) -> None:
    site.user.git("checkout", "-q", "--detach")
    site.user.write("pod.yaml", "kind: Pod\n")
    site.user.commit("pod.yaml")
    before = everything(site.user)
    site.pull_request()
    assert everything(site.user) == before
    assert site.content("pod.yaml") == POD.format(image=NGINX)


def test_in_a_shallow_clone(site: Site, tmp_path: Path) -> None:
    for number in range(3):
        site.colleague_pushes("notes.txt", f"{number}\n")
    shallow = clone(tmp_path / "shallow", site.remote, "--depth=1")
    before = everything(shallow)
    site.pull_request(cwd=shallow.path)
    site.pull_request(cwd=shallow.path)
    assert site.commits() == 1
    base = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.pull_request(cwd=shallow.path)
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == base
    theirs = site.colleague_pushes("notes.txt", "theirs\n", BRANCH)
    site.colleague_pushes("more.yaml", POD.format(image="busybox"), BRANCH)
    site.pull_request(cwd=shallow.path)
    assert site.remote.git("rev-parse", f"{BRANCH}~2").strip() == theirs
    assert everything(shallow) == before
    assert shallow.git("rev-list", "--count", "HEAD").strip() == "1"


def test_bytes_are_stored_as_they_were_whatever_the_attributes_say(site: Site) -> None:
    content = POD.format(image="nginx:1").replace("\n", "\r\n")
    site.colleague_pushes("crlf.yaml", content)
    site.colleague_pushes(".gitattributes", "* text=auto\n*.yaml text eol=lf filter=broken\n")
    site.user.git("config", "filter.broken.clean", "false")
    site.user.git("config", "filter.broken.required", "true")
    site.pull_request()
    blob = f"{BRANCH}:crlf.yaml"
    assert site.remote.git("cat-file", "-s", blob).strip() == str(len(content.replace("nginx:1", NGINX)))


def test_the_configuration_of_the_users_directory_holds(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work.gitconfig"
    work.write_text("[user]\n\tname = Ada at Work\n\temail = ada@work.example.org\n")
    config = tmp_path / "gitconfig"
    config.write_text(f'[includeIf "gitdir:{site.user.path}/"]\n\tpath = {work}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    site.user.git("config", "--unset", "user.name")
    site.user.git("config", "--unset", "user.email")
    site.pull_request()
    assert site.remote.git("log", "-1", "--format=%an %ae", BRANCH).strip() == "Ada at Work ada@work.example.org"


def test_in_a_linked_worktree(site: Site, tmp_path: Path) -> None:
    site.user.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
    before = everything(site.user)
    site.pull_request(cwd=tmp_path / "linked")
    assert everything(site.user) == before
    assert site.content("pod.yaml") == POD.format(image=NGINX)


def test_in_a_clone_without_blobs(site: Site, tmp_path: Path) -> None:
    site.remote.git("config", "uploadpack.allowFilter", "true")
    site.remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = clone(tmp_path / "partial", site.remote, "--filter=blob:none", "--no-checkout")
    site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    before = everything(partial)
    site.pull_request(cwd=partial.path)
    assert everything(partial) == before
    assert site.content("redis.yaml") == POD.format(image=REDIS)
    assert site.commits() == 1


def test_with_hashes_of_sha256(tmp_path: Path, forge: Forge) -> None:
    remote = init(tmp_path / "srv" / "acme" / "gitops.git", "--bare", "--object-format=sha256")
    user = init(tmp_path / "user", "--object-format=sha256")  # git 2.39 clones an empty one wrongly
    user.write("pod.yaml", POD.format(image="nginx:1"))
    user.commit("pod.yaml")
    user.git("remote", "add", "origin", str(remote.path))
    user.git("push", "-q", "origin", "main")
    site = Site(remote, user, user, forge)
    site.pull_request()
    assert site.content("pod.yaml") == POD.format(image=NGINX)


def test_a_remote_that_is_a_relative_path(site: Site) -> None:
    site.user.git("remote", "set-url", "origin", os.path.relpath(site.remote.path, site.user.path))
    (site.user.path / "apps").mkdir()
    site.pull_request("..", cwd=site.user.path / "apps")
    assert site.content("pod.yaml") == POD.format(image=NGINX)


def test_no_remote_and_no_repository(site: Site, tmp_path: Path) -> None:
    site.user.git("remote", "remove", "origin")
    for how in ("--push", "--pull-request"):
        assert "no remote to push to; add one" in site.run(how, *site.forge.options, code=2)
        assert "not a git repository" in site.run(how, *site.forge.options, code=2, cwd=tmp_path)
