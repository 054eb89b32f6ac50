from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.repo.forges.detect import find_target, open_forge


@pytest.mark.parametrize(
    ("url", "kind", "web", "path"),
    [
        ("https://github.com/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("https://github.com/acme/gitops", "github", "https://github.com", "acme/gitops"),
        ("https://GitHub.com/acme/gitops/", "github", "https://github.com", "acme/gitops"),
        ("https://ada:s3cret@github.com/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("git@github.com:acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("github.com:acme/gitops", "github", "https://github.com", "acme/gitops"),
        ("git@github.com:/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("ssh://git@github.com/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("ssh://git@ssh.github.com:443/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("git+ssh://git@github.com/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("git://github.com/acme/gitops.git", "github", "https://github.com", "acme/gitops"),
        ("https://github.acme.io:8443/acme/gitops.git", "github", "https://github.acme.io:8443", "acme/gitops"),
        ("ssh://git@github.acme.io:2222/acme/gitops.git", "github", "https://github.acme.io", "acme/gitops"),
        ("https://acme.ghe.com/acme/gitops.git", "github", "https://acme.ghe.com", "acme/gitops"),
        ("git@gitlab.com:acme/infra/clusters/gitops.git", "gitlab", "https://gitlab.com", "acme/infra/clusters/gitops"),
        ("https://gitlab.acme.io/acme/infra/gitops.git", "gitlab", "https://gitlab.acme.io", "acme/infra/gitops"),
        ("ssh://git@altssh.gitlab.com:443/acme/gitops.git", "gitlab", "https://gitlab.com", "acme/gitops"),
        ("https://codeberg.org/acme/gitops", "gitea", "https://codeberg.org", "acme/gitops"),
        ("http://gitea.acme.io:3000/acme/gitops", "gitea", "http://gitea.acme.io:3000", "acme/gitops"),
        ("ssh://git@forgejo.acme.io:22/acme/gitops", "gitea", "https://forgejo.acme.io", "acme/gitops"),
        ("https://github.com/acme/git%20ops.git", "github", "https://github.com", "acme/git ops"),
    ],
)
def test_remotes_in_each_spelling(url: str, kind: str, web: str, path: str) -> None:
    target = find_target(url, {}, None, None)
    assert (target.kind, target.web, target.path) == (kind, web, path)


@pytest.mark.parametrize(
    ("url", "forge", "forge_url", "expected"),
    [
        ("git@work:acme/gitops.git", "github", "https://github.com", ("github", "https://github.com", "acme/gitops")),
        ("https://git.acme.io/a/b/c.git", "gitlab", None, ("gitlab", "https://git.acme.io", "a/b/c")),
        ("https://git.acme.io/a/b.git", "forgejo", None, ("gitea", "https://git.acme.io", "a/b")),
        ("https://acme.io/git/a/b.git", "gitea", "https://acme.io/git", ("gitea", "https://acme.io/git", "a/b")),
        (
            "/srv/git/acme/gitops.git",
            "gitea",
            "http://localhost:3000",
            ("gitea", "http://localhost:3000", "acme/gitops"),
        ),
        ("file:///srv/acme/gitops", "github", "https://git.acme.io", ("github", "https://git.acme.io", "acme/gitops")),
    ],
)
def test_a_forge_that_is_named(url: str, forge: str, forge_url: str | None, expected: tuple[str, str, str]) -> None:
    target = find_target(url, {}, forge, forge_url)
    assert (target.kind, target.web, target.path) == expected


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"GITHUB_SERVER_URL": "https://git.acme.io"}, "github"),
        ({"GITHUB_SERVER_URL": "https://git.acme.io", "GITEA_ACTIONS": "true"}, "gitea"),
        ({"GITHUB_SERVER_URL": "https://git.acme.io", "FORGEJO_ACTIONS": "true"}, "gitea"),
        ({"CI_SERVER_URL": "https://git.acme.io"}, "gitlab"),
    ],
)
def test_the_forge_that_runs_us(environ: Mapping[str, str], kind: str) -> None:
    assert find_target("https://git.acme.io/acme/gitops.git", environ, None, None).kind == kind


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "https://git.acme.io/acme/gitops.git",
            "git.acme.io: not known which forge this is; set forge to one of github",
        ),
        ("/srv/gitops.git", "not on a forge: set forge and forge-url"),
        ("https://github.com/gitops.git", "'gitops' is not the path of a repository on https://github.com"),
        ("https://github.com/a/b/c.git", "'a/b/c' is not the path of a repository"),
    ],
)
def test_what_cannot_be_told(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        find_target(url, {}, None, None)


@pytest.mark.parametrize(
    ("url", "environ", "token"),
    [
        ("https://github.com/a/b", {"GITHUB_TOKEN": "one", "GH_TOKEN": "two", "GITLAB_TOKEN": "three"}, "one"),
        ("https://github.com/a/b", {"GH_TOKEN": "two\n"}, "two"),
        ("https://gitlab.com/a/b", {"GITHUB_TOKEN": "one", "GITLAB_TOKEN": "three"}, "three"),
        ("https://codeberg.org/a/b", {"GITEA_TOKEN": "four"}, "four"),
        ("https://gitlab.com/a/b", {"GITHUB_TOKEN": "one"}, None),
        ("https://github.com/a/b", {"GITHUB_TOKEN": " "}, None),
    ],
)
def test_each_forge_has_its_token(url: str, environ: Mapping[str, str], token: str | None) -> None:
    assert find_target(url, environ, None, None).token == token


def test_a_missing_token_is_told() -> None:
    target = find_target("https://github.com/a/b", {}, None, None)
    with pytest.raises(UsageError, match=r"^GITHUB_TOKEN or GH_TOKEN is not set"):
        open_forge(target)


def test_a_broken_token_is_told_and_not_shown() -> None:
    with pytest.raises(UsageError, match=r"^GITHUB_TOKEN: is not a token") as raised:
        find_target("https://github.com/a/b", {"GITHUB_TOKEN": "s3cr\net"}, None, None)
    assert "s3cr" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "library", "extra"),
    [("https://github.com/a/b", "github", "github"), ("https://gitlab.com/a/b", "gitlab", "gitlab")],
)
def test_a_missing_library_says_what_to_install(url: str, library: str, extra: str) -> None:
    program = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from gitops_clone.repo.forges.detect import find_target, open_forge\n"
        f"open_forge(find_target({url!r}, {{'GITHUB_TOKEN': 'x', 'GITLAB_TOKEN': 'x'}}, None, None))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"pipx install 'gitops-clone[{extra}]'" in done.stderr.splitlines()[-1]
