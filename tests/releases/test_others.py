"""Values in objects of other tools that apply charts: K3s, Fleet, Sveltos, Crossplane, and a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.releases.repository import BACKUP, Repository

HEAD = "metadata: {name: web, namespace: shop}\nspec:\n"
IMAGE = "image:\n  repository: quay.io/a/b\n  tag: v1\n"
MOVED = f"repository: {BACKUP}/quay_io/a/b"


def inside(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def changes(root: Path, text: str, config: str = "") -> list[str]:
    files = {"object.yaml": text} | ({".gitops-clone.toml": config} if config else {})
    repository = Repository(root, files, [])
    repository.rewrite()
    return repository.changes().get("object.yaml", [])


@pytest.mark.parametrize(
    ("version", "kind", "spec", "indent"),
    [
        ("helm.cattle.io/v1", "HelmChart", "  chart: web\n  valuesContent: |-\n", 4),
        ("helm.cattle.io/v1", "HelmChart", "  chart: web\n  values:\n", 4),
        ("helm.cattle.io/v1", "HelmChartConfig", "  valuesContent: |\n", 4),
        ("fleet.cattle.io/v1alpha1", "Bundle", "  helm:\n    chart: web\n    values:\n", 6),
        ("fleet.cattle.io/v1alpha1", "Bundle", "  targets:\n  - name: a\n    helm:\n      values:\n", 8),
        ("config.projectsveltos.io/v1beta1", "ClusterProfile", "  helmCharts:\n  - chartName: a/b\n    values: |\n", 6),
        ("config.projectsveltos.io/v1beta1", "Profile", "  helmCharts:\n  - chartName: a/b\n    values: |\n", 6),
        ("helm.crossplane.io/v1beta1", "Release", "  forProvider:\n    chart: {name: web}\n    values:\n", 6),
    ],
)
def test_values_of_each_kind(tmp_path: Path, version: str, kind: str, spec: str, indent: int) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\n{HEAD}{spec}{inside(IMAGE, indent)}"
    assert changes(tmp_path, text) == [MOVED]


def test_values_at_a_users_row(tmp_path: Path) -> None:
    text = f"apiVersion: acme.io/v1\nkind: App\n{HEAD}  settings:\n{inside(IMAGE, 4)}"
    config = '[[catalogue]]\nkind = "App"\npath = "spec.settings"\nform = "values"\n'
    assert changes(tmp_path / "without", text) == []
    assert changes(tmp_path / "with", text, config) == [MOVED]


def test_what_is_no_mapping_and_what_stands_twice(tmp_path: Path) -> None:
    head = f"apiVersion: helm.cattle.io/v1\nkind: HelmChart\n{HEAD}"
    assert changes(tmp_path / "a", f"{head}  values: [a]\n  valuesContent: {{a: b}}\n") == []
    assert changes(tmp_path / "b", f"{head}  values:\n{inside(IMAGE + IMAGE, 4)}") == []
