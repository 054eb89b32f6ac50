from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.action.hosting import Hosted
from tests.parts.forges import TOKEN
from tests.parts.runner import SOURCE, Runner


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's temporary folder in which the Action has run its first step: later ones find it done."""
    temp = tmp_path_factory.mktemp("runner")
    environment = {**os.environ, "RUNNER_TEMP": str(temp), "INPUT_VERSION": ""}
    subprocess.run([SOURCE / "action/install"], env=environment, check=True, capture_output=True)
    return temp


@pytest.fixture
def machine(home: Path) -> Mapping[str, str]:
    """The environment of a stock runner: no settings of ours, no git user."""
    ours = ("GIT_", "GITOPS_CLONE_", "GITHUB_", "GITLAB_", "GITEA_", "GH_", "INPUT_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8", "EMAIL": ""}


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    """A repository on a git server, with a clone to work in."""
    return Hosted.make(tmp_path)


@pytest.fixture
def runner(installed: Path, machine: Mapping[str, str], tmp_path: Path) -> Callable[[Path], Runner]:
    """Call it with a checkout for the runner that has it."""
    return lambda workspace: Runner(workspace, installed, machine, TOKEN)
