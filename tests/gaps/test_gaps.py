"""`gaps` over a repository: what it would pull without naming it, and what would stop it once it has moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_clone.gaps.find import gaps
from gitops_clone.report import formats
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from gitops_clone.workspace import open_workspace

REGISTRY = "registry.acme.io/mirror"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop}
spec:
  template:
    spec:
      containers:
        - image: ghcr.io/acme/shop:1
"""
ACCOUNT = (
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: NAME, namespace: shop}\nimagePullSecrets: [{name: x}]\n"
)
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  chart:
    spec:
      chart: podinfo
      version: 6.5.4
      sourceRef: {kind: HelmRepository, name: podinfo}
"""
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: podinfo, namespace: apps}
spec: {url: https://stefanprodan.github.io/podinfo}
"""


def _look(root: Path, files: dict[str, str], *paths: str, strict: bool = False, **options: str | bool) -> Result:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".gitops-clone.toml").write_text(f'backup-registry = "{REGISTRY}"\n')
    workspace = open_workspace([root / path for path in paths] or [root], {}, options)
    return gaps(workspace, strict=strict)


def _found(root: Path, files: dict[str, str], *paths: str, **options: str | bool) -> list[tuple[str, str, str]]:
    found = _look(root, files, *paths, strict=False, **options).gaps
    return [(gap.kind.value, f"{gap.file}:{gap.line}", gap.pulls or gap.owner) for gap in found]


