"""Branches and pull requests on a bare repository as the remote, by the command line; nothing of anybody's is lost.

Nothing is copied (`--no-mirror`). The forge is a small Gitea; what it is asked is in tests/forges.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.web import Answer, Fault
from tests.repo.sites import BRANCH, LOCK, NGINX, POD, REDIS, Site, everything, outrun_once


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
