"""The pull request on the forge: opened, brought up to date, or closed where nothing is left to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_clone.repo.branch import OwnBranch
from gitops_clone.repo.forges.model import Forge, ForgeError, Proposal, PullRequest
from gitops_clone.repo.message import commit_message
from gitops_clone.result import Action, Result

if TYPE_CHECKING:
    from gitops_clone.config import Settings


def propose(
    forge: Forge, existing: PullRequest | None, settings: Settings, branch: OwnBranch, result: Result
) -> tuple[PullRequest, Action]:
    """Open the pull request, or make the open one say what it should. Raises `ForgeError`."""
    from gitops_clone.report.markdown import pull_request_body

    title = settings.title or commit_message(result.files, settings.commit_message).partition("\n")[0]
    body = pull_request_body(result, forge.body_limit)
    proposal = Proposal(branch.name, branch.base, title, body, settings.draft)
    if existing is None:
        try:
            return forge.create(proposal), Action.OPENED
        except ForgeError as error:
            # A first attempt may have been answered by an error and succeeded all the same.
            existing = forge.find_open(branch.name) if error.status in (409, 422) else None
            if existing is None:
                raise
    if _says(existing, proposal):
        return existing, Action.UNCHANGED
    return forge.update(existing, proposal), Action.UPDATED


def _says(existing: PullRequest, proposal: Proposal) -> bool:
    titles = [f"{draft}{proposal.title}" for draft in ("", "Draft: ", "WIP: ")]
    same_body = existing.body.replace("\r\n", "\n").strip() == proposal.body.strip()
    return existing.title in titles and same_body and existing.base == proposal.base


def decorate(forge: Forge, found: PullRequest, action: Action, settings: Settings, result: Result) -> Result:
    """Add labels and reviewers. What is refused of these becomes a warning, for the pull request stands."""
    labels = [label for label in settings.labels if label not in found.labels]
    try:
        if labels:
            forge.add_labels(found, labels)
    except ForgeError as error:
        result = result.with_warning(str(error))
    try:
        if settings.reviewers and action is Action.OPENED:  # only once: who has reviewed is not asked again
            forge.request_reviews(found, settings.reviewers)
    except ForgeError as error:
        result = result.with_warning(str(error))
    return result


def close(forge: Forge, existing: PullRequest | None, result: Result, branch: OwnBranch) -> tuple[Result, bool]:
    """Close the open pull request, since nothing is left to change; not where something has failed.

    The result, and whether it was closed. Raises `ForgeError`.
    """
    if existing is None:
        return result, False
    if result.exit_code != 0:
        warning = f"{existing.url} stays open and as it was, since not everything could be done"
        return result.with_warning(warning), False
    forge.comment(
        existing,
        f"Nothing is left to change on `{branch.base}`: this pull request is empty, and gitops-clone closes it. "
        "It opens another one when there is need.",
    )
    forge.close(existing)
    return result, True
