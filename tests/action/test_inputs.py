"""Inputs that are wrong, or hostile, as may be what the repository holds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.action.hosting import PUSH, Hosted
from tests.e2e.checkout import deployment
from tests.parts.runner import SOURCE, Runner

Runners = Callable[[Path], Runner]
INPUTS = sorted(yaml.safe_load((SOURCE / "action.yml").read_text())["inputs"])


@pytest.fixture
def made(runner: Runners, hosted: Hosted, tmp_path: Path) -> Runner:
    """A runner with a checkout that has nothing to complain of."""
    hosted.push({"web.yaml": deployment("localhost:5001/team/app:1")})
    return runner(hosted.check_out(tmp_path / "checkout"))


def test_no_input_reaches_a_shell(made: Runner) -> None:
    """Scripts hold no expressions; and hostile inputs are not run, whatever else becomes of them."""
    steps = yaml.safe_load((SOURCE / "action.yml").read_text())["runs"]["steps"]
    assert not [step for step in steps if "${{" in step["run"]]
    hostile = "'\"; touch pwned; $(touch pwned) `touch pwned` | touch pwned #"
    for names in (INPUTS, [name for name in INPUTS if name not in ("version", "mode", "all", "working-directory")]):
        job = made.use("push", PUSH, dict.fromkeys(names, hostile))
        assert job.code == 2
        assert not list(made.workspace.rglob("pwned"))
        assert "Traceback" not in job.log


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"mode": "fix"}, "input mode: 'fix' is none; it may be check, commit, pull-request"),
        ({"all": "yes"}, "input all: must be true or false"),
        ({"author": "me"}, "input author: must be of the form Name <address>"),
        ({"config": "own = ["}, "input config: not TOML"),
        ({"config": 'exclude = ["a b"]'}, "must stand in .gitops-clone.toml"),
        ({"config": "onw = 1"}, "GITOPS_CLONE_ONW: unknown variable; did you mean 'GITOPS_CLONE_OWN'?"),
        ({"working-directory": "none"}, "input working-directory: 'none' is no folder"),
        ({"paths": "none"}, "none"),
        ({"backup-registry": "https://registry.acme.io"}, "leave out https://"),
        ({"version": "git+https://example.org/x"}, "input version: must be a version like 1.2.3"),
    ],
)
def test_a_wrong_input_is_one_line(made: Runner, inputs: dict[str, str], said: str) -> None:
    """An annotation with the remedy, exit code 2, no traceback."""
    job = made.use("push", PUSH, inputs)
    assert job.code == 2, job.log
    (message,) = job.messages("error")
    assert said in message
    assert "Traceback" not in job.log


def test_modules_of_the_repository_are_not_imported(made: Runner) -> None:
    """Python would look into the working directory first."""
    for name in ("click.py", "json.py", "gitops_clone/__init__.py", "sitecustomize.py"):
        path = made.workspace / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("open('pwned', 'w')\n")
    assert made.use("push", PUSH).code == 0
    assert not list(made.workspace.rglob("pwned"))


def test_file_names_are_no_commands_to_the_runner(made: Runner) -> None:
    """The log shows names and values that strangers choose; a runner obeys lines that start with two colons."""
    for name in ("::stop-commands::x.yaml", "::add-mask::a.yaml", "##[error]x.yaml", "a\n::notice::b.yaml"):
        (made.workspace / name).write_text(deployment("nginx:1.27"))
    (made.workspace / "::warning::c.yaml").write_text("image: {{ x\nkind: [")
    job = made.use("push", PUSH)
    assert job.code in (1, 2)
    assert {command.level for command in job.commands} <= {"error", "warning", "group", "endgroup"}
    assert not [line for line in job.log.splitlines() if line.lstrip().startswith("##[")]


def test_the_lock_has_what_the_package_needs(installed: Path) -> None:
    """The Action installs the package without its dependencies, after requirements.lock."""
    python = installed / "gitops-clone/venv/bin/python"
    checked = subprocess.run([python, "-I", "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
