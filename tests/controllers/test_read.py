"""What Flux and Argo CD objects apply, read from files as people write them."""

from __future__ import annotations

from gitops_clone.controllers.model import (
    ConfigReference,
    Directory,
    ImageOverride,
    Kind,
    Patch,
    SourceReference,
    Values,
    ValuesForm,
)
from gitops_clone.controllers.read import find

KUSTOMIZATION = b"""\
# who applies what
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: apps
  namespace: flux-system
spec:
  path: ./apps/production
  sourceRef: {kind: GitRepository, name: fleet}
  targetNamespace: shop
  components: [../tracing]
  images:
    - name: nginx
      newName: docker.io/nginx
      newTag: "1.27"
  patches:
    - patch: |
        - op: add
      target: {kind: Deployment}
  patchesStrategicMerge:
    - {apiVersion: v1, kind: Pod}
  patchesJson6902:
    - target: {kind: Pod, name: a}
      patch: [{op: remove, path: /spec}]
  postBuild:
    substitute: {TAG: v1}
    substituteFrom:
      - {kind: ConfigMap, name: settings, optional: true}
"""


def test_a_flux_kustomization() -> None:
    [found] = find("clusters/apps.yaml", KUSTOMIZATION)
    assert str(found.owner) == "Kustomization flux-system/apps"
    assert (found.owner.document, found.owner.line, found.pointer) == (1, 6, "/spec")
    assert (found.path, found.namespace, found.directory) == ("apps/production", "shop", Directory(recurse=True))
    assert found.source == SourceReference("GitRepository", "flux-system", "fleet")
    assert found.components == ("../tracing",)
    assert found.images == (ImageOverride("/spec/images/0", 17, "nginx", "docker.io/nginx", "1.27"),)
    assert found.patches == (
        Patch("/spec/patches/0/patch", "- op: add\n", {"kind": "Deployment"}),
        Patch("/spec/patchesStrategicMerge/0", None, tree=True),
        Patch("/spec/patchesJson6902/0/patch", None, {"kind": "Pod", "name": "a"}, tree=True),
    )
    assert found.patches[2].target == {"kind": "Pod", "name": "a"}
    assert found.substitute == {"TAG": "v1"}
    assert found.substitute_from == (ConfigReference("ConfigMap", "settings", optional=True, namespace="flux-system"),)


def test_no_path_is_the_root_and_a_path_above_it_is_none() -> None:
    data = KUSTOMIZATION.replace(b"  path: ./apps/production\n", b"")
    assert find("a.yaml", data)[0].path == ""
    assert find("a.yaml", KUSTOMIZATION.replace(b"./apps/production", b"../other"))[0].path is None


RELEASE = b"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  chart:
    spec:
      chart: ./charts/web
      valuesFiles: [charts/web/values.yaml, ./clusters/eu.yaml]
      sourceRef: {kind: GitRepository, name: fleet, namespace: flux-system}
  targetNamespace: shop
  valuesFrom:
    - kind: ConfigMap
      name: web-values
    - kind: Secret
      name: web-secrets
      valuesKey: image
      targetPath: image.tag
  values: {image: {tag: v1}}
  postRenderers:
    - kustomize:
        images: [{name: a, newTag: "1"}]
    - kustomize:
        images: [{name: b, digest: sha256:1}]
        patches: [{patch: "x"}]
"""


def test_a_helm_release() -> None:
    [found] = find("web.yaml", RELEASE)
    assert (found.owner.kind, found.path, found.chart) == (Kind.HELM_RELEASE, "charts/web", None)
    assert (found.namespace, found.release, found.replaces_values) == ("shop", "shop-web", True)
    first, second, third, fourth, fifth = found.values
    assert (first, second) == (
        Values(ValuesForm.FILE, "charts/web/values.yaml"),
        Values(ValuesForm.FILE, "clusters/eu.yaml"),
    )
    assert (third.form, third.pointer, third.path) == (ValuesForm.REFERENCE, "/spec/valuesFrom/0", "")
    assert third.reference == ConfigReference("ConfigMap", "web-values", "values.yaml", namespace="apps")
    assert (fourth.path, fourth.reference and fourth.reference.key) == ("image.tag", "image")
    assert fifth == Values(ValuesForm.TREE, "web.yaml", 0, "/spec/values")
    assert [image.name for image in found.images] == ["a", "b"]
    assert [image.pointer for image in found.images] == [
        "/spec/postRenderers/0/kustomize/images/0",
        "/spec/postRenderers/1/kustomize/images/0",
    ]
    assert len(found.patches) == 1


def test_a_chart_of_a_repository_and_one_by_reference() -> None:
    [found] = find("web.yaml", RELEASE.replace(b"GitRepository", b"HelmRepository").replace(b"./charts/web", b"web"))
    assert found.path is None
    assert found.chart is not None
    assert (found.chart.name, found.chart.version) == ("web", None)
    assert str(found.chart.source) == "HelmRepository flux-system/fleet"
    assert found.values[1] == Values(ValuesForm.FILE, path="./clusters/eu.yaml"), "a file of the chart"
    [found] = find(
        "web.yaml",
        b"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
        b"spec: {chartRef: {kind: OCIRepository, name: web}}\n",
    )
    assert found.chart is not None
    assert (str(found.chart.source), found.chart.pointer) == ("OCIRepository web", "/spec/chartRef")


APPLICATION = b"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  destination: {namespace: shop}
  sources:
    - path: apps/web
      kustomize:
        namespace: fixed
        components: [../../tracing]
        images:
          - nginx:1.27
          - redis=docker.io/redis:7
          - a@sha256:12
          - b=c
        patches:
          - path: patch.yaml
            target: {kind: Deployment}
    - chart: mysql
      repoURL: https://charts.example.com
      targetRevision: 9.4.1
      helm:
        valueFiles: [$values/envs/eu.yaml, inner.yaml, "https://example.com/v.yaml"]
        values: |
          image: x
        valuesObject: {image: y}
        parameters:
          - {name: image.tag, value: "1", forceString: true}
        releaseName: db
    - ref: values
      repoURL: https://git.example.com/fleet
    - path: charts/web
      helm:
        valueFiles: [values.yaml, ../../envs/eu.yaml, /envs/all.yaml]
        values: |
          image: x
        fileParameters: [{name: config, path: files/config.txt}]
    - path: plain
      directory: {recurse: true, exclude: "*.txt"}
"""


