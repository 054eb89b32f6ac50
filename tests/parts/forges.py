"""Forges in a few lines each: they keep pull requests and answer as the documentation of their API says."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.parts import git_http
from tests.parts.web import Answer, Asked, WebServer

TOKEN = "t0p-s3cret-t0ken-of-nobody"


@dataclass
class Pull:
    """A pull request, whatever the forge."""

    number: int
    title: str
    body: str
    head: str
    base: str
    draft: bool = False
    state: str = "open"
    fork: bool = False
    labels: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)


@dataclass
class Forge:
    """A forge with the one repository `acme/gitops`. `web` is where it listens.

    With `git`, the folder that holds `acme/gitops.git`, it serves that too; the token is the password.
    """

    kind: str
    variable: str
    answers: Callable[[Forge, Asked], Answer]
    authorization: str
    pulls: list[Pull] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    git: Path | None = None
    web: WebServer = field(init=False)

    def __post_init__(self) -> None:
        self.web = WebServer(self._answer)

    @property
    def options(self) -> list[str]:
        return ["--forge", self.kind, "--forge-url", self.web.url]

    @property
    def open(self) -> list[Pull]:
        return [pull for pull in self.pulls if pull.state == "open"]

    def add(self, title: str, body: str, head: str, base: str, *, draft: bool = False, fork: bool = False) -> Pull:
        self.pulls.append(Pull(len(self.pulls) + 1, title, body, head, base, draft, fork=fork))
        return self.pulls[-1]

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/acme/gitops.git/"):
            return self._serve_git(asked)
        if asked.headers.get("authorization") != self.authorization:
            return Answer(401, {"message": "Bad credentials"})
        return self.answers(self, asked)

    def _serve_git(self, asked: Asked) -> Answer:
        """One request for the repository, by who has the token."""
        kind, _, credentials = asked.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic" or b64decode(credentials).decode().partition(":")[2] != TOKEN:
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        assert self.git is not None
        return git_http.answer(asked, self.git, "ada")


def github() -> Forge:
    """https://docs.github.com/en/rest/pulls, below /api/v3 as on Enterprise Server."""
    return Forge("github", "GITHUB_TOKEN", _github, f"token {TOKEN}")


def gitea() -> Forge:
    """https://docs.gitea.com/api/, the same for Forgejo."""
    return Forge("gitea", "GITEA_TOKEN", _gitea, f"token {TOKEN}")


def gitlab() -> Forge:
    """https://docs.gitlab.com/api/merge_requests/"""
    return Forge("gitlab", "GITLAB_TOKEN", _gitlab, f"Bearer {TOKEN}")


ALL = (github, gitea, gitlab)


def _github(forge: Forge, asked: Asked) -> Answer:
    path = asked.path.removeprefix("/api/v3/repos/acme/gitops/")
    body = asked.body
    if (asked.method, path) == ("GET", "pulls"):
        owner, _, branch = asked.query["head"].partition(":")
        assert owner == "acme"
        found = [pull for pull in forge.pulls if pull.head == branch and not pull.fork and pull.state == "open"]
        return Answer(200, [_github_pull(forge, pull) for pull in found])
    if (asked.method, path) == ("POST", "pulls"):
        if any(pull.head == body["head"] and not pull.fork for pull in forge.open):
            told = f"A pull request already exists for acme:{body['head']}."
            errors = [{"resource": "PullRequest", "code": "custom", "message": told}]
            return Answer(422, {"message": "Validation Failed", "errors": errors})
        made = forge.add(body["title"], body["body"], body["head"], body["base"], draft=body["draft"])
        return Answer(201, _github_pull(forge, made))
    match = re.fullmatch(r"(?:pulls|issues)/(\d+)(?:/(\w+))?", path)
    if match is None:
        return Answer(404, {"message": "Not Found"})
    pull = forge.pulls[int(match[1]) - 1]
    if (asked.method, match[2]) == ("PATCH", None):
        pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
        pull.base, pull.state = body.get("base", pull.base), body.get("state", pull.state)
        return Answer(200, _github_pull(forge, pull))
    if (asked.method, match[2]) == ("POST", "comments"):
        pull.comments.append(body["body"])
        return Answer(201, {"id": 1, "body": body["body"]})
    if (asked.method, match[2]) == ("POST", "labels"):
        pull.labels += body["labels"] if isinstance(body, dict) else body
        return Answer(200, [{"name": label} for label in pull.labels])
    if (asked.method, match[2]) == ("POST", "requested_reviewers"):
        pull.reviewers += [*body.get("reviewers", []), *body.get("team_reviewers", [])]
        return Answer(201, _github_pull(forge, pull))
    return Answer(404, {"message": "Not Found"})


def _github_pull(forge: Forge, pull: Pull) -> dict[str, Any]:
    url = f"{forge.web.url}/api/v3/repos/acme/gitops"
    return {
        "url": f"{url}/pulls/{pull.number}",
        "issue_url": f"{url}/issues/{pull.number}",
        "html_url": f"{forge.web.url}/acme/gitops/pull/{pull.number}",
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "draft": pull.draft,
        "head": {"ref": pull.head},
        "base": {"ref": pull.base},
        "labels": [{"name": label} for label in pull.labels],
    }


