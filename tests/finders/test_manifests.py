"""Where images are found in Kubernetes objects."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gitops_clone.finders.catalogue import Form, Role, Row
from gitops_clone.finders.path import format_path
from gitops_clone.finding import Certainty, Rule, RuleKind
from tests.finders.objects import ELSEWHERE, LEFT_ALONE, REPORTED, all_rows, document_for
from tests.looking import RULES, findings, images, reasons

POD_SPEC = (
    "{initContainers: [{image: busybox:1}], containers: [{image: nginx:1}], ephemeralContainers: [{image: sh:1}]}"
)
WORKLOADS = [
    ("v1", "Pod", "spec"),
    ("v1", "ReplicationController", "spec.template.spec"),
    ("v1", "PodTemplate", "template.spec"),
    *(("apps/" + version, "Deployment", "spec.template.spec") for version in ("v1", "v1beta1", "v1beta2")),
    *(("apps/" + version, "StatefulSet", "spec.template.spec") for version in ("v1", "v1beta1", "v1beta2")),
    *(("apps/" + version, "DaemonSet", "spec.template.spec") for version in ("v1", "v1beta2")),
    *(("apps/" + version, "ReplicaSet", "spec.template.spec") for version in ("v1", "v1beta2")),
    *(("extensions/v1beta1", kind, "spec.template.spec") for kind in ("Deployment", "DaemonSet", "ReplicaSet")),
    ("batch/v1", "Job", "spec.template.spec"),
    *(
        ("batch/" + version, "CronJob", "spec.jobTemplate.spec.template.spec")
        for version in ("v1", "v1beta1", "v2alpha1")
    ),
    ("example.com/v1", "Unheard", "spec.deep.down.in.here"),
]
ROWS = all_rows()


def _under(path: str, value: str) -> str:
    for key in reversed(path.split(".")):
        value = f"{{{key}: {value}}}"
    return value[1:-1]


def _id(row: Row) -> str:
    return f"{row.group}/{row.kind}/{format_path(row.path)}"


@pytest.mark.parametrize(("version", "kind", "path"), WORKLOADS)
def test_pod_specs_of_each_kind_at_each_version(version: str, kind: str, path: str) -> None:
    place = "/" + path.replace(".", "/")
    text = f"apiVersion: {version}\nkind: {kind}\n{_under(path, POD_SPEC)}\n"
    expected = {
        f"{place}/initContainers/0/image": "busybox:1",
        f"{place}/containers/0/image": "nginx:1",
        f"{place}/ephemeralContainers/0/image": "sh:1",
    }
    assert images(text) == expected
    item = text.replace("\n", "\n  ").rstrip()
    in_list = {f"/items/0{pointer}": image for pointer, image in expected.items()}
    assert images(f"apiVersion: v1\nkind: List\nitems:\n- {item}\n") == in_list
    bare = _under(path, POD_SPEC)
    assert images(f"apiVersion: {version}\nkind: {kind}List\nitems:\n- {bare}\n") == in_list


def test_image_volumes() -> None:
    text = """
apiVersion: v1
kind: Pod
spec:
  volumes:
  - {name: a, image: {reference: ghcr.io/acme/data:1, pullPolicy: Always}}
  - {name: b, configMap: {name: image}}
  - {name: c, rbd: {image: disk}}
"""
    assert images(text) == {"/spec/volumes/0/image/reference": "ghcr.io/acme/data:1"}


def _is_shared(row: Row) -> bool:
    return any(part.from_top for part in row.parts.get(Role.REGISTRY, ()))


@pytest.mark.parametrize("row", [row for row in ROWS if _is_shared(row)], ids=_id)
def test_a_registry_that_stands_for_other_images_too_stays(row: Row) -> None:
    assert (row.example, "unresolved", "its registry stands for other images too") in reasons(
        json.dumps(document_for(row))
    )


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.form not in (*LEFT_ALONE, *REPORTED, *ELSEWHERE) and not _is_shared(row)],
    ids=_id,
)
def test_each_row_finds_its_own_example(row: Row) -> None:
    found = findings(json.dumps(document_for(row)), replace(RULES, certainty=Certainty.LIKELY))
    certainty = "likely" if row.form is Form.TEXT else "certain"
    assert (row.example, "upstream", certainty) in [(f.place.image, f.state, f.place.certainty) for f in found]


@pytest.mark.parametrize("row", [row for row in ROWS if row.form in REPORTED], ids=_id)
def test_what_a_program_completes_is_reported(row: Row) -> None:
    assert (row.example, "unresolved", row.note) in reasons(json.dumps(document_for(row)))


@pytest.mark.parametrize("row", [row for row in ROWS if row.form in LEFT_ALONE], ids=_id)
def test_what_a_row_excludes_is_left_alone(row: Row) -> None:
    found = findings(json.dumps(document_for(row)))
    note = row.note or "not an image that the cluster pulls"
    assert all((finding.state, finding.reason) == ("ignored", note) for finding in found)


def test_an_excluded_place_beats_the_general_rule() -> None:
    text = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec:
  rules:
  - validate:
      pattern:
        spec:
          containers:
          - image: registry.example.com/*
          - (image): "*:latest"
          - <(image): "registry.example.com/*"
"""
    assert reasons(text) == [("registry.example.com/*", "ignored", "pattern of a policy: add the backup registry")]


