"""One remote of a repository: how git reaches it, what it has, and pushing to it.

A token goes to git through the environment (`GIT_CONFIG_*`, git-config(1)), never through arguments, URLs or files.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.errors import UsageError
from gitops_clone.repo import git_program
from gitops_clone.repo.write import printable

Configuration = Sequence[tuple[str, str]]
_WEB_ORIGIN = re.compile(r"https?://[^/@]+/")
# What git and the forges say where a branch is not at the commit that it was when we looked.
_OUTRUN = re.compile(
    "stale info|fetch first|non-fast-forward|cannot lock ref|failed to (?:lock|update ref)|incorrect old value"
    "|already exists"
)
_PASSING = re.compile(
    r"returned error: (?:429|5\d\d)\b|early EOF|Connection (?:reset|timed out)|Could not resolve host"
)
_DELAYS = (1.0, 4.0)  # seconds
_DENIED = (
    "error: 403",
    "error: 401",
    "authentication failed",
    "permission denied",
    "could not read username",
    "access denied",
)
_REJECTED = re.compile(r"^!\t[^\t]*\t\[(?:remote )?rejected\] \((.*)\)$", re.MULTILINE)


class Outrun(UsageError):
    """Somebody else has pushed to the branch meanwhile: what was pushed must be made again, on top of that."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote by its name in the repository at `top`; `url` as git resolves it, which may hold a password."""

    top: Path
    name: str
    url: str = field(repr=False)
    login: Configuration = field(default=(), repr=False)

    def with_token(self, user: str, token: str | None) -> Remote:
        """The same remote, with a token for it where it is reached by https. A login in the URL is left to itself."""
        origin = _WEB_ORIGIN.match(self.url)
        if origin is None or token is None:
            return self
        header = base64.b64encode(f"{user}:{token}".encode()).decode()
        key = f"http.{origin[0]}.extraHeader"
        # The empty value removes the header that actions/checkout has left in the repository's configuration.
        return Remote(self.top, self.name, self.url, ((key, ""), (key, f"Authorization: Basic {header}")))

    def environment(self) -> Mapping[str, str]:
        """The environment of a git that talks to the remote."""
        return git_program.environment(**with_configuration(os.environ, self.login))

    def references(self, *branches: str) -> tuple[str | None, dict[str, str]]:
        """The remote's default branch, and the commits of the branches that it has."""
        names = [f"refs/heads/{branch}" for branch in branches]
        arguments = ["ls-remote", "--symref", "--", self.name, "HEAD", *names]
        listing = self.talk(self.top, "list the branches", arguments, self.environment())
        default, commits = None, {}
        for line in listing.splitlines():
            value, _, name = line.partition("\t")
            if name == "HEAD" and value.startswith("ref: refs/heads/"):
                default = value.removeprefix("ref: refs/heads/")
            elif name in names:
                commits[name.removeprefix("refs/heads/")] = value
        return default, commits

    def push(
        self, commit: str, branch: str, *, root: Path, environ: Mapping[str, str], lease: str | None = None
    ) -> None:
        """Push a commit of the repository at `root`. With a `lease` (the commit that the branch must have now, "" for
        none) the branch is replaced, else only added to. Raises `Outrun`, or `UsageError` where the remote refuses.
        """
        options = ["--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
        if lease is not None:
            options.append(f"--force-with-lease=refs/heads/{branch}:{lease}")
        arguments = ["push", *options, "--", self.name, f"{commit}:refs/heads/{branch}"]
        status, output, errors = self._patiently(root, arguments, environ)
        if status == 0:
            return
        rejected = _REJECTED.search(output)
        if rejected is None:
            raise self._refusal(f"push to {branch}", errors)
        if _OUTRUN.search(rejected[1]):
            raise Outrun(
                f"{printable(self.top)}: {self.name} has commits on {branch} that are not here; "
                f"run: git pull --rebase {self.name} {branch}"
            )
        told = [line.removeprefix("remote:").strip() for line in errors.splitlines() if line.startswith("remote:")]
        reason = next((line for line in told if line.lower().startswith(("error", "gitlab:"))), rejected[1])
        raise UsageError(
            f"{printable(self.top)}: {self.name} does not take a push to {branch}: {printable(reason)}; "
            "where the branch is protected, use --pull-request, or let this user push to it"
        )

    def talk(self, root: Path, what: str, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
        """What a git command prints that talks to the remote."""
        status, output, errors = self._patiently(root, arguments, environ)
        if status != 0:
            raise self._refusal(what, errors)
        return output

    def _patiently(self, root: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str, str]:
        """Run git, again after a while where the server's fault may pass."""
        for delay in _DELAYS:
            status, output, errors = git_program.start(root, *arguments, environ=environ)
            if status == 0 or not _PASSING.search(errors):
                return status, output, errors
            time.sleep(delay)
        return git_program.start(root, *arguments, environ=environ)

    def _refusal(self, what: str, errors: str) -> UsageError:
        """The one line for a git that could not talk to the remote."""
        if any(sign in errors.lower() for sign in _DENIED):
            return UsageError(
                f"{printable(self.top)}: {self.name} does not let git {what}; the token or key needs the permission "
                "to write: on GitHub `contents: write`, on GitLab the scope write_repository and the role Developer, "
                "on Gitea and Forgejo the scope write:repository"
            )
        return git_program.refusal(self.top, f"{what} ({self.name})", errors)


def open_remote(top: Path, name: str | None) -> Remote:
    """The remote of that name; without one, that of the current branch, else the only one, else `origin`.

    Raises `UsageError` if there is none. A name that is configured as a remote, and no URL: settings may come from a
    stranger's pull request, and the token would go there.
    """
    names = git_program.run(top, "list its remotes", "remote").split("\n")[:-1]
    if name is None:
        branch = current_branch(top)
        configured = git_program.run(top, "read its configuration", "config", f"branch.{branch}.remote", answers=1)
        candidates = [configured.strip(), "origin", *names]
        name = next((candidate for candidate in candidates if candidate in names), None)
    if name is None:
        raise UsageError(f"{printable(top)}: no remote to push to; add one: git remote add origin URL")
    if name not in names:
        known = f"there are {', '.join(names)}" if names else "there is none"
        raise UsageError(f"{printable(top)}: no remote {name!r}; {known}")
    return Remote(top, name, git_program.run(top, "read the remote", "ls-remote", "--get-url", name).strip())


def current_branch(top: Path) -> str | None:
    """The branch that is checked out; None where HEAD is detached."""
    return git_program.run(top, "read HEAD", "symbolic-ref", "--quiet", "--short", "HEAD", answers=1).strip() or None


def read_commit(top: Path, name: str) -> str | None:
    """The commit of a name; None where there is none."""
    arguments = ["rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"]
    return git_program.run(top, "read a commit", *arguments, answers=1).strip() or None


def contains(top: Path, commit: str) -> bool:
    """Whether a commit of a remote is part of what is checked out. One that is not known here is not."""
    status, _, _ = git_program.start(top, "merge-base", "--is-ancestor", commit, "HEAD")
    return status == 0


def with_configuration(environ: Mapping[str, str], entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The variables that give git these entries, after those that the environment gives it already."""
    count = environ.get("GIT_CONFIG_COUNT", "0")
    first = int(count) if count.isdigit() else 0
    variables = {}
    number = first
    for number, (key, value) in enumerate(entries, first + 1):
        variables[f"GIT_CONFIG_KEY_{number - 1}"] = key
        variables[f"GIT_CONFIG_VALUE_{number - 1}"] = value
    return {**variables, "GIT_CONFIG_COUNT": str(number)}
