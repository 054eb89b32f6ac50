"""Addresses in Applications, kustomizations, charts, and objects of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.charts.folder import BACKUP, Folder
from tests.render.objects import application

_GHCR = f"{BACKUP}/ghcr_io"
_DIGEST = "sha256:" + "a1" * 32


@pytest.mark.parametrize(
    ("source", "image", "line"),
    [
        (
            "repoURL: ghcr.io/acme/charts\nchart: web\ntargetRevision: 1.2.3\n",
            "ghcr.io/acme/charts/web:1.2.3",
            f"repoURL: {_GHCR}/acme/charts",
        ),
        (
            "repoURL: registry-1.docker.io/bitnamicharts # theirs\nchart: redis\ntargetRevision: '18.1.0+3'\n",
            "registry-1.docker.io/bitnamicharts/redis:18.1.0_3",
            f"repoURL: {BACKUP}/registry-1_docker_io/bitnamicharts # theirs",
        ),
        (
            "repoURL: oci://ghcr.io/acme/web\npath: .\ntargetRevision: 1.2.3\n",
            "ghcr.io/acme/web:1.2.3",
            f"repoURL: oci://{_GHCR}/acme/web",
        ),
        (
            f"repoURL: 'oci://docker.io/acme/manifests'\npath: deploy\ntargetRevision: {_DIGEST}\n",
            f"docker.io/acme/manifests@{_DIGEST}",
            f"repoURL: 'oci://{BACKUP}/index_docker_io/acme/manifests'",
        ),
        (
            "repoURL: oci://ghcr.io/acme/manifests\npath: .\ntargetRevision: main\n",
            "ghcr.io/acme/manifests:main",
            f"repoURL: oci://{_GHCR}/acme/manifests",
        ),
    ],
)
def test_a_source_of_an_application(tmp_path: Path, source: str, image: str, line: str) -> None:
    folder = Folder(tmp_path, {"argo/web.yaml": application(source)})
    assert folder.states() == {image: "upstream"}
    assert folder.rewrite() == {"argo/web.yaml": [line]}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("repoURL: ghcr.io/acme/charts\nchart: web\ntargetRevision: 1.2\n", "its version is a range"),
        ("repoURL: ghcr.io/acme/charts\nchart: web\ntargetRevision: ^1.2.0\n", "its version is a range"),
        ("repoURL: ghcr.io/acme/charts\nchart: web\n", "no version is written, so that the newest is taken"),
        ("repoURL: oci://ghcr.io/acme/web\npath: .\ntargetRevision: HEAD\n", "its version is a range"),
        ("repoURL: oci://ghcr.io/acme/web\npath: .\ntargetRevision: 1.x\n", "its version is a range"),
        (
            "repoURL: oci://ghcr.io/acme\nchart: web\ntargetRevision: 1.2.3\n",
            "Argo CD takes oci:// with a path, and a chart without oci://: which one is meant cannot be told",
        ),
    ],
)
def test_a_source_that_stays(tmp_path: Path, source: str, told: str) -> None:
    folder = Folder(tmp_path, {"argo/web.yaml": application(source)})
    assert list(folder.states().values()) == [f"unresolved: {told}"]
    assert folder.rewrite() == {}


@pytest.mark.parametrize(
    "source",
    [
        "repoURL: https://charts.acme.io\nchart: web\ntargetRevision: 1.2.3\n",
        "repoURL: https://github.com/acme/shop\npath: deploy\ntargetRevision: main\n",
        "repoURL: git@github.com:acme/shop.git\npath: deploy\n",
    ],
)
def test_a_source_that_is_no_registry(tmp_path: Path, source: str) -> None:
    assert Folder(tmp_path, {"argo/web.yaml": application(source)}).states() == {}


_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  generators: [{list: {elements: [{cluster: eu, version: 1.2.3}]}}]
  template:
    metadata: {name: 'web-{{cluster}}'}
    spec:
      destination: {namespace: shop}
      sources:
        - repoURL: https://github.com/acme/shop
          ref: values
        - repoURL: ghcr.io/acme/charts
          chart: web
          targetRevision: 1.2.3
        - repoURL: ghcr.io/acme/more
          chart: api
          targetRevision: '{{version}}'
"""


