from __future__ import annotations

import pytest

from gitops_clone.image import parse
from gitops_clone.mirror.model import MirrorSettings


@pytest.mark.parametrize(
    ("backup_registry", "push_registry", "reachable"),
    [
        ("10.96.0.11:5001", None, "10.96.0.11:5001/ghcr_io/a/b:1"),
        ("10.96.0.11:5001", "localhost:5001", "localhost:5001/ghcr_io/a/b:1"),
        ("registry.acme.io/mirror", "localhost:5001", "localhost:5001/ghcr_io/a/b:1"),
        ("registry.acme.io", "localhost:5001/team/mirror", "localhost:5001/team/mirror/ghcr_io/a/b:1"),
        ("registry.acme.io/mirror", "localhost:5001/mirror", "localhost:5001/mirror/ghcr_io/a/b:1"),
    ],
)
def test_push_registry_stands_in_for_the_backup_registry(
    backup_registry: str, push_registry: str | None, reachable: str
) -> None:
    settings = MirrorSettings(backup_registry, push_registry)
    assert str(settings.reachable(parse(f"{backup_registry}/ghcr_io/a/b:1"))) == reachable
