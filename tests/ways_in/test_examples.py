"""What the documentation offers to copy: workflows, the GitLab component, manifests, snippets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.hosting import Hosted, git
from tests.e2e.checkout import deployment
from tests.parts import forges, images
from tests.parts.forges import TOKEN, Forge
from tests.parts.registry import Registry
from tests.parts.runner import SOURCE

EXAMPLES = SOURCE / "docs/examples"
WORKFLOWS = sorted((EXAMPLES / "github").glob("*.yaml"))
OURS = "gitops-clone/gitops-clone@"
OUTPUT = re.compile(r"steps\.([a-z-]+)\.outputs\.([a-z-]+)")
PINNED = re.compile(r"uses: ([\w./-]+)@(\S+)(?: # (\S+))?")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    """A repository on a git server, with a clone to work in."""
    return Hosted.make(tmp_path)


@pytest.fixture
def script(tmp_path: Path, home: Path) -> Run:
    """Call it with a script, a folder and variables: as a job does that has gitops-clone in its PATH, and no more."""
    ours = ("GIT_", "GITOPS_CLONE_", "GITHUB_", "GITLAB_", "GITEA_", "GH_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(text: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {**kept, "PATH": path, "GIT_CONFIG_NOSYSTEM": "1", **variables}
        return subprocess.run(["sh", "-ec", text], cwd=folder, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("file", [*WORKFLOWS, SOURCE / "README.md"], ids=lambda file: file.name)
def test_examples_use_what_the_action_has(file: Path) -> None:
    """Its inputs and outputs, by their names."""
    action = yaml.safe_load((SOURCE / "action.yml").read_text())
    text = file.read_text()
    steps = [step for step in _steps(text, file) if step.get("uses", "").startswith(OURS)]
    assert steps
    for step in steps:
        assert set(step.get("with", {})) <= set(action["inputs"])
    names = {step.get("id") for step in steps}
    assert {output for name, output in OUTPUT.findall(text) if name in names} <= set(action["outputs"])


def test_the_readme_has_three_ways_in_of_ten_lines(tmp_path: Path) -> None:
    """Whole files and commands to paste: a workflow by GitHub's schema, a pre-commit configuration, a script."""
    ways = (SOURCE / "README.md").read_text().partition("## Three ways in\n")[2].partition("\n## ")[0]
    script, workflow, hooks = re.findall(r"```[a-z]+\n(.*?)```", ways, re.DOTALL)
    assert max(len(block.splitlines()) for block in (script, workflow, hooks)) <= 10
    (tmp_path / "workflow.yaml").write_text(workflow)
    (tmp_path / "hooks.yaml").write_text(hooks)
    for command in (
        f"{sys.executable} -m check_jsonschema --builtin-schema vendor.github-workflows workflow.yaml",
        f"{sys.executable} -m pre_commit validate-config hooks.yaml",
    ):
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(["bash", "-n", "-c", script]).returncode == 0


def test_one_hash_for_each_release() -> None:
    """Every action of others is pinned by hash, with its release beside it, in workflows, examples and docs alike."""
    pins = defaultdict(set)
    for file in [*SOURCE.glob("*.md"), *SOURCE.glob("docs/*.md"), *WORKFLOWS, *SOURCE.glob(".github/workflows/*.yml")]:
        for action, pin, release in PINNED.findall(file.read_text()):
            if f"{action}@" != OURS:
                assert re.fullmatch(r"[0-9a-f]{40}", pin), f"{file.name}: {action}@{pin}"
                assert release.startswith("v"), f"{file.name}: {action}@{pin}"
                pins[action].add((pin, release))
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def test_the_jobs_pull_a_release(script: Run) -> None:
    """The images of the Kubernetes and Argo examples are found by gitops-clone itself."""
    scanned = script("gitops-clone scan .", EXAMPLES / "kubernetes", {})
    assert scanned.returncode == 0, scanned.stderr
    assert "ghcr.io/gitops-clone/gitops-clone:" in scanned.stdout


def test_the_cron_job_opens_a_pull_request(
    script: Run, hosted: Hosted, public: Registry, backup: Registry, tmp_path: Path
) -> None:
    """Its script and variables, with the address of another server, which wants the token for git too."""
    images.push(images.make("cron"), public, "library/cron:1")
    hosted.push({"web.yaml": deployment("cron:1")})
    forge = forges.github()
    forge.git = hosted.origin.parent.parent
    git(hosted.origin, "config", "http.receivepack", "true")
    job = yaml.safe_load((EXAMPLES / "kubernetes/cronjob.yaml").read_text())
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    (text,) = container["args"]
    text = text.replace("https://github.com", forge.web.url).replace("/work", str(tmp_path / "cloned"))
    variables = {entry["name"]: entry["value"] for entry in container["env"] if entry["name"].startswith("GIT_")}
    done = script(text, tmp_path, {**variables, **_reach(forge, backup)})
    forge.web.stop()
    assert done.returncode == 0, done.stderr
    assert [pull.head for pull in forge.open] == ["gitops-clone/relocate"]
    assert TOKEN not in done.stdout + done.stderr + (tmp_path / "cloned/gitops/.git/config").read_text()


def test_the_component_checks_and_opens_merge_requests(
    script: Run, hosted: Hosted, public: Registry, backup: Registry, tmp_path: Path
) -> None:
    """The scripts of its two jobs, their inputs filled in."""
    images.push(images.make("component"), public, "library/component:1")
    hosted.push({"web.yaml": deployment("component:1")})
    checkout = hosted.check_out(tmp_path / "checkout")
    forge = forges.gitlab()
    jobs = yaml.safe_load((EXAMPLES / "gitlab/gitops-clone.yml").read_text().partition("\n---\n")[2])
    check, merge = (jobs[f"gitops-clone-{name}"] for name in ("check", "merge-request"))
    variables = {name: str(value) for name, value in merge["variables"].items() if name.startswith("GIT_")}

    checked = script(_filled_in(check), checkout, _reach(forge, backup))
    assert checked.returncode == 1, checked.stderr
    assert (checkout / check["artifacts"]["paths"][0]).exists()
    done = script(_filled_in(merge), checkout, {**variables, **_reach(forge, backup)})
    forge.web.stop()
    assert done.returncode == 0, done.stderr
    assert [pull.head for pull in forge.open] == ["gitops-clone/relocate"]


def _steps(text: str, file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".md":
        (text,) = (block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "uses:" in block)
    jobs = yaml.safe_load(text)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def _filled_in(job: Mapping[str, Any]) -> str:
    return "\n".join(job["script"]).replace("$[[ inputs.paths ]]", ".")


def _reach(forge: Forge, backup: Registry) -> dict[str, str]:
    return {
        forge.variable: TOKEN,
        "GITOPS_CLONE_FORGE": forge.kind,
        "GITOPS_CLONE_FORGE_URL": forge.web.url,
        "GITOPS_CLONE_BACKUP_REGISTRY": backup.address,
    }
