from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import wheel
from tests.parts.charts import ChartRepository
from tests.parts.tools import tool
from tests.render.repository import Repository


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with git, kubectl and helm: all that PATH has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(tool("git"))
    for name in ("kubectl", "helm"):
        (folder / name).symlink_to(wheel.folder() / name)
    return folder


@pytest.fixture
def repository(programs: Path, tmp_path: Path) -> Repository:
    """An empty git repository of a user's who has nothing else configured."""
    home, path = tmp_path / "home", tmp_path / "repository"
    home.mkdir()
    path.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada Lovelace\n\temail = ada@example.org\n")
    environment = {"PATH": str(programs), "HOME": str(home), "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **wheel.QUICK}
    made = Repository(path, environment)
    made.git("init", "-q", "-b", "main")
    return made


@pytest.fixture
def elsewhere(tmp_path: Path, packages: Path) -> Iterator[ChartRepository]:
    """A chart repository with the packages that a module of tests has made."""
    made = ChartRepository(Path(shutil.copytree(packages, tmp_path / "charts")))
    yield made
    made.stop()
