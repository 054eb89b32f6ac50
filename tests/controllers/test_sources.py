"""What Flux and Argo CD objects refer to, where it stands in the same files."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_clone.controllers.model import Applied, ConfigReference, Values, ValuesForm
from gitops_clone.controllers.read import find
from gitops_clone.controllers.sources import charts, config_maps, resolve, sources

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  chart: {spec: {chart: web, version: 1.2.3, sourceRef: {kind: HelmRepository, name: acme, namespace: flux-system}}}
  valuesFrom:
    - {kind: ConfigMap, name: values}
    - {kind: ConfigMap, name: values, valuesKey: tag, targetPath: image.tag}
    - {kind: Secret, name: values}
"""
REPOSITORY = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: acme, namespace: flux-system}
spec:
  type: oci
  url: oci://ghcr.io/acme/charts
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: values, namespace: apps}
data:
  values.yaml: |
    image: nginx
  tag: v1
"""


def read(files: Mapping[str, str]) -> list[Applied]:
    """All that files apply, with what they refer to."""
    contents = {name: text.encode() for name, text in files.items()}
    applied = [each for name, data in contents.items() for each in find(name, data)]
    applied = charts(applied, sources(contents.items()))
    return resolve(applied, config_maps(contents.items(), contents.get))


def test_a_chart_gets_the_url_of_its_repository() -> None:
    [found] = read({"a/release.yaml": RELEASE, "b/repository.yaml": REPOSITORY})
    assert found.chart is not None
    assert (found.chart.name, found.chart.version, found.chart.repository) == (
        "web",
        "1.2.3",
        "oci://ghcr.io/acme/charts",
    )
    [source] = sources([("b/repository.yaml", REPOSITORY.encode())])
    assert (source.oci, source.pointer, source.line) == (True, "/spec/url", 1)


def test_a_chart_by_reference_has_the_name_and_version_of_the_object() -> None:
    release = RELEASE.split("  chart:")[0] + "  chartRef: {kind: OCIRepository, name: web}\n"
    repository = REPOSITORY.replace("HelmRepository", "OCIRepository").replace("acme, namespace: flux-system", "web")
    repository = repository.replace("acme/charts", "acme/charts/web") + "  ref: {tag: 1.2.3}\n"
    [found] = read({"a/release.yaml": release, "a/repository.yaml": repository})
    assert found.chart is not None
    assert (found.chart.name, found.chart.version) == ("web", "1.2.3")
    ranged = repository.replace("tag: 1.2.3", 'semver: ">=1.0"')
    [found] = read({"a/release.yaml": release, "a/repository.yaml": ranged})
    assert found.chart is not None
    assert found.chart.version == ">=1.0", "Helm takes a range, too"


def test_values_in_a_config_map_are_known_and_those_in_a_secret_are_not() -> None:
    [found] = read({"a/release.yaml": RELEASE, "b/values.yaml": CONFIG_MAP})
    reference = ConfigReference("ConfigMap", "values", "values.yaml", namespace="apps")
    first, second, third = found.values
    assert first == Values(ValuesForm.TEXT, "b/values.yaml", 0, "/data/values.yaml", reference=reference)
    assert (second.form, second.file, second.pointer, second.path) == (
        ValuesForm.SCALAR,
        "b/values.yaml",
        "/data/tag",
        "image.tag",
    )
    assert third.form is ValuesForm.REFERENCE


def test_a_config_map_of_another_namespace_is_another_one() -> None:
    [found] = read({"a/release.yaml": RELEASE, "a/values.yaml": CONFIG_MAP.replace("apps", "other")})
    assert {value.form for value in found.values} == {ValuesForm.REFERENCE}


def test_without_a_namespace_it_must_stand_beside_and_be_the_only_one() -> None:
    nameless = CONFIG_MAP.replace(", namespace: apps", "")
    [found] = read({"a/release.yaml": RELEASE, "a/values.yaml": nameless})
    assert found.values[0].file == "a/values.yaml"
    [found] = read({"a/release.yaml": RELEASE, "b/values.yaml": nameless})
    assert found.values[0].form is ValuesForm.REFERENCE
    [found] = read({"a/release.yaml": RELEASE, "a/values.yaml": nameless, "a/more.yaml": nameless})
    assert found.values[0].form is ValuesForm.REFERENCE


def test_a_generated_config_map_leads_to_its_file() -> None:
    files = {
        "a/release.yaml": RELEASE,
        "a/kustomization.yaml": "resources: [release.yaml]\nconfigMapGenerator:\n- name: values\n"
        "  files: [values.yaml=helm/values.yaml]\n  literals: [tag=v1]\n",
        "a/helm/values.yaml": "image: nginx\n",
    }
    [found] = read(files)
    assert (found.values[0].form, found.values[0].file) == (ValuesForm.FILE, "a/helm/values.yaml")
    assert found.values[1].form is ValuesForm.REFERENCE, "a literal is only a part of its scalar"


KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system}
spec:
  path: apps
  postBuild:
    substitute: {REGION: eu}
    substituteFrom: [FROM]
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: flux-system}
data: {TAG: v1, REGION: us}
"""


def test_variables_of_config_maps_are_known_unless_something_unknown_follows() -> None:
    one = KUSTOMIZATION.replace("FROM", "{kind: ConfigMap, name: settings}")
    [found] = read({"web.yaml": one, "settings.yaml": SETTINGS})
    assert (found.substitute, found.substitute_from) == ({"TAG": "v1", "REGION": "eu"}, ())
    two = KUSTOMIZATION.replace("FROM", "{kind: ConfigMap, name: settings}, {kind: Secret, name: more}")
    [found] = read({"web.yaml": two, "settings.yaml": SETTINGS})
    assert found.substitute == {"REGION": "eu"}
    assert [reference.kind for reference in found.substitute_from] == ["Secret"]
    first = KUSTOMIZATION.replace("FROM", "{kind: Secret, name: more}, {kind: ConfigMap, name: settings}")
    [found] = read({"web.yaml": first, "settings.yaml": SETTINGS})
    assert found.substitute == {"TAG": "v1", "REGION": "eu"}
