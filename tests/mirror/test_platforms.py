from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_clone.image import parse
from gitops_clone.mirror.model import MirrorSettings
from gitops_clone.mirror.platforms import platforms
from tests.parts import images
from tests.parts.proxy import Answer, Proxy, Rule
from tests.parts.registry import Registry

NewProxy = Callable[..., Proxy]
INDEX = "application/vnd.oci.image.index.v1+json"


def index(manifests: list[object]) -> Answer:
    content = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    return Answer(200, {"Content-Type": INDEX}, json.dumps(content).encode())


def test_an_index_names_them_and_a_lone_image_its_own(home: object, backup: Registry) -> None:
    """Under the name of the cluster, where this machine has another one; Docker's media types, too."""
    for name, docker in (("oci", False), ("docker", True)):
        images.push(images.make("both", docker=docker), backup, f"mirror/{name}:both")
        images.push(images.make("one", ("linux/arm/v7",), docker=docker), backup, f"mirror/{name}:one")
    settings = MirrorSettings("registry.acme.io/copies", push_registry=f"{backup.address}/mirror")
    names = [f"registry.acme.io/copies/{name}" for name in ("oci:both", "oci:one", "docker:both", "docker:one")]
    both, one = ("linux/amd64", "linux/arm64"), ("linux/arm/v7",)
    assert platforms([parse(name) for name in names], settings) == [both, one, both, one]


def test_what_the_registry_does_not_say_stays_empty(home: object, backup: Registry, new_proxy: NewProxy) -> None:
    """Nothing there, a server's fault, an answer of another kind: a copy is not in doubt for that."""
    images.push(images.make("one", ("linux/amd64",)), backup, "acme/one:1")
    front = new_proxy(
        backup,
        Rule("GET .*/acme/one/blobs/", answer=Answer(500)),
        Rule("GET .*/acme/odd/manifests/", answer=index([1, {"platform": "x"}])),
    )
    names = [f"{front.address}/acme/{name}:1" for name in ("gone", "one", "odd")]
    assert platforms([parse(name) for name in names], MirrorSettings(front.address)) == [(), (), ()]
    assert platforms([], MirrorSettings(front.address)) == []


def test_a_registry_that_is_silent_ends_the_wait_for_all(home: object, backup: Registry, new_proxy: NewProxy) -> None:
    front = new_proxy(backup, Rule("GET /v2/", hang=True))
    names = [f"{front.address}/acme/app{number}:1" for number in range(4)]
    settings = MirrorSettings(front.address, jobs=1, timeout=1.0)
    assert platforms([parse(name) for name in names], settings) == [(), (), (), ()]
    assert len(front.requests) < len(names)


def test_without_skopeo_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has nothing to copy does not need it, and goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert platforms([parse("localhost:5001/a:1")], MirrorSettings("localhost:5001")) == [()]


def test_attestations_and_odd_values_are_no_platforms(home: object, backup: Registry, new_proxy: NewProxy) -> None:
    listed: list[object] = [
        {"platform": {"os": "linux", "architecture": "amd64"}},
        {"platform": {"os": "unknown", "architecture": "unknown"}},
        {"platform": {"os": "linux", "architecture": "`|@everyone"}},
        {"platform": {"os": "windows", "architecture": "amd64", "os.version": "10.0.17763"}},
    ]
    front = new_proxy(backup, Rule("GET .*/acme/index/manifests/", answer=index(listed)))
    found = platforms([parse(f"{front.address}/acme/index:1")], MirrorSettings(front.address))
    assert found == [("linux/amd64", "windows/amd64")]
