"""Gitea and Forgejo, whose API is the same for what is needed here. https://docs.gitea.com/api/

A small client of our own on `urllib`, without a dependency: half a dozen requests need none, and the libraries on PyPI
for these forges are either generated from one version's description or no longer kept up.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from gitops_clone.repo.forges.model import Proposal, PullRequest
from gitops_clone.repo.forges.patience import NONSENSE, UNREADABLE, Help, Refusal, patiently

if TYPE_CHECKING:
    from gitops_clone.repo.forges.detect import Target

_TOKENS = "Settings > Applications"
_NEEDS = {
    "": f"the scopes `write:repository` and `write:issue` ({_TOKENS}), and its user write access to the repository"
}
_DRAFT = "WIP: "
_PAGE = 50
_COLOUR = "#0e8a16"  # of labels that are made; the API wants one


class Gitea:
    """One repository on Gitea or Forgejo."""

    name = "Gitea"
    body_limit = 65535  # a TEXT column in some of its databases

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        self._token = target.token
        self._api = f"{target.web}/api/v1/repos/{quote(target.path)}"
        self._help = Help(self.name, target.path, target.variable, _TOKENS, _NEEDS, target.token or "", say)

    def find_open(self, branch: str) -> PullRequest | None:
        for found in self._pages("list pull requests", "pulls", state="open", sort="recentupdate"):
            head, base = found["head"], found["base"]
            if head["ref"] == branch and head["repo_id"] == base["repo_id"]:
                return _taken(found)
        return None

    def create(self, proposal: Proposal) -> PullRequest:
        title = f"{_DRAFT}{proposal.title}" if proposal.draft else proposal.title
        fields = {"head": proposal.branch, "base": proposal.base, "title": title, "body": proposal.body}
        opened: PullRequest = self._ask("open a pull request", "POST", "pulls", fields, _taken)
        return opened

    def update(self, pull_request: PullRequest, proposal: Proposal) -> PullRequest:
        draft = pull_request.title.startswith(_DRAFT)
        title = f"{_DRAFT}{proposal.title}" if draft else proposal.title
        fields = {"title": title, "body": proposal.body}
        if proposal.base != pull_request.base:
            fields["base"] = proposal.base  # not else: changing it to what it is, is refused
        path = f"pulls/{pull_request.number}"
        updated: PullRequest = self._ask("update the pull request", "PATCH", path, fields, _taken)
        return updated

    def comment(self, pull_request: PullRequest, text: str) -> None:
        self._ask("take a comment", "POST", f"issues/{pull_request.number}/comments", {"body": text})

    def close(self, pull_request: PullRequest) -> None:
        self._ask("close the pull request", "PATCH", f"pulls/{pull_request.number}", {"state": "closed"})

    def add_labels(self, pull_request: PullRequest, labels: Sequence[str]) -> None:
        numbers = {label["name"]: label["id"] for label in self._pages("list labels", "labels")}
        for name in labels:
            if name not in numbers:
                made = self._ask("add labels", "POST", "labels", {"name": name, "color": _COLOUR})
                numbers[name] = made["id"]
        wanted = {"labels": [numbers[name] for name in labels]}
        self._ask("add labels", "POST", f"issues/{pull_request.number}/labels", wanted)

    def request_reviews(self, pull_request: PullRequest, reviewers: Sequence[str]) -> None:
        asked = {
            "reviewers": [reviewer for reviewer in reviewers if "/" not in reviewer],
            "team_reviewers": [reviewer.partition("/")[2] for reviewer in reviewers if "/" in reviewer],
        }
        self._ask("ask for reviews", "POST", f"pulls/{pull_request.number}/requested_reviewers", asked)

    def _pages(self, operation: str, path: str, **query: str) -> Iterator[Any]:
        """All items of a list. Servers may send fewer a page than asked for, so that only an old item is the end."""
        seen: set[int] = set()
        for page in count(1):
            address = f"{path}?{urlencode({**query, 'page': page, 'limit': _PAGE})}"
            items = self._ask(operation, "GET", address, read=lambda listed: {item["id"]: item for item in listed})
            new = {number: item for number, item in items.items() if number not in seen}
            yield from new.values()
            seen.update(new)
            if not new:
                return

    def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        fields: dict[str, Any] | None = None,
        read: Callable[[Any], Any] = lambda answer: answer,
    ) -> Any:
        """The answer to a request, as `read` understands it."""

        def attempt() -> Any:
            answer = self._request(method, path, fields)
            try:
                return read(json.loads(answer or b"null"))
            except UNREADABLE:
                raise Refusal(NONSENSE, "its answer is not that of the API of Gitea and Forgejo") from None

        return patiently(operation, attempt, self._help)

    def _request(self, method: str, path: str, fields: dict[str, Any] | None) -> bytes:
        data = None if fields is None else json.dumps(fields).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "gitops-clone"}
        request = Request(f"{self._api}/{path}", data, headers, method=method)
        # Unredirected: where the server sends us elsewhere, the token does not come along.
        request.add_unredirected_header("Authorization", f"token {self._token}")
        try:
            with urlopen(request, timeout=60) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            headers = {name.lower(): value for name, value in error.headers.items()}
            raise Refusal(error.code, _reason(error), headers) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else type(error).__name__
            raise Refusal(None, f"no answer ({reason})") from None


def _taken(found: Any) -> PullRequest:
    labels = tuple(label["name"] for label in found.get("labels") or ())
    url, title, body = found["html_url"], found["title"], found.get("body") or ""
    return PullRequest(found["number"], url, title, body, found["base"]["ref"], labels)


def _reason(error: HTTPError) -> str:
    try:
        told = json.loads(error.read())
        return str(told["message"])
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        return str(error.reason)
