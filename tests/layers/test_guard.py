"""What a layer above selects by its name keeps its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image: nginx:1.23\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps}
spec:
  images:
  - name: nginx
    newTag: "1.25"
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  postRenderers:
  - kustomize:
      images:
      - name: nginx
        newTag: "1.25"
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source:
    kustomize:
      images:
      - nginx=nginx:1.25
"""


@pytest.mark.parametrize(
    ("text", "where"),
    [(FLUX, "over.yaml:6 (Kustomization apps)"), (RELEASE, "over.yaml:8"), (ARGO, "over.yaml:8 (Application web)")],
    ids=["flux", "release", "argo"],
)
def test_an_override_of_flux_or_argo_holds_what_it_selects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "over.yaml").write_text(text)
    done = CliRunner().invoke(cli, ["scan", "--format", "json"])
    findings = json.loads(done.stdout)["findings"]
    assert [(f["image"], f["state"]) for f in findings] == [("nginx:1.23", "unresolved")]
    assert where in findings[0]["reason"]


def test_nothing_is_held_where_no_name_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "over.yaml").write_text(FLUX.replace("nginx", "docker.io/library/nginx"))
    done = CliRunner().invoke(cli, ["scan", "--format", "json"])
    assert [f["state"] for f in json.loads(done.stdout)["findings"]] == ["upstream"]


def test_an_override_beside_the_paths_of_the_run_holds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters/over.yaml").write_text(FLUX)
    done = CliRunner().invoke(cli, ["rewrite", "--no-mirror", "--format", "json", "pod.yaml"])
    assert [f["state"] for f in json.loads(done.stdout)["findings"]] == ["unresolved"]
    assert (tmp_path / "pod.yaml").read_text() == POD


def test_an_override_in_an_excluded_file_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "example.yaml").write_text(ARGO)
    CliRunner().invoke(cli, ["rewrite", "--no-mirror", "--exclude", "example.yaml"])
    assert "localhost:5001/index_docker_io/library/nginx:1.23" in (tmp_path / "pod.yaml").read_text()
