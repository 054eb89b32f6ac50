"""Each kind of forge, against one that answers as its documentation says."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gitops_clone.repo.forges import model
from gitops_clone.repo.forges.detect import Target, open_forge
from gitops_clone.repo.forges.model import ForgeError, Proposal
from tests.parts.forges import TOKEN, Forge
from tests.parts.web import Answer, Fault

PROPOSAL = Proposal("gitops-clone/relocate", "main", "Relocate 2 images", "The body.\n")
PULLS = "(pulls|merge_requests)$"


def connect(forge: Forge, token: str = TOKEN, say: Callable[[str], None] = print) -> model.Forge:
    return open_forge(Target(forge.kind, forge.web.url, "acme/gitops", token, forge.variable), say)


def test_opens_finds_updates_and_closes(forge: Forge) -> None:
    client = connect(forge)
    assert client.find_open(PROPOSAL.branch) is None
    created = client.create(PROPOSAL)
    assert client.find_open(PROPOSAL.branch) == created
    assert (created.number, created.title, created.body, created.base) == (
        1,
        "Relocate 2 images",
        "The body.\n",
        "main",
    )
    assert created.url.startswith(f"{forge.web.url}/acme/gitops/")
    assert created.url.endswith("/1")
    updated = client.update(created, Proposal(PROPOSAL.branch, "develop", "Relocate 3 images", "Another.\n"))
    assert (updated.number, updated.title, updated.body, updated.base) == (
        1,
        "Relocate 3 images",
        "Another.\n",
        "develop",
    )
    client.comment(updated, "Nothing is left.")
    client.close(updated)
    assert [(pull.state, pull.comments) for pull in forge.pulls] == [("closed", ["Nothing is left."])]
    assert client.find_open(PROPOSAL.branch) is None


def test_labels_and_reviewers(forge: Forge) -> None:
    client = connect(forge)
    forge.labels += ["a", "b", "c", "images"]
    created = client.create(PROPOSAL)
    client.add_labels(created, ["images", "needs review"])
    client.request_reviews(created, ["ada"])
    assert forge.pulls[0].labels == ["images", "needs review"]
    assert forge.pulls[0].reviewers == (["7"] if forge.kind == "gitlab" else ["ada"])
    found = client.find_open(PROPOSAL.branch)
    assert found is not None
    assert found.labels == ("images", "needs review")


def test_a_draft_stays_one_until_somebody_says_otherwise(forge: Forge) -> None:
    client = connect(forge)
    created = client.create(Proposal("topic", "main", "Title", "", draft=True))
    client.update(created, Proposal("topic", "main", "Other title", ""))
    [pull] = forge.pulls
    is_draft = {
        "github": pull.draft,
        "gitlab": pull.title == "Draft: Other title",
        "gitea": pull.title == "WIP: Other title",
    }
    assert is_draft[forge.kind]
    pull.title, pull.draft = "Other title", False
    found = client.find_open("topic")
    assert found is not None
    client.update(found, Proposal("topic", "main", "Third title", "", draft=True))
    assert (pull.title, pull.draft) == ("Third title", False)


def test_a_forks_pull_request_is_not_ours(forge: Forge) -> None:
    client = connect(forge)
    for branch in ("x", "y", "z", PROPOSAL.branch):
        forge.add("Theirs", "", branch, "main", fork=True)
    assert client.find_open(PROPOSAL.branch) is None
    client.create(PROPOSAL)
    for branch in ("x", "y", "z", PROPOSAL.branch):
        forge.add("Theirs", "", branch, "main", fork=True)
    found = client.find_open(PROPOSAL.branch)
    assert found is not None
    assert found.number == 5


def test_rate_limits_are_waited_out(forge: Forge) -> None:
    client = connect(forge)
    forge.web.fail(PULLS, 429, "slow down", times=2, Retry_After="0")
    client.create(PROPOSAL)
    assert len(forge.open) == 1
    forge.web.fail(PULLS, 403, "API rate limit exceeded", times=1, X_RateLimit_Remaining="0", Retry_After="0")
    assert client.find_open(PROPOSAL.branch) is not None
    began = time.time()
    reset = str(int(began) + 1)
    forge.web.fail(PULLS, 429, "slow down", 1, X_RateLimit_Reset=reset, RateLimit_Reset=reset)
    assert client.find_open(PROPOSAL.branch) is not None
    assert time.time() > int(reset)


def test_a_long_wait_is_told(forge: Forge) -> None:
    forge.web.fail(PULLS, 429, f"slow down, {TOKEN}", times=1, Retry_After="3")
    told: list[str] = []
    began = time.monotonic()
    assert connect(forge, say=told.append).find_open("topic") is None
    assert told == [f"{connect(forge).name} says 'slow down, ***'; waiting 3 s"]
    assert time.monotonic() - began >= 3


def test_a_rate_limit_that_lasts_too_long_is_told(forge: Forge) -> None:
    forge.web.fail(PULLS, 429, "slow down", Retry_After="3600")
    with pytest.raises(ForgeError, match=r"rate limit \(429 slow down\); run again after \d\d:\d\d:\d\d UTC$"):
        connect(forge).find_open(PROPOSAL.branch)
    assert forge.web.count(PULLS) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_faults_of_the_server_are_waited_out(forge: Forge, status: int) -> None:
    forge.web.faults.append(Fault(PULLS, Answer(status, headers={"Retry-After": "0"}, raw=b"<html>oops"), times=3))
    connect(forge).create(PROPOSAL)
    assert len(forge.open) == 1


def test_faults_that_stay_are_told(forge: Forge) -> None:
    forge.web.fail(PULLS, 503, "maintenance", Retry_After="0")
    with pytest.raises(ForgeError, match=r"does not open a (pull|merge) request in acme/gitops: 503 .*6 attempts"):
        connect(forge).create(PROPOSAL)


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (401, "Bad credentials", "it does not accept the token: {variable} is wrong, revoked or expired"),
        (403, "Resource not accessible by integration", "the token in {variable} needs {permission}"),
        (404, "Not Found", "no such repository, or the token in {variable} cannot see it; it needs {permission}"),
        (422, "Validation Failed", "422 .*Validation Failed"),
    ],
)
def test_refusals_say_what_is_missing(forge: Forge, status: int, message: str, said: str) -> None:
    permissions = {
        "github": "`pull-requests: write`.*permissions",
        "gitlab": "the scope `api` and the role Developer",
        "gitea": "the scopes `write:repository` and `write:issue`",
    }
    forge.web.fail(f"POST .*{PULLS}", status, f"{message}: {TOKEN}")
    said = said.format(variable=forge.variable, permission=permissions[forge.kind])
    with pytest.raises(ForgeError, match=said) as raised:
        connect(forge).create(PROPOSAL)
    assert raised.value.status == status
    assert f"{message}: ***" in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert forge.web.count(f"POST .*{PULLS}") == 1


def test_a_wrong_token_is_told_without_telling_it(forge: Forge) -> None:
    with pytest.raises(ForgeError, match=f"{forge.variable} is wrong") as raised:
        connect(forge, "wr0ng-token").find_open("topic")
    assert "wr0ng-token" not in str(raised.value)


def test_what_is_no_forge(forge: Forge) -> None:
    forge.web.faults.append(Fault("", Answer(200, raw=b"<html>hello", headers={"Content-Type": "text/html"})))
    with pytest.raises(ForgeError) as raised:
        connect(forge).find_open("topic")
    assert "\n" not in str(raised.value)


def test_github_actions_may_not_open_pull_requests_by_default(forge: Forge) -> None:
    forge.web.fail(f"POST .*{PULLS}", 403, "GitHub Actions is not permitted to create or approve pull requests.")
    with pytest.raises(ForgeError, match="allow it in Settings > Actions > General > Workflow permissions"):
        connect(forge).create(PROPOSAL)
