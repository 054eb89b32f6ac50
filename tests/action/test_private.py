"""A private repository on a server that wants the token, checked out with `persist-credentials: false`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.action.hosting import SCHEDULE, Hosted, git
from tests.e2e.checkout import deployment
from tests.parts import forges
from tests.parts.forges import TOKEN, Forge
from tests.parts.runner import Job, Runner

Runners = Callable[[Path], Runner]
Use = Callable[..., Job]


@pytest.fixture
def server(hosted: Hosted) -> Iterator[Forge]:
    """GitHub with the repository."""
    forge = forges.github()
    forge.git = hosted.origin.parent.parent
    git(hosted.origin, "config", "http.receivepack", "true")
    yield forge
    forge.web.stop()


@pytest.fixture
def private(runner: Runners, hosted: Hosted, server: Forge, tmp_path: Path) -> Callable[[str], Runner]:
    """Call it with a reference for the runner that has it checked out, and knows no credentials but its token."""

    def check_out(reference: str) -> Runner:
        folder = hosted.check_out(tmp_path / "checkout", reference)
        git(folder, "remote", "set-url", "origin", f"{server.web.url}/acme/gitops.git")
        made = runner(folder)
        return replace(made, environment={**made.environment, "GITHUB_SERVER_URL": server.web.url})

    return check_out


@pytest.mark.parametrize("reference", ["refs/pull/1/merge", "refs/heads/topic"])
def test_what_is_compared_is_fetched_with_the_token(
    hosted: Hosted, private: Callable[[str], Runner], server: Forge, reference: str
) -> None:
    """And the token stays out of the checkout's configuration, and of all that is printed."""
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment("nginx:1.27")}, "topic")
    hosted.push({"newer.yaml": deployment("busybox")})
    hosted.open_pull_request("topic")
    made = private(reference)
    job = made.use("pull_request", hosted.payload("topic", base))
    assert (job.code, job.outputs["not-backed-up"]) == (1, "1"), job.log
    assert [command.properties["file"] for command in job.commands if command.level == "error"] == ["new.yaml"]
    assert server.web.asked
    assert TOKEN not in job.log + job.summary + (made.workspace / ".git/config").read_text()


def test_a_token_that_is_refused_is_one_line(hosted: Hosted, private: Callable[[str], Runner]) -> None:
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment("nginx:1.27")}, "topic")
    hosted.push({"newer.yaml": deployment("busybox")})
    job = private("refs/heads/topic").use("pull_request", hosted.payload("topic", base), {"token": "t0k-of-nobody"})
    assert job.code == 2
    (message,) = job.messages("error")
    assert "contents: read" in message
    assert "t0k-of-nobody" not in job.log + job.summary


def test_a_branch_is_pushed_with_the_token(hosted: Hosted, private: Callable[[str], Runner]) -> None:
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    hosted.push({"new.yaml": deployment("nginx:1.27")}, "topic")
    made = private("refs/heads/topic")
    job = made.use("pull_request", hosted.payload("topic", base), {"mode": "commit", "no-mirror": "true"})
    assert job.code == 0, job.log
    assert job.outputs["commit"] == git(hosted.origin, "rev-parse", "topic")


def test_a_pull_request_needs_no_setting_where_the_runner_knows_its_server(
    hosted: Hosted, private: Callable[[str], Runner], server: Forge
) -> None:
    hosted.push({"web.yaml": deployment("nginx:1.27")})
    job = private("refs/heads/main").use("schedule", SCHEDULE, {"mode": "pull-request", "no-mirror": "true"})
    assert job.code == 0, job.log
    assert job.outputs["pull-request-url"] == f"{server.web.url}/acme/gitops/pull/1"