ELSEWHERE = "kind: Kustomization\nresources:\n  - web.yaml\n  - https://github.com/acme/base//deploy?ref=v1\n"
INFLATED = "kind: Kustomization\nhelmCharts:\n  - {name: redis, version: '1.2', repo: 'oci://a.b'}\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source: {repoURL: https://git.acme.io/other, path: deploy/web}
"""


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"release.yaml": RELEASE, "source.yaml": SOURCE},
            ("chart from elsewhere", "release.yaml:1", "podinfo 6.5.4 from https://stefanprodan.github.io/podinfo"),
        ),
        (
            {"kustomization.yaml": ELSEWHERE, "web.yaml": "a: 1\n"},
            ("manifests from elsewhere", "kustomization.yaml:4", "https://github.com/acme/base//deploy?ref=v1"),
        ),
        (
            {"kustomization.yaml": INFLATED},
            ("chart from elsewhere", "kustomization.yaml:3", "redis 1.2 from oci://a.b"),
        ),
        ({"app.yaml": APPLICATION}, ("manifests from elsewhere", "app.yaml:1", "deploy/web")),
        (
            {"app.yaml": APPLICATION.replace("path: deploy/web", "chart: web, targetRevision: 1.2")},
            ("chart from elsewhere", "app.yaml:1", "web 1.2 from https://git.acme.io/other"),
        ),
        (
            {"db.yaml": "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 3}"},
            ("made by an operator", "db.yaml:1", "ghcr.io/cloudnative-pg/postgresql"),
        ),
        (
            {"pod.yaml": "kind: Pod\nspec:\n  containers:\n    - image: ghcr.io/acme/shop:${TAG}\n"},
            ("known at run time", "pod.yaml:4", "ghcr.io/acme/shop:${TAG}"),
        ),
        (
            {"pod.yaml": 'kind: Pod\nspec:\n  containers:\n    - image: a/b:1 # {"$imagepolicy": "flux-system:b"}\n'},
            ("known at run time", "pod.yaml:4", "a/b:1"),
        ),
    ],
)
def test_pulls_that_git_does_not_show(tmp_path: Path, files: dict[str, str], told: tuple[str, str, str]) -> None:
    assert _found(tmp_path, files, anonymous_pull=True) == [told]


def test_what_is_in_the_repository_is_no_gap(tmp_path: Path) -> None:
    files = {
        "app.yaml": APPLICATION,
        "deploy/web/web.yaml": DEPLOYMENT,
        "kustomization.yaml": "resources: [app.yaml, deploy/web/web.yaml]\n",
    }
    assert _found(tmp_path, files, anonymous_pull=True) == []


def test_a_chart_that_was_rendered_and_relocated_is_no_gap(tmp_path: Path) -> None:
    images = f"[{{name: ghcr.io/stefanprodan/podinfo, newName: {REGISTRY}/ghcr_io/stefanprodan/podinfo}}]"
    done = f"{RELEASE}  postRenderers: [{{kustomize: {{images: {images}}}}}]\n"
    assert _found(tmp_path, {"release.yaml": done}) == []
    assert len(_found(tmp_path, {"release.yaml": done.replace(REGISTRY, "other.acme.io")})) == 1


def test_a_patch_is_not_the_whole_object(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": "resources: [web.yaml]\npatches: [{path: patch.yaml}, {path: release.yaml}]\n",
        "web.yaml": DEPLOYMENT.replace("      containers:", "      imagePullSecrets: [{name: a}]\n      containers:"),
        "patch.yaml": DEPLOYMENT,
        "release.yaml": RELEASE,
    }
    assert _found(tmp_path, files) == []


@pytest.mark.parametrize(
    "files",
    [
        {"web.yaml": DEPLOYMENT.replace("      containers:", "      imagePullSecrets: [{name: a}]\n      containers:")},
        {"web.yaml": DEPLOYMENT, "account.yaml": ACCOUNT.replace("NAME", "default")},
        {
            "web.yaml": DEPLOYMENT.replace("      containers:", "      serviceAccountName: shop\n      containers:"),
            "elsewhere/account.yaml": ACCOUNT.replace("NAME", "shop").replace(", namespace: shop", ""),
        },
        {"web.yaml": DEPLOYMENT.replace("ghcr.io/acme/shop:1", f"{REGISTRY}/own/shop:1")},
        {"web.yaml": DEPLOYMENT.replace("namespace: shop", "namespace: kube-system")},
    ],
)
def test_pods_with_credentials_and_pods_that_stay(tmp_path: Path, files: dict[str, str]) -> None:
    assert _found(tmp_path, files, "web.yaml") == []


def test_pods_without_credentials(tmp_path: Path) -> None:
    files = {
        "web.yaml": DEPLOYMENT,
        "job.yaml": DEPLOYMENT.replace("name: shop", "name: job"),
        "account.yaml": ACCOUNT.replace("NAME", "other"),
        "base/web.yaml": DEPLOYMENT.replace(", namespace: shop", ""),
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "a/kustomization.yaml": "resources: [../base]\nnamespace: team-a\n",
        "b/kustomization.yaml": "resources: [../base]\nnamespace: team-b\n",
    }
    kind = "no pull credentials"
    assert _found(tmp_path, files) == [
        (kind, "base/web.yaml:1", "namespace team-a (1 workload, the first Deployment shop)"),
        (kind, "base/web.yaml:1", "namespace team-b (1 workload, the first Deployment shop)"),
        (kind, "job.yaml:1", "namespace shop (2 workloads, the first Deployment shop/job)"),
    ]
    assert _found(tmp_path, files, anonymous_pull=True) == []
    assert _found(tmp_path, files, backup_registry="localhost:5001") == []


POLICY = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: {name: repos}
spec: {parameters: {repos: [ghcr.io/]}}
"""
SIGNED = """\
apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: signed}
spec: {images: [{glob: "**"}]}
"""


def test_policies_that_would_stop_what_has_moved(tmp_path: Path) -> None:
    files = {"web.yaml": DEPLOYMENT, "a.yaml": POLICY, "b.yaml": SIGNED}
    files["c.yaml"] = SIGNED.replace("spec: {", "spec: {mode: warn, ")
    result = _look(tmp_path, files, "web.yaml", anonymous_pull=True)
    assert [(gap.file, gap.line, gap.kind.stops) for gap in result.gaps] == [("a.yaml", 4, True), ("b.yaml", 4, True)]
    assert f'add "{REGISTRY}/"' in result.gaps[0].remedy
    assert "cosign copy" in result.gaps[1].remedy


def test_it_informs_unless_strict(tmp_path: Path) -> None:
    assert _look(tmp_path, {"release.yaml": RELEASE}).exit_code == 0
    assert _look(tmp_path, {"release.yaml": RELEASE}, strict=True).exit_code == 1
    (tmp_path / "release.yaml").unlink()
    assert _look(tmp_path, {}, strict=True).exit_code == 0
    assert _look(tmp_path, {"broken.yaml": "kind: Pod\nspec: {containers: [{image: a}\n"}, strict=True).exit_code == 2


