"""Single images, copied by the real skopeo between real registries; faults come from a proxy in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone.mirror.model import AlreadyThere, Copied, CopyJob, Failed, MirrorSettings, Outcome
from gitops_clone.mirror.scheduler import mirror
from tests.parts import containers, images
from tests.parts.mirroring import Recorder, job
from tests.parts.proxy import Answer, Proxy, Rule
from tests.parts.registry import NOT_LOOPBACK, Registry, free_port

NewRegistry = Callable[..., Registry]
NewProxy = Callable[..., Proxy]


def copy(wanted: CopyJob, settings: MirrorSettings, progress: Recorder | None = None) -> Outcome:
    (outcome,) = mirror([wanted], settings, progress or Recorder())
    return outcome


def refuse(status: int, code: str = "", message: str = "") -> Answer:
    """A registry's error answer; without `code`, that of some web server."""
    if not code:
        return Answer(status, {"Content-Type": "text/html"}, b"<html>nope</html>")
    body = f'{{"errors": [{{"code": "{code}", "message": "{message}"}}]}}'.encode()
    return Answer(status, {"Content-Type": "application/json"}, body)


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
def test_an_index_is_copied_with_all_platforms_and_its_digest(public: Registry, backup: Registry, docker: bool) -> None:
    image = images.make(f"index {docker}", docker=docker)
    images.push(image, public, f"acme/index:{docker}")
    outcome = copy(job(f"ghcr.io/acme/index:{docker}", backup.address), MirrorSettings(backup.address))
    assert isinstance(outcome, Copied)
    assert outcome.digest == image.digest
    assert backup.digest("ghcr_io/acme/index", str(docker)) == image.digest
    for digest in image.platforms.values():
        assert backup.digest("ghcr_io/acme/index", digest) == digest


def test_docker_hub_goes_by_its_names(public: Registry, backup: Registry) -> None:
    digest = images.push(images.make("hub", ("linux/amd64",)), public, "library/hub:latest")
    assert isinstance(copy(job("hub", backup.address), MirrorSettings(backup.address)), Copied)
    assert backup.digest("index_docker_io/library/hub", "latest") == digest


def test_one_platform_is_copied_with_its_own_digest(public: Registry, backup: Registry) -> None:
    image = images.make("platform", ("linux/amd64", "linux/arm64", "linux/arm/v7"))
    images.push(image, public, "acme/platform:1")
    for platform, digest in image.platforms.items():
        settings = MirrorSettings(f"{backup.address}/{platform}", platform=platform)
        outcome = copy(job("ghcr.io/acme/platform:1", settings.backup_registry), settings)
        assert isinstance(outcome, Copied)
        assert outcome.digest == digest == backup.digest(f"{platform}/ghcr_io/acme/platform", "1")


def test_a_platform_that_is_not_there_is_a_failure(public: Registry, backup: Registry) -> None:
    images.push(images.make("no platform"), public, "acme/no-platform:1")
    settings = MirrorSettings(backup.address, platform="linux/s390x")
    outcome = copy(job("ghcr.io/acme/no-platform:1", backup.address), settings)
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("no image for the platform")


@pytest.mark.parametrize("tag", ["", ":1"], ids=["digest", "tag and digest"])
def test_a_reference_by_digest_brings_all_platforms_under_a_tag(public: Registry, backup: Registry, tag: str) -> None:
    image = images.make("digest")
    images.push(image, public, "acme/digest:1")
    settings = MirrorSettings(backup.address, platform="linux/arm64")
    wanted = job(f"ghcr.io/acme/digest{tag}@{image.digest}", backup.address)
    outcome = copy(wanted, settings)
    assert isinstance(outcome, Copied)
    assert outcome.digest == image.digest
    tag_of_digest = image.digest.replace(":", "_")
    assert backup.catalogue() == {"ghcr_io/acme/digest": [tag_of_digest]}
    assert backup.digest("ghcr_io/acme/digest", tag_of_digest) == image.digest
    assert copy(wanted, settings) == AlreadyThere(wanted, image.digest)


def test_a_wrong_content_under_the_tag_of_a_digest_is_replaced(public: Registry, backup: Registry) -> None:
    image = images.make("right")
    images.push(image, public, "acme/right:1")
    images.push(images.make("wrong"), backup, f"ghcr_io/acme/right:{image.digest.replace(':', '_')}")
    assert isinstance(
        copy(job(f"ghcr.io/acme/right@{image.digest}", backup.address), MirrorSettings(backup.address)), Copied
    )
    assert backup.digest("ghcr_io/acme/right", image.digest.replace(":", "_")) == image.digest


