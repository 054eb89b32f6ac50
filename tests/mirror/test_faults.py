"""Registries with a fault, which comes from a proxy before a real one: waited out, tried again, or said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone.mirror.model import Copied, Failed, MirrorSettings
from tests.mirror.copying import NewProxy, copy
from tests.parts import containers, images
from tests.parts.mirroring import Recorder, job
from tests.parts.proxy import Answer, Rule
from tests.parts.registry import Registry, free_port


def refuse(status: int, code: str = "", message: str = "") -> Answer:
    """A registry's error answer; without `code`, that of some web server."""
    if not code:
        return Answer(status, {"Content-Type": "text/html"}, b"<html>nope</html>")
    body = f'{{"errors": [{{"code": "{code}", "message": "{message}"}}]}}'.encode()
    return Answer(status, {"Content-Type": "application/json"}, body)


def test_denied_is_not_tried_again(public: Registry, home: Path, backup: Registry, new_proxy: NewProxy) -> None:
    images.push(images.make("denied"), public, "acme/denied:1")
    front = new_proxy(public, Rule("GET .*/manifests/", answer=refuse(403, "DENIED", "requested access is denied")))
    containers.redirect(home, {"ghcr.io": front.address})
    outcome = copy(job("ghcr.io/acme/denied:1", backup.address), MirrorSettings(backup.address))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("denied by ghcr.io")
    assert front.count("GET .*/manifests/") == 1


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
