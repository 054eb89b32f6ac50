"""Modes commit and pull-request, on branches, schedules and forks."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.action.hosting import NAME, SCHEDULE, Hosted, git
from tests.e2e.checkout import deployment
from tests.parts import forges, images
from tests.parts.forges import TOKEN, Forge
from tests.parts.registry import Registry
from tests.parts.runner import Runner

Runners = Callable[[Path], Runner]


@pytest.fixture
def image(public: Registry) -> str:
    """An image that the upstream registry has."""
    images.push(images.make("of-the-action"), public, "library/of-the-action:1")
    return "of-the-action:1"


@pytest.fixture
def github() -> Iterator[Forge]:
    forge = forges.github()
    yield forge
    forge.web.stop()


def test_commit_adds_to_the_branch_of_the_pull_request(
    runner: Runners, hosted: Hosted, image: str, backup: Registry, tmp_path: Path
) -> None:
    """What the pull request changes is copied, rewritten and pushed, in the runner's name; old files stay."""
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment(image)}, "topic")
    made = runner(hosted.check_out(tmp_path / "checkout", "refs/heads/topic"))
    inputs = {"mode": "commit", "backup-registry": backup.address}
    job = made.use("pull_request", hosted.payload("topic", base), inputs)

    assert job.code == 0, job.log
    files = hosted.branch("topic")
    assert files["new.yaml"] == deployment(f"{backup.address}/index_docker_io/library/of-the-action:1")
    assert files["old.yaml"] == deployment("redis:7.4")
    assert ".gitops-clone.lock" in files
    assert job.outputs["commit"] == git(hosted.origin, "rev-parse", "topic")
    assert (job.outputs["changed"], job.outputs["copied"], job.outputs["rewritten"]) == ("true", "1", "1")
    assert git(hosted.origin, "log", "-1", "--format=%an %cn", "topic") == "github-actions[bot] github-actions[bot]"
    assert TOKEN not in job.log + job.summary + str(job.outputs)


def test_commit_completes_what_another_bot_bumped(
    runner: Runners, hosted: Hosted, image: str, backup: Registry, tmp_path: Path
) -> None:
    """A new tag under the backup registry's name: it is copied and locked; nothing is rewritten."""
    name = f"index_docker_io/library/{image}"
    base = hosted.push({"web.yaml": deployment(f"{backup.address}/{name.replace(':1', ':0')}")})
    hosted.push({"web.yaml": deployment(f"{backup.address}/{name}")}, "renovate/all")
    made = runner(hosted.check_out(tmp_path / "checkout", "refs/heads/renovate/all"))
    inputs = {"mode": "commit", "backup-registry": backup.address}
    job = made.use("pull_request", hosted.payload("renovate/all", base), inputs)
    assert job.code == 0, job.log
    assert (job.outputs["changed"], job.outputs["copied"], job.outputs["rewritten"]) == ("true", "1", "0")
    assert backup.catalogue() == {"index_docker_io/library/of-the-action": ["1"]}
    assert image in hosted.branch("renovate/all")[".gitops-clone.lock"]


def test_commit_on_the_merge_commit_says_what_to_check_out(runner: Runners, hosted: Hosted, tmp_path: Path) -> None:
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment("nginx:1.27")}, "topic")
    hosted.open_pull_request("topic")
    made = runner(hosted.check_out(tmp_path / "checkout", "refs/pull/1/merge"))
    job = made.use("pull_request", hosted.payload("topic", base), {"mode": "commit", "no-mirror": "true"})
    assert job.code == 2
    assert "ref: ${{ github.head_ref }}" in job.messages("error")[0]
    assert "ref: ${{ github.head_ref }}" in html.unescape(job.summary)


