"""Reports of one run to several places, by the command line, and no network: `check` needs none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
POD = """\
kind: Pod
metadata: {name: ü}   # 🐳 is one column
spec:
  containers:
    - {image: "nginx:1.23"}
    - { name: 🐳, image: &same 'ghcr.io/acme/shop:1' }
    - image: redis@sha256:DIGEST
    - image: *same
    - image: ${IMAGE}
""".replace("DIGEST", "1" * 64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "manifests"
    path.mkdir()
    (path / "a b.yaml").write_text(POD)
    (path / ".gitops-clone.toml").write_text("")
    return path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITOPS_", "GITHUB_"))}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "gitops_clone", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def sarif_results(text: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(text)["runs"][0]["results"]
    return results


def test_one_run_writes_several_reports_and_prints_the_text(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    out.mkdir()
    arguments = ["--format", "sarif", "--output", f"{out}/a.sarif"]
    for report in ("json=a.json", "markdown=a.md", "github=a.txt"):
        form, _, name = report.partition("=")
        arguments += ["--report", f"{form}={out}/{name}"]
    done = run(folder, "check", *arguments)
    assert done.returncode == 1
    assert done.stdout == run(folder, "check").stdout
    assert "4 places in 1 file not backed up" in done.stdout
    assert len(sarif_results((out / "a.sarif").read_text())) == 5
    assert len(json.loads((out / "a.json").read_text())["findings"]) == 5
    assert (out / "a.md").read_text().startswith("### gitops-clone check: 4 places of 1 file not backed up\n")
    assert (out / "a.txt").read_text().startswith("::error file=a b.yaml,line=5,")
    assert sorted(path.name for path in out.iterdir()) == ["a.json", "a.md", "a.sarif", "a.txt"]


def test_regions_in_sarif_hold_the_references(folder: Path) -> None:
    lines = POD.splitlines()
    found = []
    for item in sarif_results(run(folder, "check", "--format", "sarif").stdout):
        region = item["locations"][0]["physicalLocation"]["region"]
        line = lines[region["startLine"] - 1]
        found.append(line[region["startColumn"] - 1 : region.get("endColumn", len(line) + 1) - 1])
    digest = f"redis@sha256:{'1' * 64}"
    assert found == ["nginx:1.23", "ghcr.io/acme/shop:1", digest, "*same", "${IMAGE}"]


def test_a_report_replaces_a_file_and_follows_a_link(folder: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    run(folder, "scan", "--report", f"jsonpatch={link}")
    assert link.is_symlink()
    assert json.loads(target.read_text())[0]["file"] == "a b.yaml"


def test_a_report_may_go_to_a_stream(folder: Path) -> None:
    assert run(folder, "check", "--report", "github=/dev/stderr").stderr.startswith("::error ")


def test_a_dry_run_as_a_text_file_has_the_diff(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    done = run(folder, "rewrite", "--dry-run", "--output", str(file))
    assert done.stdout in file.read_text()
    assert "dry run: nothing was copied or written" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--report", "json"], "'json' is not FORMAT=FILE"),
        (["--report", "xml=a"], "one of text, json, sarif, github, markdown"),
        (["--report", "json="], "is not FORMAT=FILE"),
        (["--report", "json=missing/a.json"], "the folder of 'missing/a.json' does not exist"),
        (["--output", "."], "is a folder"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_run(
    folder: Path, arguments: list[str], told: str
) -> None:
    done = run(folder, "check", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_report_that_fails_in_the_end_is_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "read-only"
    file.write_text("")
    file.chmod(0o444)
    done = run(folder, "check", "--output", str(file))
    assert done.returncode == 2
    assert "not backed up" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "read-only" in line


def test_the_text_of_check_imports_no_other_format(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-X", "importtime", "-m", "gitops_clone", "check"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "gitops_clone.report.text" in imported
    others = ("formats", "json", "sarif", "github", "markdown", "gfm", "problems")
    assert not imported & {f"gitops_clone.report.{name}" for name in others}
