"""Fixtures that bring the real parts up and down. A test that changes a registry for others takes `new_registry`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.parts import containers
from tests.parts import registry as registries
from tests.parts.proxy import Proxy, Rule
from tests.parts.registry import Registry
from tests.parts.telling import Tell

_TOLD = "told"


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One registry for the whole run that plays all public registries; give each test's images their own names."""
    registry = registries.start(tmp_path_factory.mktemp("upstream"))
    yield registry
    registry.stop()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Call it with how much a test has seen: the end of the run's report has that line."""
    return lambda line: record_property(_TOLD, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in (each for group in terminalreporter.stats.values() for each in group):
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, line in report.user_properties:
                if name == _TOLD:
                    terminalreporter.write_line(f"{report.nodeid}: {line}")


@pytest.fixture
def new_registry(tmp_path: Path) -> Iterator[Callable[..., Registry]]:
    """Call it for a fresh registry; takes what `registries.start` takes."""
    started: list[Registry] = []

    def start(*, tls: bool = False, auth: bool = False, host: str = "127.0.0.1") -> Registry:
        started.append(registries.start(tmp_path / f"registry{len(started)}", tls=tls, auth=auth, host=host))
        return started[-1]

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def backup(new_registry: Callable[..., Registry]) -> Registry:
    """An empty backup registry."""
    return new_registry()


@pytest.fixture
def new_proxy() -> Iterator[Callable[..., Proxy]]:
    """Call it with a registry and rules for a faulty proxy in front of it."""
    started: list[Proxy] = []

    def start(registry: Registry, *rules: Rule) -> Proxy:
        started.append(Proxy(registry, *rules))
        return started[-1]

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh HOME in the environment, without any container configuration of the developer's."""
    folder = tmp_path / "home"
    folder.mkdir()
    environment = containers.environment(os.environ, folder)
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", environment["HOME"])
    return folder


@pytest.fixture
def public(home: Path, upstream: Registry) -> Registry:
    """The upstream registry, with skopeo sent to it for docker.io, ghcr.io, quay.io and the like."""
    containers.redirect(home, dict.fromkeys(containers.PUBLIC, upstream.address))
    return upstream
