"""Branches and pull requests on a bare repository as the remote, by the command line; nothing of anybody's is lost.

Nothing is copied (`--no-mirror`). The forge is a small Gitea; what it is asked is in tests/forges.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.parts import forges
from tests.parts.forges import TOKEN, Forge
from tests.parts.web import Answer, Fault
from tests.repo.repositories import Repository, init

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


def clone(path: Path, remote: Repository, *options: str) -> Repository:
    remote.git("clone", "-q", *options, f"file://{remote.path}", str(path))
    made = Repository(path)
    made.git("config", "user.name", "Ada Lovelace")
    made.git("config", "user.email", "ada@example.org")
    return made


def test_the_first_run_makes_the_branch_and_opens_the_pull_request(site: Site) -> None:
    before = everything(site.user)
    report = site.pull_request()
    assert everything(site.user) == before
    assert site.content("pod.yaml") == POD.format(image=NGINX)
    assert '"index.docker.io/library/nginx:1"' in site.content(LOCK)
    assert site.commits() == 1
    assert site.remote.git("log", "-1", "--format=%an %ae", BRANCH).strip() == "Ada Lovelace ada@example.org"
    [pull] = site.forge.open
    assert (pull.title, pull.head, pull.base) == ("Relocate 1 image to the backup registry", BRANCH, "main")
    assert NGINX in pull.body
    url = f"{site.forge.web.url}/acme/gitops/pulls/1"
    assert report["pull_request"] == {"number": 1, "url": url, "action": "opened"}
    assert report["pushed"] == {"remote": "origin", "branch": BRANCH, "sha": site.tip()}


def test_a_second_run_changes_nothing(site: Site) -> None:
    site.pull_request()
    tip, asked = site.tip(), len(site.forge.web.asked)
    report = site.pull_request()
    assert site.tip() == tip
    assert report["pushed"] is None
    assert report["pull_request"]["action"] == "unchanged"
    assert {each.method for each in site.forge.web.asked[asked:]} == {"GET"}


def test_a_moved_base_is_where_the_branch_starts_then(site: Site) -> None:
    site.pull_request()
    base = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    before = everything(site.user)
    report = site.pull_request()
    assert everything(site.user) == before
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == base
    assert site.content("pod.yaml") == POD.format(image=NGINX)
    assert site.content("redis.yaml") == POD.format(image=REDIS)
    [pull] = site.forge.open
    assert pull.title == "Relocate 2 images to the backup registry"
    assert REDIS in pull.body
    assert report["pull_request"]["action"] == "updated"


def test_a_deleted_branch_is_made_again(site: Site) -> None:
    site.pull_request()
    site.remote.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    site.forge.pulls[0].state = "closed"
    report = site.pull_request()
    assert site.content("pod.yaml") == POD.format(image=NGINX)
    assert [pull.number for pull in site.forge.open] == [2]
    assert report["pull_request"]["action"] == "opened"


def test_on_somebody_elses_branch_what_could_not_be_copied_is_not_told_as_rewritten(site: Site) -> None:
    site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.pull_request("--ignore", "*/redis")
    site.colleague_pushes("theirs.txt", "", BRANCH)
    site.pull_request("--push-registry", "127.0.0.1:1", "--retries", "0", code=3, mirror=True)
    [pull] = site.forge.open
    rewritten, _, failed = pull.body.partition("### Failed")
    assert NGINX in rewritten
    assert "redis" not in rewritten
    assert "index.docker.io/library/redis:7" in failed


def test_a_lock_file_that_was_a_link_is_not_written_through(site: Site, tmp_path: Path) -> None:
    """The body of a shared branch is made in the tree of its base, which may be anything."""
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    (site.colleague.path / LOCK).symlink_to(outside)
    site.colleague.commit(LOCK)
    site.colleague.git("push", "-q", "origin", "main")
    site.pull_request(code=2)
    site.colleague.git("rm", "-q", LOCK)
    site.colleague_pushes("theirs.txt", "", "main")
    site.remote.git("update-ref", f"refs/heads/{BRANCH}", "main")
    site.remote.git("update-ref", "refs/heads/main", "main~1")
    site.pull_request()
    assert outside.read_text() == "mine\n"
    [pull] = site.forge.open
    assert NGINX in pull.body


def test_our_commit_goes_on_top_of_somebody_elses(site: Site) -> None:
    site.pull_request()
    theirs = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"), BRANCH)
    report = site.pull_request()
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == theirs
    assert site.content("redis.yaml") == POD.format(image=REDIS)
    assert site.commits() == 3
    [pull] = site.forge.open
    assert NGINX in pull.body, "the body tells of the whole branch"
    assert report["pull_request"]["action"] in ("updated", "unchanged")
    assert "commits of others" in report["warnings"][0]
    tip = site.tip()
    site.colleague_pushes("more.yaml", POD.format(image="busybox"))
    site.pull_request()
    assert site.tip() == tip, "not rebased, not forced, and nothing to add"


@pytest.mark.parametrize("how", [["commit", "--amend", "-m", "My words"], ["commit", "--amend", "-a", "--no-edit"]])
def test_an_amended_commit_of_ours_is_somebody_elses(site: Site, how: list[str]) -> None:
    site.pull_request()
    site.colleague.git("fetch", "-q")
    site.colleague.git("checkout", "-q", "-B", BRANCH, f"origin/{BRANCH}")
    site.colleague.write("notes.txt", "two\n")
    site.colleague.git(*how)
    site.colleague.git("push", "-q", "--force", "origin", BRANCH)
    theirs = site.tip()
    site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.pull_request()
    assert site.tip() == theirs


def test_a_merged_branch_starts_anew(site: Site) -> None:
    site.pull_request()
    site.colleague_pushes("notes.txt", "two\n", BRANCH)
    site.colleague.git("checkout", "-q", "-B", "main", "origin/main")
    site.colleague.git("merge", "-q", "--no-ff", "-m", "Merge", BRANCH)
    site.colleague.git("push", "-q", "origin", "main")
    site.forge.pulls[0].state = "closed"
    report = site.pull_request()
    assert report["pull_request"] is None
    assert site.forge.open == []
    base = site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.pull_request()
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == base
    assert site.commits() == 1


def test_nothing_to_change_makes_no_branch(site: Site) -> None:
    site.colleague_pushes("pod.yaml", "kind: Pod\n")
    report = site.pull_request()
    assert site.branches() == ["main"]
    assert site.forge.pulls == []
    assert (report["pushed"], report["pull_request"], report["commit"]["sha"]) == (None, None, None)


def test_an_empty_pull_request_is_closed_with_a_comment(site: Site) -> None:
    site.pull_request()
    site.colleague_pushes("pod.yaml", "kind: Pod\n")
    report = site.pull_request()
    [pull] = site.forge.pulls
    assert pull.state == "closed"
    assert "nothing is left" in pull.comments[0].lower()
    assert report["pull_request"]["action"] == "closed"


def test_a_failed_run_closes_nothing(site: Site) -> None:
    site.pull_request()
    site.colleague_pushes("pod.yaml", "kind: Pod\nspec: {containers: [{image: nginx:1}\n")
    report = site.pull_request(code=2)
    assert [pull.comments for pull in site.forge.open] == [[]]
    assert "stays open" in report["warnings"][0]


def test_a_run_that_could_only_push_is_completed_by_the_next(site: Site) -> None:
    site.forge.web.fail("POST .*/pulls$", 403, "no", times=1)
    assert "does not open a pull request in acme/gitops: 403 no" in site.pull_request(code=2)
    tip = site.tip()
    assert site.forge.pulls == []
    report = site.pull_request()
    assert (site.tip(), report["pushed"], report["pull_request"]["action"]) == (tip, None, "opened")


def test_a_pull_request_whose_answer_is_lost_is_not_opened_twice(site: Site) -> None:
    lost = Answer(502, {"message": "oops"}, {"Retry-After": "0"})
    site.forge.web.faults.append(Fault("POST .*/pulls$", lost, times=1, after=True))
    report = site.pull_request()
    assert [pull.number for pull in site.forge.open] == [1]
    assert report["pull_request"]["number"] == 1


def test_another_base(site: Site) -> None:
    site.pull_request()
    site.remote.git("branch", "develop", "main")
    base = site.colleague_pushes("notes.txt", "of develop\n", "develop")
    site.pull_request("--base", "develop")
    assert [(pull.number, pull.base) for pull in site.forge.open] == [(1, "develop")]
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == base


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


def test_a_push_that_somebody_outran_is_made_again(site: Site, tmp_path: Path) -> None:
    outrun_once(site, BRANCH, "notes.txt", "quicker\n")
    site.pull_request()
    assert site.content("notes.txt") == "quicker\n"
    assert site.content("pod.yaml") == POD.format(image=NGINX)


def test_a_commit_that_comes_while_we_replace_ours_is_kept(site: Site) -> None:
    site.pull_request()
    site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    outrun_once(site, BRANCH, "notes.txt", "quicker\n")
    theirs = site.colleague.git("rev-parse", "quick").strip()
    report = site.pull_request()
    assert site.remote.git("rev-parse", f"{BRANCH}^").strip() == theirs
    assert site.content("redis.yaml") == POD.format(image=REDIS)
    assert "commits of others" in report["warnings"][0]


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


def test_the_users_settings_hold(site: Site) -> None:
    site.user.write(
        ".gitops-clone.toml",
        'branch = "bots/images"\nbase = "main"\ntitle = "Our images"\ncommit-message = "chore: images"\n'
        'labels = ["images", "needs review"]\nreviewers = ["ada", "acme/platform"]\ndraft = true\n',
    )
    site.pull_request()
    [pull] = site.forge.open
    assert (pull.head, pull.base, pull.title) == ("bots/images", "main", "WIP: Our images")
    assert pull.labels == ["images", "needs review"]
    assert pull.reviewers == ["ada", "platform"]
    message = site.remote.git("log", "-1", "--format=%B", "bots/images")
    assert message.startswith("chore: images\n\nindex.docker.io/library/nginx:1 -> ")
    site.colleague_pushes("redis.yaml", POD.format(image="redis:7"))
    site.pull_request()
    assert (pull.title, pull.reviewers) == ("WIP: Our images", ["ada", "platform"])
    assert pull.labels == ["images", "needs review"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--branch", "main"], "needs a branch of its own"),
        (["--base", "develop"], "origin has no branch develop"),
        (["--remote", "upstream"], "no remote 'upstream'; there are origin"),
        (["--branch", "a..b"], "is not a name that git takes"),
        (["missing.yaml"], "missing.yaml: no such file or directory"),
        (["untracked.yaml"], "untracked.yaml: not on main"),
        (["--push"], "give one of them"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(site: Site, arguments: list[str], said: str) -> None:
    site.user.write("untracked.yaml", POD.format(image="nginx:1"))
    before = everything(site.user)
    error = site.pull_request(*arguments, code=2)
    assert said in error
    assert len(error.splitlines()) == 1
    assert everything(site.user) == before
    assert site.branches() == ["main"]


def test_only_the_given_paths(site: Site) -> None:
    site.colleague_pushes("apps/redis.yaml", POD.format(image="redis:7"))
    site.user.git("pull", "-q")
    site.pull_request("redis.yaml", cwd=site.user.path / "apps")
    assert site.content("apps/redis.yaml") == POD.format(image=REDIS)
    assert site.content("pod.yaml") == POD.format(image="nginx:1")


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