def test_the_sources_of_an_application_set(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "plain", {"argo/web.yaml": _SET})
    assert folder.states() == {
        "ghcr.io/acme/charts/web:1.2.3": "upstream",
        "ghcr.io/acme/more/api": "unresolved: its version is composed by a template: {{ … }}",
    }
    assert folder.rewrite() == {"argo/web.yaml": [f"- repoURL: {_GHCR}/acme/charts"]}
    folder = Folder(tmp_path / "patched", {"argo/web.yaml": f"{_SET}  templatePatch: |\n    spec: {{}}\n"})
    told = "unresolved: the templatePatch of the ApplicationSet may change it"
    assert folder.states()["ghcr.io/acme/charts/web:1.2.3"] == told


def test_the_namespace_that_an_application_deploys_to_counts(tmp_path: Path) -> None:
    source = "repoURL: ghcr.io/acme/charts\nchart: web\ntargetRevision: 1.2.3\n"
    folder = Folder(tmp_path, {"argo/web.yaml": application(source, namespace="kube-system")})
    assert list(folder.states().values()) == ["ignored: namespace kube-system"]


_INFLATED = """\
resources: [web.yaml]
images:
  - name: nginx
    newTag: "1.27"
helmCharts:
  - name: web
    repo: oci://ghcr.io/acme/charts
    version: 1.2.3
  - name: api
    repo: "oci://quay.io/acme"
    version: 1.x
  - {name: old, repo: https://charts.acme.io, version: 1.0.0}
"""
_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - image: nginx
"""


def test_a_chart_that_a_kustomization_inflates(tmp_path: Path) -> None:
    files = {"deploy/kustomization.yaml": _INFLATED, "deploy/web.yaml": _WORKLOAD}
    folder = Folder(tmp_path, files)
    states = folder.states()
    assert states["ghcr.io/acme/charts/web:1.2.3"] == "upstream"
    assert states["quay.io/acme/api"] == "unresolved: its version is a range"
    (found,) = (each for each in folder.findings("--charts") if each["image"].endswith("web:1.2.3"))
    assert (found["line"], found["entry_points"]) == (7, ["deploy"])
    assert folder.rewrite() == {"deploy/kustomization.yaml": [f"repo: oci://{_GHCR}/acme/charts"]}


def test_an_address_in_a_patch_and_an_image_entry_of_one_kustomization(tmp_path: Path) -> None:
    other = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web, namespace: shop}\n"
    files = {
        "deploy/kustomization.yaml": "resources: [web.yaml, source.yaml]\n"
        "images:\n  - name: nginx\n    newTag: '1.27'\n"
        "patches:\n  - patch: |\n"
        "      apiVersion: source.toolkit.fluxcd.io/v1\n      kind: OCIRepository\n"
        "      metadata: {name: web, namespace: shop}\n      spec: {url: 'oci://ghcr.io/acme/web'}\n",
        "deploy/web.yaml": _WORKLOAD,
        "deploy/source.yaml": f"{other}spec: {{url: 'oci://quay.io/old/web', ref: {{tag: 1.2.3}}}}\n",
    }
    folder = Folder(tmp_path, files)
    changed = folder.rewrite()
    lines = {f"spec: {{url: 'oci://{_GHCR}/acme/web'}}", f"newName: {BACKUP}/index_docker_io/library/nginx"}
    assert lines <= set(changed["deploy/kustomization.yaml"])
    assert folder.locked() == ["ghcr.io/acme/web:1.2.3", "index.docker.io/library/nginx:1.27"]
    folder.git("init", "-q", "-b", "main")
    folder.git("add", "-A")
    folder.git("commit", "-q", "-m", "Somebody's work")
    with (tmp_path / "deploy/kustomization.yaml").open("a") as file:
        file.write("# not yet committed\n")
    folder.run("rewrite", "--no-mirror", "--charts", "--commit")
    committed = folder.git("show", "HEAD:deploy/kustomization.yaml")
    assert lines <= {line.strip() for line in committed.splitlines()}
    assert "# not yet committed" not in committed


_CHART = """\
apiVersion: v2
name: shop
version: 0.1.0
dependencies:
  - name: web
    version: 1.2.3
    repository: oci://ghcr.io/acme/charts
  - name: api
    version: 2.0.0
    repository: "oci://quay.io/acme"
  - {name: near, version: 0.1.0, repository: "file://../near"}
