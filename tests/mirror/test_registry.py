"""Look-ups of the backup registry, without skopeo where that is enough: PATH then leads to a skopeo that only fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_clone.image import Reference, parse
from gitops_clone.mirror.model import Absent, MirrorSettings, Present
from gitops_clone.mirror.problem import Kind, Problem
from gitops_clone.mirror.registry import BackupRegistry, Served
from gitops_clone.mirror.skopeo import Skopeo
from tests.parts import images
from tests.parts.proxy import Answer, Proxy, Rule
from tests.parts.registry import NOT_LOOPBACK, Registry

NewRegistry = Callable[..., Registry]
NewProxy = Callable[..., Proxy]


@pytest.fixture
def without_skopeo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/skopeo"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho skopeo was started >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


def look_up(image: str, registry: str) -> Served:
    settings = MirrorSettings(registry)
    return _backup(settings).look_up(parse(f"{registry}/{image}"), time.monotonic() + 20)


def _backup(settings: MirrorSettings) -> BackupRegistry:
    return BackupRegistry(settings, Skopeo(settings))


@pytest.mark.parametrize("docker", [False, True], ids=["oci", "docker"])
@pytest.mark.parametrize("platforms", [images.BOTH, ("linux/amd64",)], ids=["index", "manifest"])
def test_every_kind_of_manifest_is_found_by_head(
    backup: Registry, request: pytest.FixtureRequest, docker: bool, platforms: tuple[str, ...]
) -> None:
    digest = images.push(images.make("kinds", platforms, docker=docker), backup, "a/kinds:1")
    request.getfixturevalue("without_skopeo")
    assert look_up("a/kinds:1", backup.address) == Present(digest)
    assert look_up("a/kinds:2", backup.address) == Absent(f"not found on backup registry {backup.address}")


def test_one_connection_serves_many_look_ups(
    backup: Registry, request: pytest.FixtureRequest, new_proxy: NewProxy
) -> None:
    digest = images.push(images.make("kept"), backup, "a/kept:1")
    request.getfixturevalue("without_skopeo")
    front = new_proxy(backup)
    registry = _backup(MirrorSettings(front.address))
    for tag, found in (("1", Present(digest)), ("2", Absent(f"not found on backup registry {front.address}"))) * 3:
        assert registry.look_up(Reference(front.address, "a/kept", tag), time.monotonic() + 20) == found
    registry.close()
    assert front.connections == 1


def test_a_connection_that_the_registry_closed_is_renewed(backup: Registry, request: pytest.FixtureRequest) -> None:
    digest = images.push(images.make("renewed"), backup, "a/kept:1")
    request.getfixturevalue("without_skopeo")
    settings = MirrorSettings(backup.address)
    registry, reference = _backup(settings), Reference(backup.address, "a/kept", "1")
    deadline = time.monotonic() + 20
    assert registry.look_up(reference, deadline) == Present(digest)
    backup.stop()
    backup.start()
    assert registry.look_up(reference, deadline) == Present(digest)


def test_tls_with_a_private_ca_is_asked_by_head(
    new_registry: NewRegistry, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = new_registry(tls=True, host=NOT_LOOPBACK)
    digest = images.push(images.make("tls"), backup, "a/tls:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(backup.ca))
    request.getfixturevalue("without_skopeo")
    assert look_up("a/tls:1", backup.address) == Present(digest)


def test_a_404_elsewhere_than_on_loopback_may_be_a_log_in_that_is_missing(
    new_registry: NewRegistry, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    backup = new_registry(tls=True, host=NOT_LOOPBACK)
    monkeypatch.setenv("SSL_CERT_FILE", str(backup.ca))
    assert look_up("a/absent:1", backup.address) == Absent(f"not found on backup registry {backup.address}")
    request.getfixturevalue("without_skopeo")
    assert look_up("a/absent:1", backup.address) == Problem(Kind.UNKNOWN, "skopeo was started")


def test_a_loopback_registry_may_speak_tls(home: Path, new_registry: NewRegistry) -> None:
    backup = new_registry(tls=True)
    digest = images.push(images.make("loopback tls"), backup, "a/tls:1")
    assert look_up("a/tls:1", backup.address) == Present(digest)
    assert look_up("a/tls:2", backup.address) == Absent(f"not found on backup registry {backup.address}")


def test_an_answer_without_a_digest_is_checked_by_skopeo(home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    digest = images.push(images.make("no digest"), backup, "a/b:1")

    def without_digest(answer: Answer) -> Answer:
        return Answer(answer.status, {k: v for k, v in answer.headers.items() if "Digest" not in k}, answer.body)

    front = new_proxy(backup, Rule("HEAD ", alter=without_digest))
    assert look_up("a/b:1", front.address) == Present(digest)


def test_once_nobody_answers_nobody_is_asked_again(backup: Registry, request: pytest.FixtureRequest) -> None:
    images.push(images.make("down"), backup, "a/down:1")
    request.getfixturevalue("without_skopeo")
    registry, reference = _backup(MirrorSettings(backup.address)), Reference(backup.address, "a/down", "1")
    down = Problem(Kind.FINAL, f"backup registry {backup.address} cannot be reached: connection refused")
    backup.stop()
    assert registry.look_up(reference, time.monotonic() + 20) == down
    backup.start()
    assert registry.look_up(reference, time.monotonic() + 20) == down