def test_lists_in_lists_and_their_objects() -> None:
    text = """
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: Pod, spec: {containers: [{image: a:1}]}}
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  spec: {containers: [{image: schema:1}]}
- apiVersion: v1
  kind: Pod
  metadata: {annotations: {gitops-clone/ignore: "true"}}
  spec: {containers: [{image: b:1}]}
- apiVersion: v1
  kind: Pod
  metadata: {namespace: kube-system}
  spec: {containers: [{image: c:1}]}
"""
    assert reasons(text) == [
        ("a:1", "upstream", None),
        ("b:1", "ignored", "annotation gitops-clone/ignore"),
        ("c:1", "ignored", "namespace kube-system"),
    ]


def test_tekton_parameters_that_an_image_uses() -> None:
    text = """
apiVersion: tekton.dev/v1
kind: Task
spec:
  params:
  - {name: BUILDER, default: "ghcr.io/acme/builder:1"}
  - {name: TARGET, default: "ghcr.io/acme/app:1"}
  steps:
  - image: $(params.BUILDER)
  - image: busybox:1
    args: [$(params.TARGET)]
"""
    assert reasons(text) == [
        ("ghcr.io/acme/builder:1", "upstream", None),
        ("ghcr.io/acme/app:1", "ignored", "a push target"),
        ("$(params.BUILDER)", "unresolved", "has a variable: $(…)"),
        ("busybox:1", "upstream", None),
    ]


def test_argo_parameters_that_an_image_uses() -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec:
  arguments:
    parameters:
    - {name: tool, value: "ghcr.io/acme/tool:1"}
    - {name: message, value: "nginx:1"}
  templates:
  - inputs:
      parameters: [{name: base, default: "alpine:3"}]
    container: {image: "{{inputs.parameters.base}}", args: ["{{workflow.parameters.message}}"]}
  - container: {image: "{{ workflow.parameters.tool }}"}
"""
    assert images(text) == {
        "/spec/arguments/parameters/0/value": "ghcr.io/acme/tool:1",
        "/spec/templates/0/inputs/parameters/0/default": "alpine:3",
    }


def test_a_row_with_a_condition() -> None:
    text = """
apiVersion: image.openshift.io/v1
kind: ImageStream
spec:
  tags:
  - {name: a, from: {kind: DockerImage, name: "ghcr.io/acme/base:1"}}
  - {name: b, from: {kind: ImageStreamTag, name: "other:1"}}
"""
    assert images(text) == {"/spec/tags/0/from/name": "ghcr.io/acme/base:1"}


def test_a_map_of_images_by_any_key() -> None:
    text = """
apiVersion: operator.knative.dev/v1beta1
kind: KnativeServing
spec:
  registry:
    override:
      activator: ghcr.io/acme/activator:1
      webhook/webhook: ghcr.io/acme/webhook:1
"""
    assert images(text) == {
        "/spec/registry/override/activator": "ghcr.io/acme/activator:1",
        "/spec/registry/override/webhook~1webhook": "ghcr.io/acme/webhook:1",
    }


def test_openshift_sets_the_images_that_its_triggers_name() -> None:
    text = r"""
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    image.openshift.io/triggers: >-
      [{"from":{"kind":"ImageStreamTag","name":"app:latest"},
        "fieldPath":"spec.template.spec.containers[?(@.name==\"app\")].image"},
       {"from":{"kind":"ImageStreamTag","name":"init:latest"},"fieldPath":"spec.template.spec.initContainers[1].image"}]
spec:
  template:
    spec:
      initContainers: [{name: x, image: "first:1"}, {name: y, image: "init:latest"}]
      containers: [{name: app, image: "app:latest"}, {name: proxy, image: "nginx:1"}]
"""
    why = "an OpenShift ImageStream sets this image"
    assert reasons(text) == [
        ("first:1", "upstream", None),
        ("init:latest", "ignored", why),
        ("app:latest", "ignored", why),
        ("nginx:1", "upstream", None),
    ]


def test_openshift_sets_the_images_of_a_deployment_config() -> None:
    text = """
apiVersion: apps.openshift.io/v1
kind: DeploymentConfig
spec:
  triggers:
  - type: ConfigChange
  - imageChangeParams: {containerNames: [app], from: {kind: ImageStreamTag, name: "app:latest"}}
  template:
    spec:
      containers: [{name: app, image: " "}, {name: proxy, image: "nginx:1"}]
"""
    assert reasons(text) == [
        (" ", "ignored", "an OpenShift ImageStream sets this image"),
        ("nginx:1", "upstream", None),
    ]


@pytest.mark.parametrize("row", [row for row in ROWS if row.form not in (*LEFT_ALONE, *ELSEWHERE)])
def test_each_place_says_by_which_rule_it_is_one(row: Row) -> None:
    rules = [found.place.rule for found in findings(json.dumps(document_for(row)))]
    if row.form in (Form.PODSPEC, Form.OBJECT, Form.PATCH):
        assert {rule.kind for rule in rules if rule} == {RuleKind.GENERAL}
    else:
        texts = [rule.row for rule in rules if rule and rule.kind is RuleKind.ROW]
        assert any(text.endswith(f" {format_path(row.path)}") for text in texts)


def test_rules_of_patches_and_templates() -> None:
    patch = "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'nginx:1'}\n"
    assert [found.place.rule for found in findings(patch)] == [Rule(RuleKind.PATCH)]
    template = "kind: Pod\nspec:\n  {{- if .a }}\n  containers:\n  - image: nginx:1\n  {{- end }}\n"
    assert [found.place.rule for found in findings(template)] == [Rule(RuleKind.TEMPLATE)]
