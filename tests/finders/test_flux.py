"""The ImageRepository that feeds an ImagePolicy, named in the report of a line that Flux owns."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_clone.scan import scan
from tests.looking import RULES

POLICY = "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: {name: app, namespace: flux-system}\n"
REPOSITORY = (
    "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\n"
    "metadata: {name: app-images, namespace: NAMESPACE}\nspec: {image: ghcr.io/acme/app}\n"
)
OWNS = "Flux image automation owns this line (ImagePolicy flux-system:app)"


def _reasons(root: Path, **files: str) -> list[str | None]:
    pod = 'kind: Pod\nspec: {containers: [{image: "ghcr.io/acme/app:1"}]} # {"$imagepolicy": "flux-system:app"}\n'
    (root / "pod.yaml").write_text(pod)
    for name, text in files.items():
        (root / f"{name}.yaml").write_text(text)
    names = sorted(path.name for path in root.iterdir())
    return [finding.reason for finding in scan(root, names, RULES).findings]


@pytest.mark.parametrize(
    ("spec", "namespace", "repository"),
    [
        ("spec: {imageRepositoryRef: {name: app-images}}", "flux-system", "flux-system/app-images"),
        ("spec: {imageRepositoryRef: {name: app-images, namespace: apps}}", "apps", "apps/app-images"),
    ],
)
def test_the_repository_is_named_with_its_file(tmp_path: Path, spec: str, namespace: str, repository: str) -> None:
    files = {"policy": POLICY + spec, "sources": f"---\n{REPOSITORY.replace('NAMESPACE', namespace)}"}
    assert _reasons(tmp_path, **files) == [f"{OWNS}: change ImageRepository {repository} (sources.yaml) instead"]


def test_a_repository_that_is_elsewhere_is_named_without_a_file(tmp_path: Path) -> None:
    files = {"policy": f"{POLICY}spec: {{imageRepositoryRef: {{name: app-images}}}}\n"}
    assert _reasons(tmp_path, **files) == [f"{OWNS}: change ImageRepository flux-system/app-images instead"]


def test_policies_that_nobody_can_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"kind: ImagePolicy # \xff\n")
    assert _reasons(tmp_path, policy=f"{POLICY}spec: {{{{ .Values.spec }}}}: [\n") == [OWNS]