def _gitea(forge: Forge, asked: Asked) -> Answer:
    path = asked.path.removeprefix("/api/v1/repos/acme/gitops/")
    body = asked.body
    if (asked.method, path) == ("GET", "pulls"):
        newest = sorted(forge.open, key=lambda pull: -pull.number)
        return Answer(200, _page(asked, [_gitea_pull(forge, pull) for pull in newest]))
    if (asked.method, path) == ("POST", "pulls"):
        if any(pull.head == body["head"] and not pull.fork for pull in forge.open):
            return Answer(409, {"message": "pull request already exists for these targets"})
        return Answer(201, _gitea_pull(forge, forge.add(body["title"], body["body"], body["head"], body["base"])))
    if (asked.method, path) == ("GET", "labels"):
        return Answer(200, _page(asked, [{"id": n, "name": name} for n, name in enumerate(forge.labels, 1)]))
    if (asked.method, path) == ("POST", "labels"):
        forge.labels.append(body["name"])
        return Answer(201, {"id": len(forge.labels), "name": body["name"]})
    match = re.fullmatch(r"(?:pulls|issues)/(\d+)(?:/(\w+))?", path)
    if match is None:
        return Answer(404, {"message": "Not Found"})
    pull = forge.pulls[int(match[1]) - 1]
    if (asked.method, match[2]) == ("PATCH", None):
        pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
        pull.base, pull.state = body.get("base", pull.base), body.get("state", pull.state)
        return Answer(201, _gitea_pull(forge, pull))
    if (asked.method, match[2]) == ("POST", "comments"):
        pull.comments.append(body["body"])
        return Answer(201, {"id": 1, "body": body["body"]})
    if (asked.method, match[2]) == ("POST", "labels"):
        pull.labels += [forge.labels[number - 1] for number in body["labels"]]
        return Answer(200, [{"id": 1, "name": label} for label in pull.labels])
    if (asked.method, match[2]) == ("POST", "requested_reviewers"):
        pull.reviewers += [*body["reviewers"], *body["team_reviewers"]]
        return Answer(201, [])
    return Answer(404, {"message": "Not Found"})


def _page(asked: Asked, items: list[Any]) -> list[Any]:
    """Pages of two, whatever is asked for: a server may have a lower limit."""
    first = 2 * (int(asked.query["page"]) - 1)
    return items[first : first + 2]


def _gitea_pull(forge: Forge, pull: Pull) -> dict[str, Any]:
    return {
        "id": 1000 + pull.number,
        "number": pull.number,
        "html_url": f"{forge.web.url}/acme/gitops/pulls/{pull.number}",
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "head": {"ref": pull.head, "repo_id": 2 if pull.fork else 1},
        "base": {"ref": pull.base, "repo_id": 1},
        "labels": [{"name": label} for label in pull.labels],
    }


def _gitlab(forge: Forge, asked: Asked) -> Answer:
    path = unquote(asked.path).removeprefix("/api/v4/").removeprefix("projects/acme/gitops/")
    body = asked.body
    if (asked.method, path) == ("GET", "users"):
        return Answer(
            200, [] if asked.query["username"] == "nobody" else [{"id": 7, "username": asked.query["username"]}]
        )
    if (asked.method, path) == ("GET", "merge_requests"):
        assert asked.query["state"] == "opened"
        found = [pull for pull in forge.open if pull.head == asked.query["source_branch"]]
        return Answer(200, [_gitlab_pull(forge, pull) for pull in found])
    if (asked.method, path) == ("POST", "merge_requests"):
        if any(pull.head == body["source_branch"] and not pull.fork for pull in forge.open):
            return Answer(409, {"message": ["Another open merge request already exists for this source branch: !1"]})
        made = forge.add(body["title"], body["description"], body["source_branch"], body["target_branch"])
        return Answer(201, _gitlab_pull(forge, made))
    match = re.fullmatch(r"merge_requests/(\d+)(?:/(\w+))?", path)
    if match is None:
        return Answer(404, {"message": "404 Not Found"})
    pull = forge.pulls[int(match[1]) - 1]
    if (asked.method, match[2]) == ("PUT", None):
        pull.title, pull.body = body.get("title", pull.title), body.get("description", pull.body)
        pull.base = body.get("target_branch", pull.base)
        pull.state = "closed" if body.get("state_event") == "close" else pull.state
        pull.labels += body["add_labels"].split(",") if "add_labels" in body else []
        pull.reviewers += map(str, body.get("reviewer_ids", []))
        return Answer(200, _gitlab_pull(forge, pull))
    if (asked.method, match[2]) == ("POST", "notes"):
        pull.comments.append(body["body"])
        return Answer(201, {"id": 1, "body": body["body"]})
    return Answer(404, {"message": "404 Not Found"})


def _gitlab_pull(forge: Forge, pull: Pull) -> dict[str, Any]:
    return {
        "id": 1000 + pull.number,
        "iid": pull.number,
        "project_id": 1,
        "source_project_id": 2 if pull.fork else 1,
        "target_project_id": 1,
        "web_url": f"{forge.web.url}/acme/gitops/-/merge_requests/{pull.number}",
        "title": pull.title,
        "description": pull.body,
        "state": "opened" if pull.state == "open" else pull.state,
        "source_branch": pull.head,
        "target_branch": pull.base,
        "labels": pull.labels,
    }
