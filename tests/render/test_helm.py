"""`verify` over charts, rendered by the real Helm."""

from __future__ import annotations

import pytest

from tests.render.repository import BACKUP, Repository, chart, deployment, values

_RANDOM = """\
apiVersion: v1
kind: Secret
metadata:
  name: login-{{ randAlphaNum 5 | lower }}
data:
  password: {{ randAlphaNum 12 | b64enc }}
"""


@pytest.fixture
def web(repository: Repository) -> Repository:
    """A chart whose image is on the backup registry by default, and upstream in production; committed."""
    files = {"values.yaml": values(f"{BACKUP}/library/nginx", "1.25"), "values-prod.yaml": values("nginx", "1.27")}
    repository.write(chart(**files))
    repository.commit()
    return repository


def test_a_chart_is_rendered_with_its_defaults_and_with_the_values_files_beside_them(web: Repository) -> None:
    done = web.run("verify", code=1)
    assert done.verdicts == {"charts/web": "ok", "charts/web with values-prod.yaml": "failed"}
    assert "nginx:1.27  Deployment shop/web" in done.out


def test_relocated_values_are_the_only_change(web: Repository) -> None:
    web.edit("charts/web/values-prod.yaml", "nginx", f"{BACKUP}/library/nginx")
    web.run("verify", "--base", "HEAD")
    web.edit(
        "charts/web/templates/web.yaml", "  name: web\n", '  name: web\n  labels: {at: "{{ .Values.image.tag }}"}\n'
    )
    done = web.run("verify", "--base", "HEAD", code=1)
    assert '+  labels: {at: "1.27"}' in done.out


def test_what_is_random_is_no_change(web: Repository) -> None:
    web.write({"charts/web/templates/login.yaml": _RANDOM, "charts/web/values-prod.yaml": values("redis", "7")})
    web.edit(
        "charts/web/templates/web.yaml",
        "  name: web\n",
        "  name: web\n  annotations:\n    checksum: {{ randAlphaNum 9 | quote }}\n",
    )
    web.commit()
    web.edit("charts/web/values-prod.yaml", "redis", f"{BACKUP}/library/redis")
    assert "nothing else has changed" in web.run("verify", "--base", "HEAD").out


def test_sub_charts_and_libraries_are_no_entry_points(web: Repository) -> None:
    web.write(
        {
            "charts/web/charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 0.1.0\n",
            "charts/web/charts/cache/templates/cache.yaml": deployment("memcached:1.6", "cache"),
            "charts/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n",
        }
    )
    done = web.run("verify", "charts/web/charts", code=1)
    assert done.verdicts == {"charts/web": "failed", "charts/web with values-prod.yaml": "failed"}
    assert "memcached:1.6  Deployment shop/cache" in done.out
    assert web.run("verify", "charts/common").verdicts == {}


def test_a_chart_without_its_dependencies_is_not_verified(web: Repository) -> None:
    needs = 'dependencies:\n  - {name: redis, version: "1.0", repository: "https://charts.example.org"}\n'
    web.write({"charts/web/Chart.yaml": f"apiVersion: v2\nname: web\nversion: 0.1.0\n{needs}"})
    done = web.run("verify")
    assert set(done.verdicts.values()) == {"not verified"}
    assert "missing in charts/ directory: redis" in done.out


def test_values_files_of_an_application(web: Repository) -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source:
    repoURL: https://git.example.org/gitops
    path: charts/web
    helm: {valueFiles: [values.yaml, ../../clusters/eu.yaml]}
"""
    web.write({"apps/web.yaml": application, "clusters/eu.yaml": values("redis", "7")})
    done = web.run("verify", "clusters", "charts", code=1)
    assert done.verdicts == {"Application web (apps/web.yaml)": "failed", "charts/web with values-prod.yaml": "failed"}


_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chart:
    spec:
      chart: ./charts/web
      sourceRef: {kind: GitRepository, name: flux-system}
      valuesFiles: [charts/web/values.yaml]
  values:
    image: &image
      tag: "007"
      digest: null
    again: *image
"""


def test_values_files_from_another_source(web: Repository) -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source: {path: charts/web, helm: {valueFiles: [$other/eu.yaml]}}
"""
    web.write({"apps/web.yaml": application})
    done = web.run("verify", "apps")
    assert set(done.verdicts.values()) == {"not verified"}
    assert "eu.yaml is not in the repository" in done.out


def test_values_in_a_release_of_flux(web: Repository) -> None:
    web.write({"apps/web.yaml": _RELEASE})
    web.edit("charts/web/values.yaml", f"{BACKUP}/library/nginx", "redis")
    done = web.run("verify", "apps", code=1)
    name = "HelmRelease web (apps/web.yaml)"
    assert done.verdicts == {name: "failed"}
    assert "redis:007  Deployment shop/web" in done.out
    web.edit("apps/web.yaml", "  values:\n", "  valuesFrom: [{kind: ConfigMap, name: web}]\n  values:\n")
    done = web.run("verify", "apps", code=1)
    assert done.verdicts == {name: "failed"}


def test_a_change_of_the_values_in_a_release_is_shown(web: Repository) -> None:
    web.edit("charts/web/templates/web.yaml", "  name: web\n", "  name: web\n  labels: {a: {{ .Values.label }}}\n")
    web.write({"apps/web.yaml": f"{_RELEASE}    label: before\n"})
    web.commit()
    web.edit("apps/web.yaml", "label: before", "label: after")
    done = web.run("verify", "apps", "--base", "HEAD", code=1)
    assert "-    a: before" in done.out
    assert "+    a: after" in done.out


def test_values_in_an_application_of_argo_cd(web: Repository) -> None:
    application = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  sources:
    - path: charts/web
      helm:
        values: |
          image: {repository: quay.io/acme/web}
        parameters:
          - {name: image.tag, value: v3}
"""
    web.write({"apps/web.yaml": application})
    assert "quay.io/acme/web:v3  Deployment shop/web" in web.run("verify", "apps", code=1).out


def test_aliases_without_end_in_a_release(web: Repository) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    web.write({"apps/web.yaml": _RELEASE.partition("    image:")[0] + "".join(f"    {line}\n" for line in lines)})
    assert web.run("verify", "apps").verdicts == {}


def test_a_release_of_a_chart_from_elsewhere_is_told(web: Repository) -> None:
    release = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: redis}
spec:
  chart:
    spec: {chart: redis, sourceRef: {kind: HelmRepository, name: acme}}
"""
    web.write({"apps/redis.yaml": release})
    done = web.run("verify", "apps")
    assert done.verdicts == {"HelmRelease redis (apps/redis.yaml)": "not verified"}
    assert "where the chart redis comes from is not in the files" in done.out
    web.run("verify", "apps", "--strict", code=1)
