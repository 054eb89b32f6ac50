"""`--push` to a bare repository, by the command line; nothing of anybody's is lost. Nothing is copied."""

from __future__ import annotations

from pathlib import Path

from tests.repo.sites import NGINX, POD, REDIS, Site, clone, everything, outrun_once


def test_push_commits_and_pushes_the_current_branch(site: Site) -> None:
    site.user.write("notes.txt", "mine\n")
    report = site.run("--push")
    assert site.content("pod.yaml", "main") == POD.format(image=NGINX)
    assert site.content("notes.txt", "main") == "one\n"
    assert (site.user.path / "notes.txt").read_text() == "mine\n"
    assert report["pushed"] == {"remote": "origin", "branch": "main", "sha": site.tip("main")}
    assert site.user.git("rev-parse", "HEAD").strip() == site.tip("main")
    again = site.run("--push")
    assert again["pushed"] is None


def test_push_from_a_shallow_clone(site: Site, tmp_path: Path) -> None:
    site.colleague_pushes("notes.txt", "two\n")
    shallow = clone(tmp_path / "shallow", site.remote, "--depth=1")
    site.run("--push", cwd=shallow.path)
    assert site.content("pod.yaml", "main") == POD.format(image=NGINX)
    theirs = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    before = everything(shallow)
    site.run("--push", cwd=shallow.path)
    assert site.remote.git("rev-parse", "main^").strip() == theirs
    assert site.content("redis.yaml", "main") == POD.format(image=REDIS)
    assert everything(shallow) == before


def test_push_of_a_branch_that_others_have_pushed_to(site: Site) -> None:
    theirs = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.user.write("notes.txt", "mine\n")
    before = everything(site.user)
    report = site.run("--push")
    assert everything(site.user) == before
    assert site.remote.git("rev-parse", "main^").strip() == theirs
    assert site.content("pod.yaml", "main") == POD.format(image=NGINX)
    assert site.content("redis.yaml", "main") == POD.format(image=REDIS)
    assert report["pushed"]["sha"] == site.tip("main")
    assert "behind origin/main" in report["warnings"][0]
    site.user.git("pull", "-q", "--rebase", "--autostash", "origin", "main")
    assert site.user.git("rev-parse", "HEAD").strip() == site.tip("main")


def test_push_that_is_outrun_goes_on_top_and_loses_nothing(site: Site) -> None:
    site.user.write("notes.txt", "my commit, not pushed yet\n")
    mine = site.user.commit("notes.txt")
    outrun_once(site, "main", "quick.yaml", "quicker\n")
    report = site.run("--push")
    assert site.content("quick.yaml", "main") == "quicker\n"
    assert site.content("pod.yaml", "main") == POD.format(image=NGINX)
    assert report["pushed"]["sha"] == site.tip("main")
    assert site.user.git("rev-parse", "HEAD^").strip() == mine
    site.user.git("pull", "-q", "--rebase", "origin", "main")
    assert site.user.git("rev-parse", "HEAD^").strip() == site.tip("main"), "our commit is there already"


def test_push_needs_a_branch(site: Site) -> None:
    site.user.git("checkout", "-q", "--detach")
    before = everything(site.user)
    said = site.run("--push", code=2)
    assert "HEAD is detached" in said
    assert everything(site.user) == before


def test_a_push_that_the_remote_refuses(site: Site) -> None:
    hook = site.remote.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'error: GH006: Protected branch update failed for refs/heads/main.' >&2\nexit 1\n")
    hook.chmod(0o755)
    said = site.run("--push", code=2)
    assert "GH006: Protected branch update failed" in said
    assert "--pull-request" in said
    assert len(said.splitlines()) == 1
