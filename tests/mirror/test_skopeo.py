from __future__ import annotations

from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.mirror.model import MirrorSettings
from gitops_clone.mirror.skopeo import Skopeo, is_loopback, may_be_insecure


@pytest.mark.parametrize(
    "registry", ["localhost", "localhost:5001", "127.0.0.1", "127.3.2.1:80", "[::1]", "[::1]:5001"]
)
def test_loopback_registries(registry: str) -> None:
    assert is_loopback(registry)


@pytest.mark.parametrize(
    "registry",
    ["ghcr.io", "localhost.example.com:5001", "127.0.0.1.example.com", "128.0.0.1:5001", "[fe80::1]:5001", "10.0.0.1"],
)
def test_other_registries_must_have_a_certificate(registry: str) -> None:
    assert not is_loopback(registry)
    assert not may_be_insecure(registry, MirrorSettings("localhost:5001"))
    assert may_be_insecure(registry, MirrorSettings("localhost:5001", insecure=frozenset({registry})))


def test_without_skopeo_the_user_is_told_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install skopeo") as error:
        Skopeo(MirrorSettings("localhost:5001"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("platform", ["linux", "linux/", "/arm64", "linux/arm/v7/x", ""])
def test_a_malformed_platform_is_a_usage_error(platform: str) -> None:
    with pytest.raises(UsageError, match="OS/ARCHITECTURE"):
        Skopeo(MirrorSettings("localhost:5001", platform=platform))
