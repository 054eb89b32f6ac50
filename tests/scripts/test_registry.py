"""`make registry`: scripts/registry."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.parts import images
from tests.parts.registry import Registry, free_port

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/registry"
Run = Callable[[str], str]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "data of a registry", f"localhost:{free_port()}")


@pytest.fixture
def run(registry: Registry) -> Iterator[Run]:
    def script(command: str) -> str:
        port = registry.address.partition(":")[2]
        done = subprocess.run([SCRIPT, command, registry.folder, port], check=True, capture_output=True, text=True)
        return done.stdout

    yield script
    script("stop")


def test_keeps_its_data_between_runs(registry: Registry, run: Run) -> None:
    run("start")
    digest = images.push(images.make("kept"), registry, "team/app:1")
    run("stop")
    run("start")

    assert registry.digest("team/app", "1") == digest


def test_starting_twice_leaves_the_first_one_running(registry: Registry, run: Run) -> None:
    assert "running on" in run("start")
    assert "already running on" in run("start")
    assert registry.catalogue() == {}


def test_stopped_it_answers_no_more(registry: Registry, run: Run) -> None:
    run("start")
    run("stop")

    with pytest.raises(ConnectionError):
        registry.catalogue()


def test_a_taken_port_is_named(tmp_path: Path, registry: Registry, run: Run) -> None:
    run("start")
    port = registry.address.partition(":")[2]

    second = subprocess.run([SCRIPT, "start", tmp_path / "second", port], capture_output=True, text=True)

    assert second.returncode == 1
    assert second.stderr == f"registry: port {port} is taken by another program\n"
