"""What objects of Flux and Argo CD change above a kustomization: selectors follow, and images stand where they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers.test_kustomize import HUB, Repository, deployment

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./base
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: apps, namespace: argocd}
spec:
  destination: {namespace: shop}
  source:
    path: base
"""


@pytest.mark.parametrize(
    ("above", "image", "before", "after"),
    [
        (f"{FLUX}  images:\n  - name: nginx\n    newTag: '2'\n", "nginx:1", "- name: nginx", f"newName: {HUB}/nginx"),
        (f"{ARGO}    kustomize:\n      images:\n      - nginx:2\n", "nginx:1", "- nginx:2", f"- nginx={HUB}/nginx:2"),
        (
            f"{FLUX}  postBuild:\n    substitute:\n      TAG: v1\n",
            "quay.io/a/b:${TAG}",
            "TAG: v1",
            "TAG: v1",
        ),
    ],
    ids=["flux", "argo", "variable"],
)
def test_an_override_is_followed(tmp_path: Path, above: str, image: str, before: str, after: str) -> None:
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment(image)}
    repository = Repository(tmp_path, files | {"clusters/apps.yaml": above})
    assert before in above
    repository.run("rewrite", "--no-mirror")
    once = {name: repository.text(name) for name in (*repository.files, ".gitops-clone.lock")}
    assert after in once["clusters/apps.yaml"]
    if "$" in image:
        assert "image: localhost:5001/quay_io/a/b:${TAG}\n" in once["base/web.yaml"].replace('"', "")
        assert "quay.io/a/b:v1" in once[".gitops-clone.lock"]
    else:
        assert once["base/web.yaml"] == files["base/web.yaml"]
    repository.run("rewrite", "--no-mirror")
    assert {name: repository.text(name) for name in once} == once
    repository.restored()
