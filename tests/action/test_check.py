"""Mode check: what decides, and what a reviewer sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.action.hosting import PUSH, Hosted
from tests.e2e.checkout import deployment
from tests.parts.runner import SOURCE, Job, Runner

Runners = Callable[[Path], Runner]
BACKED_UP = "localhost:5001/index_docker_io/library/nginx:1.27"
LOCK = f"""\
version: 1
backup-registry: localhost:5001
images:
  "index.docker.io/library/nginx:1.27": {{"backup": "{BACKED_UP}", "digest": null, "written": ["nginx:1.27"]}}
"""


def test_a_push_is_judged_by_all_files(runner: Runners, hosted: Hosted, tmp_path: Path) -> None:
    """The step fails; annotation, summary, outputs and both reports name the place."""
    hosted.push({"apps/web.yaml": deployment("nginx:1.27")})
    job = runner(hosted.check_out(tmp_path / "checkout")).use("push", PUSH)

    assert job.code == 1
    (found,) = [command for command in job.commands if command.level == "error"]
    assert (found.properties["file"], found.properties["line"], found.properties["col"]) == (
        "apps/web.yaml",
        "10",
        "18",
    )
    assert "nginx:1.27" in found.message
    assert "nginx:1.27" in job.summary
    assert {name: job.outputs[name] for name in ("changed", "exit-code", "findings", "not-backed-up")} == {
        "changed": "false",
        "exit-code": "1",
        "findings": "1",
        "not-backed-up": "1",
    }
    assert job.written == set(yaml.safe_load((SOURCE / "action.yml").read_text())["outputs"])
    assert json.loads(Path(job.outputs["json-report"]).read_text())["exit_code"] == 1
    assert json.loads(Path(job.outputs["sarif-report"]).read_text())["version"] == "2.1.0"


@pytest.fixture
def pull_request(runner: Runners, hosted: Hosted, tmp_path: Path) -> Callable[..., Job]:
    """Call it with the files of a pull request to a main branch with an upstream reference in old.yaml, and inputs."""

    def use(files: dict[str, str], reference: str = "refs/pull/1/merge", **inputs: str) -> Job:
        base = hosted.push({"old.yaml": deployment("redis:7.4"), "README.md": "Hello\n"})
        hosted.push(files, "topic")
        hosted.push({"newer.yaml": deployment("busybox")})  # the base moves on
        hosted.open_pull_request("topic")
        made = runner(hosted.check_out(tmp_path / "checkout", reference))
        return made.use("pull_request", hosted.payload("topic", base), inputs)

    return use


@pytest.mark.parametrize("reference", ["refs/pull/1/merge", "refs/heads/topic"])
def test_a_pull_request_is_judged_by_what_it_changes(pull_request: Callable[..., Job], reference: str) -> None:
    """In a shallow checkout of its merge commit, and of its branch."""
    job = pull_request({"new.yaml": deployment("nginx:1.27"), "other.json": "{}"}, reference)
    assert job.code == 1, job.log
    assert [command.properties["file"] for command in job.commands if command.level == "error"] == ["new.yaml"]
    assert job.outputs["findings"] == "1"


def test_all_files_decide_where_all_is_true(pull_request: Callable[..., Job]) -> None:
    job = pull_request({"README.md": "Bye\n"}, all="true")
    assert job.code == 1
    assert job.outputs["not-backed-up"] == "2"


def test_all_files_decide_where_the_lock_file_changes(pull_request: Callable[..., Job]) -> None:
    """It says for every file what is backed up."""
    job = pull_request({".gitops-clone.lock": LOCK})
    assert job.outputs["not-backed-up"] == "2"


def test_a_backed_up_image_passes_beside_old_files(pull_request: Callable[..., Job]) -> None:
    job = pull_request({"new.yaml": deployment("localhost:5001/team/app:1")})
    assert job.code == 0, job.log
    assert job.messages("error") == []


def test_a_pull_request_without_manifests_passes(pull_request: Callable[..., Job]) -> None:
    """The reports are there all the same, for the steps that upload them."""
    job = pull_request({"README.md": "Bye\n", "values.txt": "image: nginx"})
    assert job.code == 0, job.log
    assert job.outputs["findings"] == "0"
    assert json.loads(Path(job.outputs["sarif-report"]).read_text())["version"] == "2.1.0"


def test_a_kustomization_without_a_suffix_decides(pull_request: Callable[..., Job]) -> None:
    """`Kustomization` is one of the three names that kustomize looks for."""
    job = pull_request({"apps/Kustomization": "resources: [../old.yaml]\nimages: [{name: redis, newTag: '8.0'}]\n"})
    assert job.code == 1, job.log
    assert "redis:8.0" in "".join(job.messages("error"))


def test_in_a_merge_queue_the_same_files_decide(runner: Runners, hosted: Hosted, tmp_path: Path) -> None:
    """A check that passes in the pull request must not fail there for old files, or nothing is ever merged."""
    base = hosted.push({"old.yaml": deployment("redis:7.4")})
    branch = "gh-readonly-queue/main/pr-1"
    for files, code in (({"new.yaml": deployment("localhost:5001/team/app:1")}, 0), ({"b.yaml": deployment("b:1")}, 1)):
        head = hosted.push(files, branch)
        made = runner(hosted.check_out(tmp_path / f"checkout{code}", f"refs/heads/{branch}"))
        group = {"base_sha": base, "head_sha": head, "base_ref": "refs/heads/main"}
        job = made.use("merge_group", {**PUSH, "merge_group": group})
        assert (job.code, job.outputs["findings"]) == (code, str(code + 1)), job.log


def test_only_the_given_paths_decide(pull_request: Callable[..., Job]) -> None:
    files = {"apps/a b/web.yaml": deployment("nginx:1.27"), "infra/db.yaml": deployment("postgres:17")}
    job = pull_request(files, paths="apps/a b\ninfra/none.yaml\n", config='exclude = ["*.md"]')
    assert [command.properties["file"] for command in job.commands if command.level == "error"] == ["apps/a b/web.yaml"]


def test_a_checkout_that_is_not_of_the_pull_request_is_judged_whole(pull_request: Callable[..., Job]) -> None:
    """As pull_request_target makes it: the base. To compare it with itself would pass everything."""
    job = pull_request({"new.yaml": deployment("nginx:1.27")}, "refs/heads/main")
    assert job.outputs["not-backed-up"] == "2"


def test_settings_come_from_inputs_and_from_lines_of_the_configuration(
    runner: Runners, hosted: Hosted, tmp_path: Path
) -> None:
    hosted.push({"web.yaml": deployment("registry.acme.io/team/app:1"), "old.yaml": deployment("redis:7.4")})
    inputs = {"backup-registry": "registry.acme.io/mirror", "exclude": "old.yaml", "config": 'own = ["*/team/*"]'}
    job = runner(hosted.check_out(tmp_path / "checkout")).use("push", PUSH, inputs)
    assert (job.code, job.outputs["findings"]) == (0, "1"), job.log


def test_odd_file_names_of_a_pull_request(pull_request: Callable[..., Job]) -> None:
    """They are names to every program on the way, and a name that is not UTF-8 is told."""
    names = ["-x.yaml", "--strict", "a b.yaml", "\u00fc\n::error::.yaml", "\udcff.yaml", "$(touch pwned).yaml"]
    job = pull_request({f"apps/{name}": deployment("nginx:1.27") for name in names}, paths="apps")
    assert job.code in (1, 2), job.log
    found = {command.properties.get("file") for command in job.commands if command.level == "error"}
    assert {"apps/-x.yaml", "apps/a b.yaml", "apps/$(touch pwned).yaml"} <= found
    assert "Traceback" not in job.log
    assert "xff.yaml" in job.log