@pytest.mark.parametrize("version", [":nope", f"@sha256:{'0' * 64}"])
def test_a_missing_image_is_not_tried_again(public: Registry, backup: Registry, version: str) -> None:
    wanted, progress = job(f"ghcr.io/acme/missing{version}", backup.address), Recorder()
    assert copy(wanted, MirrorSettings(backup.address), progress) == Failed(wanted, "not found upstream")
    assert progress.retries == []
    assert backup.catalogue() == {}


def test_a_tag_that_moved_upstream_does_not_replace_the_backup(public: Registry, backup: Registry) -> None:
    old = images.push(images.make("old"), public, "acme/moved:1")
    wanted, settings = job("ghcr.io/acme/moved:1", backup.address), MirrorSettings(backup.address)
    copy(wanted, settings)
    new = images.push(images.make("new"), public, "acme/moved:1")
    assert copy(wanted, settings) == AlreadyThere(wanted, old)
    updating = replace(wanted, replace=True)
    assert isinstance(copy(updating, settings), Copied)
    assert backup.digest("ghcr_io/acme/moved", "1") == new
    assert copy(updating, settings) == AlreadyThere(updating, new)


def test_update_of_one_platform_compares_that_platform(public: Registry, backup: Registry) -> None:
    image = images.make("update platform")
    images.push(image, public, "acme/update-platform:1")
    settings = MirrorSettings(backup.address, platform="linux/arm64")
    wanted = job("ghcr.io/acme/update-platform:1", backup.address, replace=True)
    assert isinstance(copy(wanted, settings), Copied)
    assert copy(wanted, settings) == AlreadyThere(wanted, image.platforms["linux/arm64"])


def test_what_is_there_is_not_pushed_again(public: Registry, backup: Registry, new_proxy: NewProxy) -> None:
    images.push(images.make("immutable"), public, "acme/immutable:1")
    front = new_proxy(backup)
    settings = MirrorSettings(front.address)
    for _ in range(3):
        copy(job("ghcr.io/acme/immutable:1", front.address), settings)
    copy(job("ghcr.io/acme/immutable:1", front.address, replace=True), settings)
    assert front.count("PUT .*/manifests/1$") == 1


def test_a_locked_digest_that_is_gone_from_the_backup_is_copied_again(public: Registry, backup: Registry) -> None:
    locked = images.push(images.make("locked"), public, "acme/locked:1")
    images.push(images.make("moved on"), public, "acme/locked:1")
    outcome = copy(job("ghcr.io/acme/locked:1", backup.address, expected=locked), MirrorSettings(backup.address))
    assert isinstance(outcome, Copied)
    assert backup.digest("ghcr_io/acme/locked", "1") == locked


def test_a_locked_digest_that_is_gone_everywhere_is_a_failure(public: Registry, backup: Registry) -> None:
    images.push(images.make("lost"), public, "acme/lost:1")
    wanted = job("ghcr.io/acme/lost:1", backup.address, expected=f"sha256:{'0' * 64}")
    outcome = copy(wanted, MirrorSettings(backup.address))
    assert isinstance(outcome, Failed)
    assert "gone upstream" in outcome.reason
    assert "--update" in outcome.reason


def test_a_backup_that_differs_from_the_lock_is_left_and_reported(public: Registry, backup: Registry) -> None:
    images.push(images.make("differs"), public, "acme/differs:1")
    there = images.push(images.make("by somebody else"), backup, "ghcr_io/acme/differs:1")
    wanted = job("ghcr.io/acme/differs:1", backup.address, expected=f"sha256:{'0' * 64}")
    outcome = copy(wanted, MirrorSettings(backup.address))
    assert isinstance(outcome, Failed)
    assert there[:19] in outcome.reason
    assert backup.digest("ghcr_io/acme/differs", "1") == there


