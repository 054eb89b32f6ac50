"""The forges' own descriptions of their APIs, served by Prism: no request may break them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_clone.repo.forges.detect import Target, open_forge
from gitops_clone.repo.forges.model import ForgeError, Proposal
from tests.forges.conftest import gitea_descriptions
from tests.parts.prism import Prism
from tests.parts.web import Answer, Fault

PROPOSAL = Proposal("new-topic", "main", "Relocate 2 images", "| upstream | backup |\n|---|---|\n", draft=True)


def target(kind: str, served: Prism, path: str) -> Target:
    return Target(kind, served.web.url, path, "some-token", "GITHUB_TOKEN")


def test_github(described_github: Prism) -> None:
    forge = open_forge(target("github", described_github, "octocat/Hello-World"))
    created = forge.create(PROPOSAL)
    assert created.number == 1347
    assert created.url == "https://github.com/octocat/Hello-World/pull/1347"
    found = forge.find_open("new-topic")
    assert found is not None
    assert found.number == 1347
    forge.update(found, PROPOSAL)
    forge.add_labels(found, ["images", "needs review"])
    forge.comment(found, "Nothing is left to change.")
    forge.request_reviews(found, ["octocat", "acme/platform"])
    forge.close(found)
    web = described_github.web
    assert described_github.violations == []
    assert web.answered == [201, 200, 200, 200, 201, 201, 200]
    assert [str(asked) for asked in web.asked] == [
        "POST /api/v3/repos/octocat/Hello-World/pulls",
        "GET /api/v3/repos/octocat/Hello-World/pulls",
        "PATCH /api/v3/repos/octocat/Hello-World/pulls/1347",
        "POST /api/v3/repos/octocat/Hello-World/issues/1347/labels",
        "POST /api/v3/repos/octocat/Hello-World/issues/1347/comments",
        "POST /api/v3/repos/octocat/Hello-World/pulls/1347/requested_reviewers",
        "PATCH /api/v3/repos/octocat/Hello-World/pulls/1347",
    ]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "GITHUB_TOKEN is wrong, revoked or expired"),
        (403, "needs `pull-requests: write`"),
        (404, "no such repository"),
        (422, "422 told"),
        (429, "rate limit"),
    ],
)
def test_github_refuses(described_github: Prism, status: int, said: str) -> None:
    headers = {"Retry-After": "7200"} if status == 429 else {}
    described_github.web.faults.append(Fault("/pulls$", Answer(status, {"message": "told"}, headers)))
    with pytest.raises(ForgeError, match=said):
        open_forge(target("github", described_github, "octocat/Hello-World")).create(PROPOSAL)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_github_recovers(described_github: Prism, status: int) -> None:
    described_github.web.fail("/pulls$", status, "told", times=2, Retry_After="0")
    assert open_forge(target("github", described_github, "octocat/Hello-World")).create(PROPOSAL).number == 1347
    assert described_github.violations == []


def test_prism_does_reject_what_github_does(described_github: Prism) -> None:
    import urllib.error
    import urllib.request

    url = f"{described_github.web.url}/api/v3/repos/octocat/Hello-World/pulls"
    headers = {"Content-Type": "application/json", "Authorization": "token x"}
    with pytest.raises(urllib.error.HTTPError, match="422"):
        urllib.request.urlopen(urllib.request.Request(url, b'{"title": "no branches"}', headers))
    assert described_github.violations


def test_gitea_and_forgejo_where_their_descriptions_are_at_hand(serve_description: Callable[[Path], Prism]) -> None:
    for description in gitea_descriptions():
        follow_the_description(serve_description(description))


def follow_the_description(served: Prism) -> None:
    forge = open_forge(target("gitea", served, "acme/gitops"))
    created = forge.create(PROPOSAL)
    forge.find_open("new-topic")
    forge.update(created, PROPOSAL)
    forge.add_labels(created, ["images", "needs review"])
    forge.comment(created, "Nothing is left to change.")
    forge.request_reviews(created, ["ada", "acme/platform"])
    forge.close(created)
    assert served.violations == []
    assert served.web.count("POST .*/pulls$") == 1
    assert served.web.count("POST .*/issues/.*/labels$") == 1
