"""Over https, with tokens in the environment: they do their work, and are nowhere to be read, whatever fails."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from tests.parts import forges
from tests.parts.forges import TOKEN, Forge
from tests.parts.tools import tool
from tests.parts.web import Answer, Fault
from tests.repo.repositories import ISOLATED, Repository, init

POD = "kind: Pod\nspec: {containers: [{image: nginx:1}]}\n"
BRANCH = "gitops-clone/relocate"
SECRETS = [TOKEN, *(base64.b64encode(f"{user}:{TOKEN}".encode()).decode() for user in ("x-access-token", "oauth2"))]


@dataclass
class Site:
    forge: Forge
    remote: Repository
    user: Repository
    place: Path

    def run(self, *arguments: str, code: int, env: Mapping[str, str] = {}) -> str:
        """All that a run prints; nothing that it prints or leaves behind may hold a token."""
        environ = {
            **ISOLATED,
            "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": os.getcwd(),
            "HOME": str(self.place),
            "TMPDIR": str(self.place / "tmp"),
            **dict.fromkeys(("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN"), TOKEN),
            **env,
        }
        command = [
            sys.executable,
            "-m",
            "gitops_clone",
            "rewrite",
            "--no-mirror",
            "--forge",
            self.forge.kind,
            *arguments,
        ]
        done = subprocess.run(command, cwd=self.user.path, env=environ, capture_output=True, text=True, timeout=60)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        self.look_for_secrets(said)
        return said

    def look_for_secrets(self, said: str) -> None:
        assert not any(secret in said for secret in SECRETS)
        assert list((self.place / "tmp").iterdir()) == []
        for repository in (self.remote, self.user):
            said = repository.git("log", "--all", "-p", "--format=raw") + repository.git("config", "--list")
            assert not any(secret in said for secret in SECRETS)
        for path in self.place.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(secret.encode() in content for secret in SECRETS), path
        for pull in self.forge.pulls:
            assert not any(secret in f"{pull}" for secret in SECRETS)


@pytest.fixture
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """One kind of forge: GitHub, where a test does not name another."""
    made: Forge = getattr(request, "param", forges.github)()
    yield made
    made.web.stop()


@pytest.fixture
def site(forge: Forge, tmp_path: Path) -> Site:
    remote = init(tmp_path / "srv" / "acme" / "gitops.git", "--bare")
    remote.git("config", "http.receivepack", "true")
    forge.git = tmp_path / "srv"
    user = init(tmp_path / "user")
    user.write("pod.yaml", POD)
    user.commit("pod.yaml")
    user.git("push", "-q", str(remote.path), "main")
    # What actions/checkout leaves behind: its own, now expired, header.
    user.git("config", f"http.{forge.web.url}/.extraHeader", "Authorization: Basic ZXhwaXJlZDpleHBpcmVk")
    user.git("remote", "add", "origin", f"{forge.web.url}/acme/gitops.git")
    (tmp_path / "tmp").mkdir()
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{tmp_path}/calls"\nexec "{tool("git")}" "$@"\n')
    (folder / "git").chmod(0o755)
    return Site(forge, remote, user, tmp_path)


@pytest.mark.parametrize(
    ("forge", "report"),
    [(forges.github, "text"), (forges.gitlab, "json"), (forges.gitea, "markdown")],
    indirect=["forge"],
)
def test_a_token_opens_the_pull_request_and_pushes(site: Site, report: str) -> None:
    said = site.run("--pull-request", "--format", report, "--labels", "images", code=0)
    assert site.remote.git("show", f"{BRANCH}:pod.yaml") == POD.replace(
        "nginx", "localhost:5001/index_docker_io/library/nginx"
    )
    assert len(site.forge.open) == 1
    assert site.place.joinpath("calls").read_text().count("push") == 1
    if report != "markdown":
        assert f"{site.forge.web.url}/acme/gitops/" in said
    site.run("--push", code=0)
    assert site.remote.git("rev-parse", "main") == site.user.git("rev-parse", "HEAD")


FAILURES = {
    "401 of the forge": [Fault("/api/", Answer(401, {"message": f"bad token {TOKEN}"}))],
    "403 on opening": [Fault("POST .*(pulls|merge_requests)$", Answer(403, {"message": f"no, {TOKEN}"}))],
    "404 of the forge": [Fault("/api/", Answer(404, {"message": "Not Found"}))],
    "422 on opening": [Fault("POST .*(pulls|merge_requests)$", Answer(422, {"message": f"wrong: {TOKEN}"}))],
    "429 for long": [Fault("/api/", Answer(429, {"message": TOKEN}, {"Retry-After": "99999"}))],
    "503 for long": [Fault("/api/", Answer(503, {"message": TOKEN}, {"Retry-After": "0"}))],
    "401 of git": [Fault("gitops.git", Answer(401, headers={"WWW-Authenticate": f'Basic realm="{TOKEN}"'}))],
    "403 of git": [Fault("git-receive-pack", Answer(403, raw=TOKEN.encode(), headers={"Content-Type": "text/plain"}))],
    "404 of git": [Fault("gitops.git", Answer(404, raw=b"not found"))],
    "500 of git": [Fault("gitops.git", Answer(500, raw=b"oops"))],
    "an answer that is cut": [
        Fault("gitops.git", Answer(200, raw=b"001e# service=git-", headers={"Content-Type": "text/plain"}))
    ],
}


# Which kind of forge it is matters to the messages, whose words are tested in test_forges.py.
@pytest.mark.parametrize(("forge", "failure"), list(zip(cycle(forges.ALL), FAILURES, strict=False)), indirect=["forge"])
def test_no_failure_tells_a_token(site: Site, failure: str) -> None:
    site.forge.web.faults = list(FAILURES[failure])
    said = site.run("--pull-request", code=2)
    assert len(said.splitlines()) == 1
    assert said.startswith("gitops-clone: ")


@pytest.mark.parametrize("faults", [[], FAILURES["403 of git"], FAILURES["an answer that is cut"]])
def test_traces_that_somebody_has_turned_on_stay_out_of_the_log(site: Site, faults: list[Fault]) -> None:
    """As is done to find out why a push fails, and then forgotten."""
    site.forge.web.faults = list(faults)
    names = ("GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE", "GIT_TRACE_PACKET", "GIT_TRACE2", "GIT_TRACE_SETUP")
    said = site.run(
        "--pull-request", code=2 if faults else 0, env={**dict.fromkeys(names, "1"), "GIT_TRACE_REDACT": "0"}
    )
    assert "Authorization" not in said


def test_a_hook_that_repeats_the_environment(site: Site) -> None:
    hook = site.remote.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\necho 'error: not with {TOKEN[:9]}''{TOKEN[9:]}' >&2\nexit 1\n")
    hook.chmod(0o755)
    said = site.run("--pull-request", code=2)
    assert "does not take a push to gitops-clone/relocate: error: not with ***" in said


def test_labels_that_are_refused_are_a_warning(site: Site) -> None:
    site.forge.web.faults = [
        Fault("(POST .*/labels|PUT .*/merge_requests/1)$", Answer(403, {"message": f"no {TOKEN}"}))
    ]
    said = site.run("--pull-request", "--labels", "images", code=0)
    assert len(site.forge.open) == 1
    assert "does not add labels in acme/gitops: 403 no ***" in said


def test_a_token_is_for_the_forge_of_the_remote_alone(site: Site) -> None:
    """A stranger's pull request may propose another address in the file of settings."""
    site.user.write(".gitops-clone.toml", 'forge-url = "http://127.0.0.1:1"\n')
    assert "forge-url: cannot be set in a file" in site.run("--pull-request", code=2)
    site.user.write(".gitops-clone.toml", 'remote = "http://127.0.0.1:1/x.git"\n')
    assert "must be the name of a remote" in site.run("--pull-request", code=2)
    assert site.forge.web.asked == []