@pytest.mark.parametrize("where", ["HOME", "DOCKER_CONFIG", "authfile"])
def test_log_ins_come_from_the_docker_configuration(
    home: Path, new_registry: NewRegistry, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    private, backup = new_registry(auth=True), new_registry(auth=True)
    digest = images.push(images.make("private"), private, "acme/private:1")
    folder = home / (".docker" if where == "HOME" else "elsewhere")
    file = containers.log_in(folder, private.address, backup.address)
    if where == "DOCKER_CONFIG":
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    settings = MirrorSettings(backup.address, authfile=str(file) if where == "authfile" else None)
    wanted = job(f"{private.address}/acme/private:1", backup.address)
    assert isinstance(copy(wanted, settings), Copied)
    assert copy(wanted, settings) == AlreadyThere(wanted, digest)


@pytest.mark.parametrize("log_in", [False, True], ids=["no log-in", "wrong password"])
def test_without_a_log_in_the_reason_names_the_registry(
    home: Path, new_registry: NewRegistry, backup: Registry, log_in: bool
) -> None:
    private = new_registry(auth=True)
    images.push(images.make("private"), private, "acme/private:1")
    if log_in:
        containers.log_in(home / ".docker", private.address, password="not-the-pass-word")
    progress = Recorder()
    wanted = job(f"{private.address}/acme/private:1", backup.address)
    outcome = copy(wanted, MirrorSettings(backup.address), progress)
    assert outcome == Failed(wanted, f"unauthorized: log in with `skopeo login {private.address}`")
    assert progress.retries == []


def test_a_backup_registry_that_wants_a_log_in_is_named(public: Registry, new_registry: NewRegistry) -> None:
    backup = new_registry(auth=True)
    images.push(images.make("to private"), public, "acme/to-private:1")
    wanted = job("ghcr.io/acme/to-private:1", backup.address)
    outcome = copy(wanted, MirrorSettings(backup.address))
    assert outcome == Failed(wanted, f"unauthorized: log in with `skopeo login {backup.address}`")


def test_denied_is_not_tried_again(public: Registry, home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    images.push(images.make("denied"), public, "acme/denied:1")
    front = new_proxy(public, Rule("GET .*/manifests/", answer=refuse(403, "DENIED", "requested access is denied")))
    containers.redirect(home, {"ghcr.io": front.address})
    outcome = copy(job("ghcr.io/acme/denied:1", backup.address), MirrorSettings(backup.address))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("denied by ghcr.io")
    assert front.count("GET .*/manifests/") == 1


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "unknown"])
def test_tls_with_a_private_ca(
    public: Registry, new_registry: NewRegistry, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    backup = new_registry(tls=True, host=NOT_LOOPBACK)
    digest = images.push(images.make("tls"), public, "acme/tls:1")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(backup.ca))
    wanted, settings = job("ghcr.io/acme/tls:1", backup.address), MirrorSettings(backup.address)
    outcome = copy(wanted, settings)
    if trusted:
        assert isinstance(outcome, Copied)
        assert copy(wanted, settings) == AlreadyThere(wanted, digest)
        assert backup.digest("ghcr_io/acme/tls", "1") == digest
    else:
        assert isinstance(outcome, Failed)
        assert f"the certificate of backup registry {backup.address} is not trusted" in outcome.reason


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "not allowed"])
def test_plain_http_elsewhere_than_on_loopback_must_be_allowed(
    public: Registry, new_registry: NewRegistry, allowed: bool
) -> None:
    backup = new_registry(host=NOT_LOOPBACK)
    images.push(images.make("http"), public, "acme/http:1")
    settings = MirrorSettings(backup.address, insecure=frozenset({backup.address} if allowed else ()))
    outcome = copy(job("ghcr.io/acme/http:1", backup.address), settings)
    if allowed:
        assert isinstance(outcome, Copied)
    else:
        assert isinstance(outcome, Failed)
        assert outcome.reason.endswith(f"allow it with --insecure-registry {backup.address}")


@pytest.mark.parametrize(
    "rule",
    [
        Rule("GET .*/manifests/", times=2, answer=Answer(503)),
        Rule("GET .*/blobs/", times=1, cut=20),
        Rule("GET .*/manifests/", times=1, cut=20),
        Rule("GET .*/manifests/", times=1, answer=refuse(400)),
    ],
    ids=["503 twice", "blob cut", "manifest cut", "something unknown"],
)
def test_passing_faults_of_the_upstream_are_survived(
    public: Registry, home: Path, backup: Registry, new_proxy: NewProxy, rule: Rule
) -> None:
    digest = images.push(images.make("faults"), public, "acme/faults:1")
    front = new_proxy(public, replace(rule))
    containers.redirect(home, {"ghcr.io": front.address})
    progress, times = Recorder(), rule.times
    outcome = copy(job("ghcr.io/acme/faults:1", backup.address), MirrorSettings(backup.address), progress)
    assert isinstance(outcome, Copied)
    assert backup.digest("ghcr_io/acme/faults", "1") == digest
    assert len(progress.retries) == times


@pytest.mark.parametrize(
    "rule",
    [
        Rule("PUT .*/manifests/", times=1, answer=Answer(502)),
        Rule("PUT .*/manifests/", times=1, answer=refuse(429, "TOOMANYREQUESTS", "slow down")),
        Rule("HEAD .*/manifests/", times=1, answer=Answer(500)),
        Rule("GET .*/manifests/|HEAD .*/manifests/", times=2, answer=Answer(503)),
    ],
    ids=["502", "429 at a push", "500 at the look-up", "503 at the look-up"],
)
def test_passing_faults_of_the_backup_are_survived(
    public: Registry, backup: Registry, new_proxy: NewProxy, rule: Rule
) -> None:
    digest = images.push(images.make("backup faults"), public, "acme/backup-faults:1")
    front = new_proxy(backup, replace(rule))
    outcome = copy(job("ghcr.io/acme/backup-faults:1", front.address), MirrorSettings(front.address))
    assert isinstance(outcome, Copied)
    assert backup.digest("ghcr_io/acme/backup-faults", "1") == digest


