"""GitHub, on github.com and on Enterprise Server, through PyGithub. https://docs.github.com/en/rest/pulls"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from github import Auth, Github
from github.GithubException import GithubException

from gitops_clone.repo.forges.model import Proposal, PullRequest
from gitops_clone.repo.forges.patience import NONSENSE, UNREADABLE, Help, Refusal, patiently

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as GitHubPullRequest

    from gitops_clone.repo.forges.detect import Target

Answer = TypeVar("Answer")

_TOKENS = "Settings > Developer settings > Personal access tokens"
_GRANT = (
    "(in a workflow: `permissions:` of the job; fine-grained token: Settings > Developer settings > Repository "
    "permissions; classic token: the scope repo)"
)
_NEEDS = {
    "": f"`pull-requests: write` {_GRANT}",
    "add labels": f"`issues: write` or `pull-requests: write` {_GRANT}",
    "take a comment": f"`issues: write` or `pull-requests: write` {_GRANT}",
    "ask for reviews": f"`pull-requests: write`, and for teams `members: read` of the organisation {_GRANT}",
}


class GitHub:
    """One repository on GitHub."""

    name = "GitHub"
    body_limit = 65536

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        assert target.token is not None
        # Waiting and retrying are ours (patience.py), which ends within bounds; PyGithub may wait for an hour.
        github = Github(
            auth=Auth.Token(target.token),
            base_url=_api(target.web),
            timeout=60,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )
        self._repository = github.get_repo(target.path)
        self._path = target.path
        self._help = Help(self.name, target.path, target.variable, _TOKENS, _NEEDS, target.token or "", say)
        self._known: dict[int, GitHubPullRequest] = {}

    def find_open(self, branch: str) -> PullRequest | None:
        owner = self._path.partition("/")[0]

        def find() -> PullRequest | None:
            for pull in self._repository.get_pulls(state="open", head=f"{owner}:{branch}"):
                if pull.head.ref == branch and pull.state == "open":
                    return self._taken(pull)
            return None

        return self._ask("list pull requests", find)

    def create(self, proposal: Proposal) -> PullRequest:
        def open_it() -> PullRequest:
            return self._taken(
                self._repository.create_pull(
                    base=proposal.base,
                    head=proposal.branch,
                    title=proposal.title,
                    body=proposal.body,
                    draft=proposal.draft,
                )
            )

        return self._ask("open a pull request", open_it)

    def update(self, pull_request: PullRequest, proposal: Proposal) -> PullRequest:
        pull = self._known[pull_request.number]
        self._ask(
            "update the pull request",
            lambda: pull.edit(title=proposal.title, body=proposal.body, base=proposal.base),
        )
        return self._taken(pull)

    def comment(self, pull_request: PullRequest, text: str) -> None:
        self._ask("take a comment", lambda: self._known[pull_request.number].create_issue_comment(text))

    def close(self, pull_request: PullRequest) -> None:
        self._ask("close the pull request", lambda: self._known[pull_request.number].edit(state="closed"))

    def add_labels(self, pull_request: PullRequest, labels: Sequence[str]) -> None:
        # Not `add_to_labels`, which sends a bare list: GitHub's description asks for an object.
        path = f"{self._repository.url}/issues/{pull_request.number}/labels"
        fields = {"labels": list(labels)}
        requester = self._repository.requester
        self._ask("add labels", lambda: requester.requestJsonAndCheck("POST", path, input=fields))

    def request_reviews(self, pull_request: PullRequest, reviewers: Sequence[str]) -> None:
        asked = {
            "reviewers": [reviewer for reviewer in reviewers if "/" not in reviewer],
            "team_reviewers": [reviewer.partition("/")[2] for reviewer in reviewers if "/" in reviewer],
        }
        given = {kind: names for kind, names in asked.items() if names}
        self._ask("ask for reviews", lambda: self._known[pull_request.number].create_review_request(**given))

    def _taken(self, pull: GitHubPullRequest) -> PullRequest:
        self._known[pull.number] = pull
        labels = tuple(label.name for label in pull.labels)
        return PullRequest(pull.number, pull.html_url, pull.title, pull.body or "", pull.base.ref, labels)

    def _ask(self, operation: str, call: Callable[[], Answer]) -> Answer:
        def attempt() -> Answer:
            try:
                return call()
            except GithubException as error:
                headers = {name.lower(): value for name, value in (error.headers or {}).items()}
                raise Refusal(error.status, _reason(error.data), headers) from None
            except requests.RequestException as error:
                raise Refusal(None, f"no answer ({type(error).__name__})") from None
            except AssertionError as error:  # PyGithub's way to refuse links to another host than it was given
                raise Refusal(NONSENSE, f"its answers name another host: {error}") from None
            except UNREADABLE:
                raise Refusal(NONSENSE, "its answer is not that of GitHub's API") from None

        return patiently(operation, attempt, self._help)


def _api(web: str) -> str:
    """Where the API of a GitHub is: on a host of its own, or (Enterprise Server) below the web address."""
    parts = urlsplit(web)
    host = parts.hostname or ""
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"{web}/api/v3"


def _reason(data: Any) -> str:
    """What an answer says of an error: its message, and those of the fields that are wrong."""
    if not isinstance(data, dict):
        return str(data or "")[:200]
    errors = data.get("errors")
    details = []
    for error in errors if isinstance(errors, list) else []:
        detail = (
            error.get("message") or f"{error.get('field')} {error.get('code')}" if isinstance(error, dict) else error
        )
        details.append(str(detail))
    return "; ".join([str(data.get("message", "")), *details])
