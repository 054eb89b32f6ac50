"""What started the workflow, and whether the code that it looks at may be trusted with credentials."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_clone.errors import UsageError


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The commits of the pull request that started the workflow, or of the merge queue's group of them."""

    base: str
    head: str


@dataclass(frozen=True, slots=True)
class Event:
    """`distrust` says why nothing may be copied or pushed; None where the code is the repository's own."""

    name: str
    pull_request: PullRequest | None = None
    distrust: str | None = None


def read(environ: Mapping[str, str]) -> Event:
    """The event by its payload (docs.github.com, "Webhook events and payloads"). Raises `UsageError`."""
    name, path = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_EVENT_PATH", "")
    if not path:
        return Event(name)
    try:
        payload = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH: the event's payload cannot be read: {error}") from None
    return Event(name, _pull_request(payload), _distrust(payload))


def _pull_request(payload: dict[str, Any]) -> PullRequest | None:
    if group := payload.get("merge_group"):
        return PullRequest(group["base_sha"], group["head_sha"])
    found = payload.get("pull_request")
    return PullRequest(found["base"]["sha"], found["head"]["sha"]) if found else None


def _distrust(payload: dict[str, Any]) -> str | None:
    """Why the code may be a stranger's. Also where an event runs with the secrets of the repository that it is not
    from: `pull_request_target`, `workflow_run` and comments."""
    repository = payload.get("repository", {}).get("full_name")
    if found := payload.get("pull_request"):
        # The repository of a fork that has been deleted is null.
        return None if _name(found["head"].get("repo")) == repository else "this pull request comes from a fork"
    if found := payload.get("workflow_run"):
        return None if _name(found.get("head_repository")) == repository else "the workflow run is of a fork"
    if payload.get("issue", {}).get("pull_request"):
        return "a comment does not tell whether its pull request comes from a fork"
    return None


def _name(repository: dict[str, Any] | None) -> str | None:
    return repository.get("full_name") if repository else None
