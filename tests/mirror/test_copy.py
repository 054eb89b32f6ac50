"""Single images, copied by the real skopeo between real registries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone.mirror.model import AlreadyThere, Copied, Failed, MirrorSettings
from tests.mirror.copying import NewProxy, NewRegistry, copy
from tests.parts import containers, images
from tests.parts.mirroring import Recorder, job
from tests.parts.registry import NOT_LOOPBACK, Registry


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


def test_push_registry_and_prefixes(public: Registry, backup: Registry) -> None:
    digest = images.push(images.make("prefix"), public, "acme/prefix:1")
    settings = MirrorSettings("registry.invalid:5001/team", push_registry=f"{backup.address}/on/push")
    wanted = job("ghcr.io/acme/prefix:1", settings.backup_registry)
    outcome = copy(wanted, settings)
    assert isinstance(outcome, Copied)
    assert outcome.job == wanted
    assert backup.catalogue() == {"on/push/ghcr_io/acme/prefix": ["1"]}
    assert copy(wanted, settings) == AlreadyThere(wanted, digest)
