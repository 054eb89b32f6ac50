"""`rewrite --render` for what no image entry reaches: the values of a chart from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.charts import ChartRepository
from tests.render.objects import application, helm_repository, release
from tests.render.repository import BACKUP, Repository, deployment
from tests.render.test_rewrite import text_of

_RENDER = ("rewrite", "--render", "--no-mirror")
_VALUES = """\
global: {imageRegistry: ""}
image:
  registry: docker.io
  repository: bitnami/redis
  tag: "7.2"
metrics:
  image: quay.io/acme/exporter:1
"""
_TEMPLATE = deployment(
    '"{{ .Values.global.imageRegistry | default .Values.image.registry }}/{{ .Values.image.repository }}'
    ':{{ .Values.image.tag }}"',
    "redis",
)
_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: wait, annotations: {"helm.sh/hook": post-install}}
spec: {template: {spec: {containers: [{name: wait, image: "{{ .Values.metrics.image }}"}]}}}
"""
_LITERAL = deployment("memcached:1.6", "cache") + "---\n" + deployment("quay.io/acme/exporter:1", "literal")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart with a split image, one in a hook, and one that its templates name."""
    folder = tmp_path_factory.mktemp("packages")
    made = ChartRepository(folder)
    files = {"values.yaml": _VALUES, "templates/workload.yaml": _TEMPLATE, "templates/hook.yaml": _HOOK}
    files["templates/again.yaml"] = _TEMPLATE.replace("name: redis", "name: again")
    made.add("redis", "1.0.0", files)
    made.add("fixed", "1.0.0", {**files, "templates/cache.yaml": _LITERAL})
    made.stop()
    return folder


def relocated(repository: Repository, source: str) -> str:
    """The Application with a source, after a run that must hold: nothing else changes, a second run adds nothing."""
    before = application(source)
    repository.write({"argo/web.yaml": before})
    repository.commit()
    repository.run(*_RENDER)
    after = text_of(repository, "argo/web.yaml")
    repository.run("verify", "--network", "--base", "HEAD")
    repository.run(*_RENDER)
    assert text_of(repository, "argo/web.yaml") == after
    repository.run("restore")
    assert text_of(repository, "argo/web.yaml") == before
    return after


def test_an_application_without_values_gets_some(repository: Repository, elsewhere: ChartRepository) -> None:
    source = f"repoURL: {elsewhere.url}\nchart: redis\ntargetRevision: 1.0.0\n"
    after = relocated(repository, source)
    assert (
        after.partition("targetRevision: 1.0.0\n")[2]
        == f"""\
    helm:
      valuesObject:
        image:
          registry: {BACKUP}
        metrics:
          image: localhost:5001/quay_io/acme/exporter:1
"""
    )


def test_the_values_of_an_application_are_lengthened(repository: Repository, elsewhere: ChartRepository) -> None:
    source = f"""\
repoURL: {elsewhere.url}
chart: redis
targetRevision: 1.0.0
helm:
  values: |
    # for the shop
    image:
      tag: "7.4"   # tested
    replicas: 3
"""
    after = relocated(repository, source)
    assert '        image:\n          tag: "7.4"   # tested\n          registry:' in after
    assert "        replicas: 3\n        metrics:\n          image: localhost:5001/quay_io/acme/exporter:1\n" in after


def test_parameters_win_over_values(repository: Repository, elsewhere: ChartRepository) -> None:
    source = f"""\
repoURL: {elsewhere.url}
chart: redis
targetRevision: 1.0.0
helm:
  parameters:
    - name: image.registry
      value: ghcr.io
"""
    after = relocated(repository, source)
    assert "value: localhost:5001/ghcr_io" in after


def test_what_no_value_changes_is_left(repository: Repository, elsewhere: ChartRepository) -> None:
    repository.write({"argo/web.yaml": application(f"repoURL: {elsewhere.url}\nchart: fixed\ntargetRevision: 1.0.0\n")})
    done = repository.run(*_RENDER)
    assert "memcached" not in text_of(repository, "argo/web.yaml")
    assert "registry: localhost:5001/index_docker_io" in text_of(repository, "argo/web.yaml")
    assert "image: localhost:5001/quay_io/acme/exporter:1" in text_of(repository, "argo/web.yaml")
    assert "memcached:1.6  Deployment shop/cache" in done.out
    assert "quay.io/acme/exporter:1  Deployment shop/literal" in done.out
    assert "its values do not relocate it either" in done.out


def test_a_hook_of_a_release_is_relocated_by_values(repository: Repository, elsewhere: ChartRepository) -> None:
    before = release("redis", more="values:\n  replicas: 3\n")
    repository.write({"apps/redis.yaml": before, "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    repository.run(*_RENDER)
    after = text_of(repository, "apps/redis.yaml")
    assert "  values:\n    replicas: 3\n    metrics:\n      image: localhost:5001/quay_io/acme/exporter:1\n" in after
    assert f"- name: docker.io/bitnami/redis\n        newName: {BACKUP}/bitnami/redis\n" in after
    repository.run("verify", "--network", "--base", "HEAD")
    repository.run("restore")
    assert text_of(repository, "apps/redis.yaml") == before
