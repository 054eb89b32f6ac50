from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.parts import images
from tests.parts.images import Image
from tests.parts.registry import Registry
from tests.parts.tools import tool

# The images that most tests use, as the upstream stand-in names them. Tests that move or delete one push their own.
_STOCK = ("library/nginx:1.27", "library/redis:7.4", "library/busybox:latest", "acme/shop:1.0")


@pytest.fixture(scope="session")
def stock(upstream: Registry) -> Mapping[str, Image]:
    """Images of two platforms that the upstream registry has."""
    made = {name: images.make(name) for name in _STOCK}
    for name, image in made.items():
        images.push(image, upstream, name)
    return made


@pytest.fixture
def user(home: Path, public: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's HOME: public registries are the upstream stand-in, git knows the user, nothing else is configured."""
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n")
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITOPS_CLONE_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    for name, value in {"GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def checkout(user: Path, stock: Mapping[str, Image], backup: Registry, tmp_path: Path) -> Checkout:
    """An empty git repository of the user's, with an empty backup registry."""
    path = tmp_path / "gitops"
    path.mkdir()
    made = Checkout(path, backup)
    made.init()
    return made


@pytest.fixture
def skopeo_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Call it for the command lines of the skopeos that were started since: PATH has one that notes them."""
    record = tmp_path / "skopeo-calls"
    record.touch()
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "skopeo"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{record}"\nexec "{tool("skopeo")}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return lambda: record.read_text().splitlines()