"""


def test_what_a_chart_depends_on(tmp_path: Path) -> None:
    """Not what lies in its charts/ already, and not where the lock file is another chart's."""
    folder = Folder(tmp_path / "plain", {"charts/shop/Chart.yaml": _CHART})
    assert folder.rewrite() == {
        "charts/shop/Chart.yaml": [
            f"repository: oci://{_GHCR}/acme/charts",
            f'repository: "oci://{BACKUP}/quay_io/acme"',
        ]
    }
    packed = {"charts/shop/Chart.yaml": _CHART, "charts/shop/charts/web-1.2.3.tgz": "packed"}
    folder = Folder(tmp_path / "packed", packed)
    told = "ignored: nothing is pulled: charts/shop/charts/web-1.2.3.tgz is there"
    assert folder.states()["ghcr.io/acme/charts/web:1.2.3"] == told
    assert folder.rewrite() == {"charts/shop/Chart.yaml": [f'repository: "oci://{BACKUP}/quay_io/acme"']}
    folder = Folder(tmp_path / "locked", {"charts/shop/Chart.yaml": _CHART, "charts/shop/Chart.lock": "digest: x\n"})
    told = "unresolved: Chart.lock is out of sync: run `helm dependency update`"
    assert set(folder.states().values()) == {told}
    assert folder.rewrite() == {}


@pytest.mark.parametrize(
    ("text", "image", "line"),
    [
        (
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: web, namespace: apps}\n"
            "spec:\n  chart: oci://ghcr.io/acme/web\n  version: 1.2.3\n",
            "ghcr.io/acme/web:1.2.3",
            f"chart: oci://{_GHCR}/acme/web",
        ),
        (
            "apiVersion: helm.crossplane.io/v1beta1\nkind: Release\nmetadata: {name: web}\n"
            "spec:\n  forProvider:\n    chart:\n"
            "      name: web\n      repository: oci://ghcr.io/acme\n      version: 1.2.3\n",
            "ghcr.io/acme/web:1.2.3",
            f"repository: oci://{_GHCR}/acme",
        ),
        (
            "apiVersion: addons.cluster.x-k8s.io/v1alpha1\nkind: HelmChartProxy\nmetadata: {name: web}\n"
            "spec:\n  chartName: web\n  repoURL: oci://ghcr.io/acme\n  version: 1.2.3\n",
            "ghcr.io/acme/web:1.2.3",
            f"repoURL: oci://{_GHCR}/acme",
        ),
        (
            "apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\n"
            "spec:\n  sync:\n    kind: OCIRepository\n    url: oci://ghcr.io/acme/fleet\n    ref: latest\n",
            "ghcr.io/acme/fleet:latest",
            f"url: oci://{_GHCR}/acme/fleet",
        ),
    ],
)
def test_objects_of_other_tools(tmp_path: Path, text: str, image: str, line: str) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": text})
    assert folder.states() == {image: "upstream"}
    assert folder.rewrite() == {"apps/web.yaml": [line]}


def test_explain_tells_of_an_address(tmp_path: Path) -> None:
    folder = Folder(
        tmp_path, {"argo/web.yaml": application("repoURL: ghcr.io/acme/charts\nchart: web\ntargetRevision: 1.2.3\n")}
    )
    done = folder.run("explain", paths=("argo/web.yaml:7",))
    assert "take it, and all others (command line (charts in .gitops-clone.toml))\n      --charts\n" in done.output
    done = folder.run("explain", "--charts", paths=("argo/web.yaml:7",))
    assert f"becomes    {_GHCR}/acme/charts\n" in done.output