@pytest.mark.parametrize(
    ("mode", "event", "repository"),
    [
        ("commit", "pull_request", "mallory/gitops"),
        ("commit", "pull_request_target", None),
        ("pull-request", "pull_request_target", "mallory/gitops"),
    ],
)
def test_from_a_fork_nothing_is_copied_or_pushed(
    runner: Runners,
    hosted: Hosted,
    image: str,
    backup: Registry,
    tmp_path: Path,
    mode: str,
    event: str,
    repository: str,
) -> None:
    """Only checked, which the step says; whoever the fork's owner is, and with whatever secrets the event runs."""
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment(image)}, "topic")
    hosted.open_pull_request("topic")
    before = hosted.references()
    made = runner(hosted.check_out(tmp_path / "checkout", "refs/heads/topic"))
    payload = hosted.payload("topic", base, repository=repository)
    job = made.use(event, payload, {"mode": mode, "backup-registry": backup.address})

    assert job.code == 1, job.log
    assert "this pull request comes from a fork" in job.messages("notice")[0]
    assert "this pull request comes from a fork" in job.summary
    assert job.outputs["not-backed-up"] == "1"
    assert hosted.references() == before
    assert backup.catalogue() == {}
    assert git(made.workspace, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("workflow_run", {"workflow_run": {"head_repository": {"full_name": "mallory/gitops"}}}),
        ("issue_comment", {"issue": {"number": 1, "pull_request": {"url": "https://api.github.com/…"}}}),
    ],
)
def test_other_events_with_a_strangers_code_only_check(
    runner: Runners, hosted: Hosted, tmp_path: Path, event: str, payload: dict[str, object]
) -> None:
    hosted.push({"web.yaml": deployment("nginx:1.27")})
    before = hosted.references()
    made = runner(hosted.check_out(tmp_path / "checkout"))
    job = made.use(event, {"repository": {"full_name": NAME}, **payload}, {"mode": "commit", "no-mirror": "true"})
    assert (job.code, job.outputs["not-backed-up"]) == (1, "1")
    assert hosted.references() == before


def test_a_schedule_opens_one_pull_request(
    runner: Runners, hosted: Hosted, image: str, backup: Registry, github: Forge, tmp_path: Path
) -> None:
    """With the texts and labels of the inputs; the second night changes nothing."""
    files = {"web.yaml": deployment(image), "db.yaml": deployment("gone.example.org/db:1")}
    hosted.push({**files, "clusters/a/kustomization.yaml": "resources: [../../web.yaml, ../../db.yaml]\n"})
    inputs = {
        "mode": "pull-request",
        "backup-registry": backup.address,
        "paths": "web.yaml",
        "title": "Our own copies; `$(id)` stays text",
        "labels": "mirror, ops",
        "config": f'forge = "github"\nforge-url = "{github.web.url}"',
    }
    made = runner(hosted.check_out(tmp_path / "checkout"))
    first = made.use("schedule", SCHEDULE, inputs)
    assert first.code == 0, first.log
    (pull,) = github.open
    assert (pull.title, pull.base, pull.labels) == ("Our own copies; `$(id)` stays text", "main", ["mirror", "ops"])
    assert first.outputs["pull-request-number"] == "1"
    assert first.outputs["pull-request-action"] == "opened"
    assert first.outputs["pull-request-url"].endswith("/acme/gitops/pull/1")
    for told in ("| `linux/amd64`, `linux/arm64` |", f"| `clusters/a` | `index.docker.io/library/{image}` |"):
        assert told in pull.body
        assert told in first.summary
    assert hosted.branch(pull.head)["web.yaml"] == deployment(f"{backup.address}/index_docker_io/library/{image}")
    assert hosted.branch("main")["web.yaml"] == deployment(image)

    second = made.use("schedule", SCHEDULE, inputs)
    assert (second.code, second.outputs["pull-request-action"]) == (0, "unchanged"), second.log
    assert second.outputs["changed"] == "false"
    assert len(github.pulls) == 1
    assert TOKEN not in first.log + second.log + first.summary + str(first.outputs) + pull.body


def test_a_pull_request_from_within_a_pull_request_is_refused(runner: Runners, hosted: Hosted, tmp_path: Path) -> None:
    base = hosted.push({"web.yaml": deployment("nginx:1.27")})
    hosted.push({"new.yaml": deployment("nginx:1.27")}, "topic")
    made = runner(hosted.check_out(tmp_path / "checkout", "refs/heads/topic"))
    job = made.use("pull_request", hosted.payload("topic", base), {"mode": "pull-request"})
    assert job.code == 2
    assert "use mode check or commit" in job.messages("error")[0]