def test_an_argo_cd_application() -> None:
    kustomize, chart, local, plain = find("apps.yaml", APPLICATION)
    assert {found.pointer for found in (kustomize, chart, local, plain)} == {
        "/spec/sources/0",
        "/spec/sources/1",
        "/spec/sources/3",
        "/spec/sources/4",
    }
    assert (kustomize.path, kustomize.namespace, kustomize.default_namespace) == ("apps/web", "fixed", "shop")
    assert [(i.name, i.new_name, i.new_tag, i.digest) for i in kustomize.images] == [
        ("nginx", "", "1.27", ""),
        ("redis", "docker.io/redis", "7", ""),
        ("a", "", "", "sha256:12"),
        ("b", "c", "", ""),
    ]
    assert kustomize.images[0].pointer == "/spec/sources/0/kustomize/images/0"
    assert kustomize.images[0].line == 12
    assert kustomize.patches == (
        Patch("/spec/sources/0/kustomize/patches/0/patch", None, {"kind": "Deployment"}, path="patch.yaml"),
    )
    assert chart.chart is not None
    assert (chart.chart.name, chart.chart.version, chart.chart.repository) == (
        "mysql",
        "9.4.1",
        "https://charts.example.com",
    )
    assert (chart.release, chart.default_namespace) == ("db", "shop")
    place = ("apps.yaml", 0)
    assert chart.values == (
        Values(ValuesForm.FILE, "envs/eu.yaml", 0, "/spec/sources/1/helm/valueFiles/0"),
        Values(ValuesForm.FILE, "", 0, "/spec/sources/1/helm/valueFiles/1", path="inner.yaml"),
        Values(ValuesForm.FILE, "", 0, "/spec/sources/1/helm/valueFiles/2", path="https://example.com/v.yaml"),
        Values(ValuesForm.TREE, *place, "/spec/sources/1/helm/valuesObject"),
        Values(ValuesForm.SCALAR, *place, "/spec/sources/1/helm/parameters/0/value", "image.tag", string=True),
    )
    assert [(value.form, value.file) for value in local.values] == [
        (ValuesForm.FILE, "charts/web/values.yaml"),
        (ValuesForm.FILE, "envs/eu.yaml"),
        (ValuesForm.FILE, "envs/all.yaml"),
        (ValuesForm.TEXT, "apps.yaml"),
        (ValuesForm.CONTENT, "charts/web/files/config.txt"),
    ]
    assert plain.directory == Directory(recurse=True, exclude="*.txt")


def test_what_a_generator_fills_in_is_an_obstacle_only_where_it_matters() -> None:
    text = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: web}}
spec:
  generators: [{{git: {{directories: [{{path: apps/*}}]}}}}]
  template:
    metadata: {{name: '{{{{path.basename}}}}'}}
    spec:
      project: '{{{{project}}}}'
      source:
        repoURL: https://git.example.com/fleet
        path: '{path}'
        kustomize: {{images: ['nginx:{tag}']}}
      destination: {{server: '{{{{server}}}}', namespace: shop}}
"""
    [found] = find("set.yaml", text.format(path="apps/web", tag="1").encode())
    assert (found.obstacle, found.path, found.pointer) == (None, "apps/web", "/spec/template/spec/source")
    [found] = find("set.yaml", text.format(path="{{path}}", tag="1").encode())
    assert (found.obstacle, found.path) == ("its path is templated: {{ … }}", None)
    assert len(found.images) == 1
    [found] = find("set.yaml", text.format(path="apps/web", tag="{{tag}}").encode())
    assert found.obstacle == "its kustomize.images.0 is templated: {{ … }}"


def test_objects_in_a_list_have_pointers_from_its_root() -> None:
    inner = "\n".join(f"    {line}" for line in RELEASE.decode().splitlines())
    data = f"apiVersion: v1\nkind: List\nitems:\n  - \n{inner}\n".encode()
    [found] = find("list.yaml", data)
    assert (found.pointer, found.owner.pointer) == ("/items/0/spec", "/items/0")
    assert found.images[0].pointer == "/items/0/spec/postRenderers/0/kustomize/images/0"


def test_a_key_that_stands_twice_is_an_obstacle() -> None:
    [found] = find("web.yaml", RELEASE.replace(b"  targetNamespace: shop\n", b"  targetNamespace: a\n" * 2))
    assert found.obstacle == 'its key "targetNamespace" stands twice'


def test_other_files_and_broken_ones_have_nothing() -> None:
    assert find("a.yaml", b"{" * 10) == []
    assert find("a.yaml", b"x: argoproj.io/ {") == []
    assert find("a.yaml", b"\xff\xfe\x00argoproj.io/") == []
    assert find("a.yaml", b"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {source: {path: a}}\n") == []
    assert find("a.yaml", b"- apiVersion: argoproj.io/v1alpha1\n") == []
