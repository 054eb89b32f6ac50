"""What all forges have in common: one pull request for one branch (GitLab says merge request)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gitops_clone.errors import GitopsCloneError


class ForgeError(GitopsCloneError):
    """A forge refused, or could not be reached. `status` is that of HTTP, None where there was no answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge has it. `number` is the one that people see, `url` its page."""

    number: int
    url: str
    title: str
    body: str
    base: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request as we want it: `branch` is to be merged into `base`."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False


class Forge(Protocol):
    """One repository on a forge. Every method raises `ForgeError`, after waiting out what may pass."""

    @property
    def name(self) -> str:
        """As people call it: GitHub, GitLab, Gitea."""

    @property
    def body_limit(self) -> int:
        """The longest body that it takes, in characters."""

    def find_open(self, branch: str) -> PullRequest | None:
        """The open pull request for a branch of this very repository (not of a fork)."""

    def create(self, proposal: Proposal) -> PullRequest: ...

    def update(self, pull_request: PullRequest, proposal: Proposal) -> PullRequest:
        """Give it title, body and base of the proposal. Whether it is a draft is left to people from then on."""

    def comment(self, pull_request: PullRequest, text: str) -> None: ...

    def close(self, pull_request: PullRequest) -> None: ...

    def add_labels(self, pull_request: PullRequest, labels: Sequence[str]) -> None:
        """Add labels; those that the repository does not know yet are made."""

    def request_reviews(self, pull_request: PullRequest, reviewers: Sequence[str]) -> None:
        """Ask people, or teams (`organisation/team`), for a review."""
