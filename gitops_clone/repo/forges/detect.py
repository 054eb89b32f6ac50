"""Which forge a remote is on, and which repository there; taken from its URL, the settings and CI's variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gitops_clone.errors import UsageError

if TYPE_CHECKING:
    from gitops_clone.repo.forges.model import Forge

_KINDS = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}
_HOSTS = {"github.com": "github", "gitlab.com": "gitlab", "codeberg.org": "gitea", "gitea.com": "gitea"}
_TOKENS = {"github": ("GITHUB_TOKEN", "GH_TOKEN"), "gitlab": ("GITLAB_TOKEN",), "gitea": ("GITEA_TOKEN",)}
# Who the token is to git; each forge looks at the password alone, but wants some name.
_USERS = {"github": "x-access-token", "gitlab": "oauth2", "gitea": "oauth2"}
# Hosts for SSH over port 443.
_SSH_HOSTS = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
_SCP = re.compile(r"(?:[^@/\s]+@)?(\[[0-9a-fA-F:.]+\]|[^:/\s]+):(?!//)(.+)")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a remote is: its web address (None for a path on this machine) and the repository's path there."""

    web: str | None
    path: str

    @property
    def host(self) -> str:
        return urlsplit(self.web or "").hostname or ""


@dataclass(frozen=True, slots=True)
class Target:
    """A repository on a forge, and the token for it. `web` is the forge's address, without a slash at the end."""

    kind: str
    web: str
    path: str
    token: str | None = field(repr=False)
    variable: str

    @property
    def user(self) -> str:
        """The user name that goes with the token over https."""
        return _USERS[self.kind]


def locate(url: str) -> Location:
    """Where a remote's URL leads, in each of git's spellings (git-clone(1), GIT URLS). A login in it is left out."""
    if "://" not in url:
        scp = _SCP.fullmatch(url)
        return Location(_web(scp[1]), _clean(scp[2])) if scp else Location(None, _clean(url))
    parts = urlsplit(url)
    if parts.scheme == "file" or not parts.hostname:
        return Location(None, _clean(unquote(parts.path)))
    if parts.scheme in ("http", "https"):
        host = parts.netloc.rpartition("@")[2]
        return Location(f"{parts.scheme}://{host.lower()}", _clean(unquote(parts.path)))
    # The port of SSH says nothing of the web's.
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Location(_web(host), _clean(unquote(parts.path)))


def find_target(url: str, environ: Mapping[str, str], forge: str | None, forge_url: str | None) -> Target:
    """The repository that a remote's URL leads to, and the token for it from the environment (None: there is none).

    `forge` and `forge_url` are the settings. Raises `UsageError` where the forge cannot be told, or the path is not one
    of a repository there.
    """
    location = locate(url)
    web = forge_url or location.web
    if web is None:
        raise UsageError("the remote is a path on this machine, not on a forge: set forge and forge-url")
    kind = _KINDS[forge] if forge else _recognise(urlsplit(web).hostname or "", environ)
    path = location.path
    folder = urlsplit(web).path.strip("/")
    if folder and path.startswith(f"{folder}/"):
        path = path.removeprefix(f"{folder}/")
    parts = path.split("/")
    if location.web is None:
        parts = parts[-2:]
    if len(parts) < 2 or (len(parts) > 2 and kind != "gitlab"):
        raise UsageError(
            f"{path!r} is not the path of a repository on {web}; where the forge has a path, set forge-url"
        )
    variable, token = find_token(kind, environ)
    return Target(kind, web, "/".join(parts), token, variable)


def find_token(kind: str, environ: Mapping[str, str]) -> tuple[str, str | None]:
    """The variable with the token for a kind of forge, and the token."""
    for variable in _TOKENS[kind]:
        token = environ.get(variable, "").strip()
        if token and not (token.isascii() and token.isprintable()):
            raise UsageError(f"{variable}: is not a token: it holds line breaks or other than ASCII characters")
        if token:
            return variable, token
    return _TOKENS[kind][0], None


def open_forge(target: Target, say: Callable[[str], None] = lambda _: None) -> Forge:
    """The forge, ready to be asked; `say` is told of long waits.

    Raises `UsageError` without a token, or without the forge's library.
    """
    if target.token is None:
        names = " or ".join(_TOKENS[target.kind])
        raise UsageError(f"{names} is not set: a pull request needs a token for {target.web}")
    try:
        return _class(target.kind)(target, say)
    except ModuleNotFoundError as error:
        extra = f"pipx install 'gitops-clone[{target.kind}]'"
        raise UsageError(f"a pull request on {target.web} needs {error.name}, which is missing: {extra}") from None


def _class(kind: str) -> Callable[[Target, Callable[[str], None]], Forge]:
    if kind == "github":
        from gitops_clone.repo.forges.github import GitHub

        return GitHub
    if kind == "gitlab":
        from gitops_clone.repo.forges.gitlab import GitLab

        return GitLab
    from gitops_clone.repo.forges.gitea import Gitea

    return Gitea


def _recognise(host: str, environ: Mapping[str, str]) -> str:
    """The kind of forge on a host: known, the one that runs us in CI, or named so."""
    if host in _HOSTS:
        return _HOSTS[host]
    if host == urlsplit(environ.get("GITHUB_SERVER_URL", "")).hostname:
        # Gitea's and Forgejo's actions set the variables of GitHub's, too.
        others = ("GITEA_ACTIONS", "FORGEJO_ACTIONS")
        return "gitea" if any(environ.get(name) for name in others) else "github"
    if host == urlsplit(environ.get("CI_SERVER_URL", "")).hostname:
        return "gitlab"
    if host.endswith(".ghe.com"):
        return "github"
    for label in host.split("."):
        if label in _KINDS:
            return _KINDS[label]
    raise UsageError(f"{host}: not known which forge this is; set forge to one of {', '.join(_KINDS)}")


def _web(host: str) -> str:
    host = host.lower()
    return f"https://{_SSH_HOSTS.get(host, host)}"


def _clean(path: str) -> str:
    return Path("/", path.strip("/")).as_posix().removeprefix("/").removesuffix(".git").rstrip("/")
