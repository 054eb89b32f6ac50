"""GitLab, on gitlab.com and self-hosted, through python-gitlab. https://docs.gitlab.com/api/merge_requests/"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import gitlab
import requests
from gitlab.exceptions import GitlabError, GitlabParsingError

from gitops_clone.repo.forges.model import Proposal, PullRequest
from gitops_clone.repo.forges.patience import NONSENSE, UNREADABLE, Help, Refusal, explain, patiently

if TYPE_CHECKING:
    from gitops_clone.repo.forges.detect import Target

Answer = TypeVar("Answer")

_TOKENS = "Settings > Access tokens of the project"
_NEEDS = {"": f"the scope `api` and the role Developer ({_TOKENS}, or of a user)"}
_DRAFT = "Draft: "
# Waiting is ours (patience.py), which ends within bounds; python-gitlab waits as long as a server says.
_AT_ONCE: dict[str, Any] = {"obey_rate_limit": False, "retry_transient_errors": False}


class GitLab:
    """One project on GitLab."""

    name = "GitLab"
    body_limit = 1_048_576

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        # As a bearer, personal, project, group and OAuth tokens are all accepted.
        self._gitlab = gitlab.Gitlab(target.web, oauth_token=target.token, timeout=60)
        self._gitlab.session.hooks["response"].append(self._note)
        self._headers: dict[str, str] = {}
        self._merge_requests = self._gitlab.projects.get(target.path, lazy=True).mergerequests
        self._help = Help(self.name, target.path, target.variable, _TOKENS, _NEEDS, target.token or "", say)

    def find_open(self, branch: str) -> PullRequest | None:
        def find() -> PullRequest | None:
            listed = self._merge_requests.list(
                state="opened", source_branch=branch, get_all=False, per_page=100, **_AT_ONCE
            )
            own = (each for each in listed if each.source_project_id == each.target_project_id)
            return next((_taken(each.attributes) for each in own), None)

        return self._ask("list merge requests", find)

    def create(self, proposal: Proposal) -> PullRequest:
        title = f"{_DRAFT}{proposal.title}" if proposal.draft else proposal.title
        fields = {
            "source_branch": proposal.branch,
            "target_branch": proposal.base,
            "title": title,
            "description": proposal.body,
        }
        return self._ask(
            "open a merge request",
            lambda: _taken(self._merge_requests.create(fields, **_AT_ONCE).attributes),
        )

    def update(self, pull_request: PullRequest, proposal: Proposal) -> PullRequest:
        draft = pull_request.title.startswith(_DRAFT)
        title = f"{_DRAFT}{proposal.title}" if draft else proposal.title
        fields = {"title": title, "description": proposal.body, "target_branch": proposal.base}
        return self._change("update the merge request", pull_request, fields)

    def comment(self, pull_request: PullRequest, text: str) -> None:
        notes = self._merge_requests.get(pull_request.number, lazy=True).notes
        self._ask("take a comment", lambda: notes.create({"body": text}, **_AT_ONCE))

    def close(self, pull_request: PullRequest) -> None:
        self._change("close the merge request", pull_request, {"state_event": "close"})

    def add_labels(self, pull_request: PullRequest, labels: Sequence[str]) -> None:
        self._change("add labels", pull_request, {"add_labels": ",".join(labels)})

    def request_reviews(self, pull_request: PullRequest, reviewers: Sequence[str]) -> None:
        numbers = []
        for name in reviewers:
            found = self._ask("ask for reviews", partial(self._users, name))
            if not found:
                raise explain(Refusal(None, f"there is no user {name!r}"), "ask for reviews", self._help)
            numbers += found
        self._change("ask for reviews", pull_request, {"reviewer_ids": numbers})

    def _users(self, name: str) -> list[int]:
        return [user.id for user in self._gitlab.users.list(username=name, get_all=False, **_AT_ONCE)]

    def _change(self, operation: str, pull_request: PullRequest, fields: dict[str, Any]) -> PullRequest:
        return self._ask(
            operation, lambda: _taken(self._merge_requests.update(pull_request.number, fields, **_AT_ONCE))
        )

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Keep the headers of the last answer, which python-gitlab's errors do not have."""
        self._headers = {name.lower(): value for name, value in response.headers.items()}

    def _ask(self, operation: str, call: Callable[[], Answer]) -> Answer:
        def attempt() -> Answer:
            self._headers = {}
            try:
                return call()
            except (GitlabParsingError, *UNREADABLE):
                raise Refusal(NONSENSE, "its answer is not that of GitLab's API") from None
            except GitlabError as error:
                raise Refusal(error.response_code, str(error.error_message), self._headers) from None
            except requests.RequestException as error:
                raise Refusal(None, f"no answer ({type(error).__name__})") from None

        return patiently(operation, attempt, self._help)


def _taken(found: dict[str, Any]) -> PullRequest:
    body, labels = found["description"] or "", tuple(found["labels"])
    return PullRequest(found["iid"], found["web_url"], found["title"], body, found["target_branch"], labels)