def test_reports_for_people_and_machines(tmp_path: Path) -> None:
    files = {"release.yaml": RELEASE, "other.yaml": RELEASE.replace("name: web", "name: api"), "web.yaml": DEPLOYMENT}
    result = _look(tmp_path, files)
    text = "".join(formats.render(result, "text", Style()))
    assert text.count("a chart from elsewhere") == 1
    assert "other.yaml:1  HelmRelease apps/api: podinfo 6.5.4" in text
    assert "and for 1 other object" in text
    assert text.index("pulled, and not named in Git: 2 gaps") < text.index("would stop relocated workloads: 1 gap")
    assert text.endswith("2 pulls that Git does not show, 1 obstacle to relocated workloads\n")
    assert "release.yaml:1" in "".join(formats.render(result, "text", Style(), verbose=True))
    report = json.loads("".join(formats.render(result, "json", Style())))
    assert set(report) == {"version", "gaps", "skipped"}
    assert set(report["gaps"][0]) == {"kind", "stops", "file", "line", "owner", "pulls", "says", "remedy"}
    (tmp_path / "empty").mkdir()
    assert "no gaps" in "".join(formats.render(_look(tmp_path / "empty", {}), "text", Style()))


def test_reports_for_reviewers(tmp_path: Path) -> None:
    result = _look(tmp_path, {"release.yaml": RELEASE, "web.yaml": DEPLOYMENT})

    def report(form: str) -> str:
        return "".join(formats.render(result, form, Style()))

    assert report("markdown").splitlines()[:3] == [
        "### gitops-clone gaps: 1 pull that Git does not show, 1 obstacle to relocated workloads",
        "",
        "### Would stop relocated workloads: 1 gap",
    ]
    assert "  - `release.yaml:1` `HelmRelease apps/web` `podinfo 6.5.4" in report("markdown")
    (run,) = json.loads(report("sarif"))["runs"]
    rules = {(each["ruleId"], each["level"]) for each in run["results"]}
    assert rules == {("pull-not-shown", "warning"), ("stops-workloads", "error")}
    assert all(gap.remedy[:20] in json.dumps(run["results"]) for gap in result.gaps)
    first, second, *_ = report("github").splitlines()
    assert first.startswith("::error file=web.yaml,line=1,title=Would stop relocated workloads::namespace shop")
    assert second.startswith(
        "::warning file=release.yaml,line=1,title=Pull that Git does not show::HelmRelease apps/web"
    )


def test_policies_reach_the_namespaces_that_layers_give(tmp_path: Path) -> None:
    files = {
        "policy.yaml": POLICY.replace("spec: {", "spec: {match: {namespaces: [prod]}, "),
        "base/web.yaml": DEPLOYMENT.replace(", namespace: shop", ""),
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "dev/kustomization.yaml": "resources: [../base]\nnamespace: dev\n",
    }
    assert _found(tmp_path, files, anonymous_pull=True) == []
    files["prod/kustomization.yaml"] = "resources: [../base]\nnamespace: prod\n"
    assert [gap[0] for gap in _found(tmp_path, files, anonymous_pull=True)] == ["admission policy"]


_ARTIFACT = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: NAME, namespace: apps}
spec: {url: "oci://ghcr.io/acme/NAME", ref: {tag: 1.0.0}}
"""
_CHART = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec: {source: {repoURL: ghcr.io/acme, chart: web, targetRevision: 1.0.0}}
"""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, []),
        (
            {"insecure_registry": ["registry.acme.io"]},
            [("OCIRepository apps/a (2 objects)", f"Flux expects TLS of {REGISTRY}, which may have none")],
        ),
        (
            {"backup_registry": "localhost:5001"},
            [
                (
                    "OCIRepository apps/a (3 objects)",
                    "Flux and Argo CD fetch charts and artifacts from pods, whose loopback has no localhost:5001",
                )
            ],
        ),
        ({"backup_registry": "localhost:5001", "charts": False}, []),
    ],
)
def test_pods_must_reach_what_charts_are_fetched_from(
    tmp_path: Path, options: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    files = {f"apps/{name}.yaml": _ARTIFACT.replace("NAME", name) for name in ("a", "b")}
    found = _look(tmp_path, {**files, "argo/web.yaml": _CHART}, **{"charts": True, **options}).gaps
    assert [(gap.owner, gap.says) for gap in found if gap.kind.value == "out of reach"] == told
