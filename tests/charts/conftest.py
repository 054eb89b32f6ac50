from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.registries import Registries
from tests.parts import charts, registry, wheel
from tests.parts.charts import ChartRepository
from tests.parts.tools import tool
from tests.render.repository import Repository


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    """An upstream with charts that the real helm has pushed, and a backup registry, which has the images of most."""
    folder = tmp_path_factory.mktemp("registries")
    packages = ChartRepository(folder / "packages")
    packages.stop()
    made = Registries(registry.start(folder / "upstream"), registry.start(folder / "backup"))
    own = f"{made.backup.address}/shop"
    for name, version, image in (("web", "1.3.0+build.7", f"{own}/web:1"), ("api", "2.0.0", "nginx:1.27")):
        charts.push(packages.add(name, version, image=image), made.upstream.address)
    yield made
    made.upstream.stop()
    made.backup.stop()


@pytest.fixture
def repository(tmp_path: Path, registries: Registries) -> Repository:
    """A git repository whose user has skopeo, git, kubectl and helm, and that backup registry."""
    home, path, programs = tmp_path / "home", tmp_path / "repository", tmp_path / "bin"
    for folder in (home, path, programs):
        folder.mkdir()
    for name in ("git", "skopeo"):
        (programs / name).symlink_to(tool(name))
    for name in ("kubectl", "helm"):
        (programs / name).symlink_to(wheel.folder() / name)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n")
    environment = {"PATH": str(programs), "HOME": str(home), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    made = Repository(path, environment)
    made.git("init", "-q", "-b", "main")
    made.write({".gitops-clone.toml": f'backup-registry = "{registries.backup.address}"\n'})
    return made