def test_429_is_waited_out(public: Registry, home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    images.push(images.make("429"), public, "acme/limited:1")
    limit = Answer(429, {"Retry-After": "1"}, b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}')
    front = new_proxy(public, Rule("GET .*/manifests/", times=1, answer=limit))
    containers.redirect(home, {"ghcr.io": front.address})
    outcome = copy(job("ghcr.io/acme/limited:1", backup.address), MirrorSettings(backup.address))
    assert isinstance(outcome, Copied)


def test_faults_that_stay_are_given_up(public: Registry, home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    front = new_proxy(public, Rule("GET .*/manifests/", answer=Answer(503)))
    containers.redirect(home, {"ghcr.io": front.address})
    wanted, progress = job("ghcr.io/acme/ill:1", backup.address), Recorder()
    outcome = copy(wanted, MirrorSettings(backup.address, retries=1), progress)
    assert outcome == Failed(wanted, "ghcr.io has a fault: 503 Service Unavailable")
    assert progress.retries == ["ghcr.io has a fault: 503 Service Unavailable"]


def test_a_hanging_registry_hits_the_time_limit(
    public: Registry, home: Path, backup: Registry, new_proxy: NewProxy
) -> None:
    images.push(images.make("hang"), public, "acme/hang:1")
    front = new_proxy(public, Rule("GET .*/blobs/", hang=True))
    containers.redirect(home, {"ghcr.io": front.address})
    wanted = job("ghcr.io/acme/hang:1", backup.address)
    assert copy(wanted, MirrorSettings(backup.address, timeout=0.5)) == Failed(wanted, "timed out after 0.5 s")


@pytest.mark.parametrize(
    "answer", [refuse(400, "MANIFEST_INVALID", "manifest invalid"), refuse(415, "UNSUPPORTED", "no")]
)
def test_a_registry_that_takes_only_other_manifests_is_a_failure_without_retry(
    public: Registry, backup: Registry, new_proxy: NewProxy, answer: Answer
) -> None:
    images.push(images.make("convert"), public, "acme/convert:1")
    front = new_proxy(backup, Rule("PUT .*/manifests/", body=b"application/vnd.oci", answer=answer))
    progress = Recorder()
    outcome = copy(job("ghcr.io/acme/convert:1", front.address), MirrorSettings(front.address), progress)
    assert isinstance(outcome, Failed)
    assert f"backup registry {front.address} converts manifests" in outcome.reason
    assert progress.retries == []
    assert backup.digest("ghcr_io/acme/convert", "1") is None


def test_a_registry_that_serves_other_than_what_was_copied_is_a_failure(
    public: Registry, backup: Registry, new_proxy: NewProxy
) -> None:
    image = images.make("altered")
    images.push(image, public, "acme/altered:1")
    front = new_proxy(backup, Rule("PUT .*/manifests/1$", alter_request=lambda manifest: manifest + b"\n"))
    outcome = copy(job("ghcr.io/acme/altered:1", front.address), MirrorSettings(front.address))
    assert isinstance(outcome, Failed)
    assert image.digest[:19] in outcome.reason


def test_push_registry_and_prefixes(public: Registry, backup: Registry) -> None:
    digest = images.push(images.make("prefix"), public, "acme/prefix:1")
    settings = MirrorSettings("registry.invalid:5001/team", push_registry=f"{backup.address}/on/push")
    wanted = job("ghcr.io/acme/prefix:1", settings.backup_registry)
    outcome = copy(wanted, settings)
    assert isinstance(outcome, Copied)
    assert outcome.job == wanted
    assert backup.catalogue() == {"on/push/ghcr_io/acme/prefix": ["1"]}
    assert copy(wanted, settings) == AlreadyThere(wanted, digest)


def test_a_backup_registry_that_is_down_is_said(public: Registry) -> None:
    address = f"127.0.0.1:{free_port()}"
    wanted, progress = job("ghcr.io/acme/any:1", address), Recorder()
    outcome = copy(wanted, MirrorSettings(address), progress)
    assert outcome == Failed(wanted, f"backup registry {address} cannot be reached: connection refused")
    assert progress.retries == []


@pytest.mark.parametrize("answer", [refuse(404), Answer(200, {"Content-Type": "text/html"}, b"<html>hello</html>")])
def test_a_backup_that_is_no_registry_is_said(
    public: Registry, backup: Registry, new_proxy: NewProxy, answer: Answer
) -> None:
    images.push(images.make("web server"), public, "acme/web-server:1")
    front = new_proxy(backup, Rule(".", answer=answer))
    wanted = job("ghcr.io/acme/web-server:1", front.address)
    outcome = copy(wanted, MirrorSettings(front.address))
    assert outcome == Failed(wanted, f"backup registry {front.address} is not a container registry")
