"""Charts that kustomizations inflate, judged by the real kustomize, which runs the real Helm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers.rendered import compare
from tests.parts import kustomize
from tests.releases.repository import BACKUP, HUB, Repository, chart, deployment

PLAIN = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
INLINE = """\
helmCharts:
- name: web
  releaseName: web
  valuesFile: values-prod.yaml
  valuesInline:
    image:
      tag: "2" # inline
  additionalValuesFiles: [more.yaml]
"""


def files(**points: str) -> dict[str, str]:
    """Kustomizations in folders, with a chart `web` in the `charts` of each, or what else stands there."""
    found = {f"{name}/kustomization.yaml": text for name, text in points.items()}
    made = chart("image: {repository: nginx, tag: '1'}\nsideImage: busybox:1\n", deployment(PLAIN) + SIDE)
    return found | {f"{name}/{file}": text for name in points for file, text in made.items()}


SIDE = "        - name: side\n          image: {{ .Values.sideImage }}\n"


def rendered(root: Path, point: str) -> str:
    return kustomize.inflate(root / point)


def test_values_inline_and_in_files(tmp_path: Path) -> None:
    found = files(prod=INLINE) | {
        "prod/values-prod.yaml": "image:\n  repository: quay.io/acme/web\n",
        "prod/more.yaml": "sideImage: quay.io/acme/side:3\n",
    }
    repository = Repository(tmp_path, found, [])
    before = rendered(tmp_path, "prod")
    assert repository.states()["prod/values-prod.yaml: quay.io/acme/web:2"] == ("upstream", None)
    repository.rewrite()
    assert compare(before, rendered(tmp_path, "prod")) == (2, 0)
    changes = repository.changes()
    assert changes["prod/values-prod.yaml"] == [f"repository: {BACKUP}/quay_io/acme/web"]
    assert changes["prod/more.yaml"] == [f"sideImage: {BACKUP}/quay_io/acme/side:3"]
    assert "prod/kustomization.yaml" not in changes


MERGED = """\
helmGlobals: {chartHome: charts}
helmCharts:
- name: web
  valuesFile: values-prod.yaml
  valuesMerge: merge
  valuesInline: {image: {repository: quay.io/acme/never, tag: "2"}, sideImage: "quay.io/acme/side:2"}
"""
REPLACED = MERGED.replace("valuesMerge: merge", "valuesMerge: replace")
WEB = "image:\n  repository: quay.io/acme/web\n  tag: '3'\n"


def test_values_that_win_over_others(tmp_path: Path) -> None:
    found = files(merged=MERGED, replaced=REPLACED)
    repository = Repository(tmp_path, found | {"merged/values-prod.yaml": WEB, "replaced/values-prod.yaml": WEB}, [])
    before = {point: rendered(tmp_path, point) for point in ("merged", "replaced")}
    repository.rewrite()
    assert [compare(text, rendered(tmp_path, point)) for point, text in before.items()] == [(2, 0), (2, 0)]
    changes = repository.changes()
    assert changes["merged/values-prod.yaml"] == [f"repository: {BACKUP}/quay_io/acme/web"]
    assert "replaced/values-prod.yaml" not in changes  # nothing reads it
    assert [name for name in changes if name.endswith("kustomization.yaml")] == [
        "merged/kustomization.yaml", "replaced/kustomization.yaml",
    ]  # fmt: skip


ENTRY = """\
resources: [../base]
images:
- name: nginx
  newTag: "9"
"""
BASE = "helmCharts:\n- name: web\n  valuesInline: {sideImage: 'quay.io/acme/side:2'}\n"
PATCH = """\
resources: [../base]
patches:
- target: {kind: Deployment}
  patch: |
    - {op: replace, path: /spec/template/spec/containers/1/image, value: "redis:7"}
"""


def test_what_layers_above_select_stays(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**files(base=BASE), "prod/kustomization.yaml": ENTRY}, [])
    before = rendered(tmp_path, "prod")
    repository.rewrite()
    assert compare(before, rendered(tmp_path, "prod")) == (1, 1)
    states = repository.states()
    reason = "selected by name in prod/kustomization.yaml:3 (kustomization base)"
    assert states["base/charts/web/values.yaml: nginx:1"] == ("unresolved", reason)
    assert repository.changes()["base/kustomization.yaml"] == [
        f"valuesInline: {{sideImage: '{BACKUP}/quay_io/acme/side:2'}}"
    ]


def test_layers_that_patch_images_hold_the_values(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**files(base=BASE), "prod/kustomization.yaml": PATCH}, [])
    before = rendered(tmp_path, "prod")
    repository.rewrite()
    assert compare(before, rendered(tmp_path, "prod")) == (2, 0)  # by the patch, and by the chart's own values
    assert repository.changes().keys() == {"prod/kustomization.yaml", "base/charts/web/values.yaml"}
    state, reason = repository.states()["base/kustomization.yaml: quay.io/acme/side:2"]
    assert state == "unresolved"
    assert "prod/kustomization.yaml patches images" in (reason or "")


def test_values_for_a_chart_from_elsewhere_by_shape(tmp_path: Path) -> None:
    text = """\
helmCharts:
- name: grafana
  repo: https://grafana.github.io/helm-charts
  version: 1.2.3
  valuesFile: values.yaml
  valuesInline:
    sidecar:
      image: {repository: quay.io/kiwigrid/k8s-sidecar, tag: 1.2.0}
"""
    values = "image:\n  registry: docker.io\n  repository: grafana/grafana\n  tag: '11'\n"
    repository = Repository(tmp_path, {"kustomization.yaml": text, "values.yaml": values}, [])
    repository.rewrite()
    assert repository.changes() == {
        "kustomization.yaml": [f"image: {{repository: {BACKUP}/quay_io/kiwigrid/k8s-sidecar, tag: 1.2.0}}"],
        "values.yaml": [f"registry: {HUB}"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "helmCharts: web\n",
        "helmCharts: [web, {}, {name: [x]}, {name: web, valuesInline: x}]\n",
        "helmGlobals: {chartHome: /etc}\nhelmCharts: [{name: ../../.., valuesFile: /etc/passwd}]\n",
        "helmCharts: [{name: web, valuesFile: ../../outside.yaml, additionalValuesFiles: {a: b}}]\n",
        "helmCharts: [{name: web, valuesInline: {a: &a {image: x}, b: *a}, valuesMerge: [x]}]\n",
    ],
)
def test_what_kustomize_would_not_build_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "outside.yaml").write_text("sideImage: quay.io/acme/outside:1\n")
    repository = Repository(tmp_path / "r", files(prod=text), [])
    repository.rewrite()
    assert not any("outside" in key for key in repository.states())
    assert "prod/kustomization.yaml" not in repository.changes()
