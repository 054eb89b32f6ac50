"""What only looks like an image in a Kubernetes object, or like such an object."""

from __future__ import annotations

import pytest

from tests.looking import findings, images, look, reasons


def test_status_and_recorded_configuration_are_no_places() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind": "Pod", "spec": {"containers": [{"image": "nginx:0"}]}}
spec:
  containers: [{image: nginx:1}]
status:
  containers: [{image: nginx:2}]
  containerStatuses: [{image: nginx:3, imageID: docker-pullable://nginx@sha256:0}]
"""
    assert images(text) == {"/spec/containers/0/image": "nginx:1"}


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {containers: [{image: a}]}\n",
        '{"kind": "CustomResourceDefinition", "spec": {"containers": [{"image": "a"}]}}',
        "%YAML 1.2\n---\nkind: CustomResourceDefinition\nspec: {containers: [{image: a}]}\n",
    ],
)
def test_custom_resource_definitions_are_left_alone(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize("between", ["---\n", "...\n", "...\n---\n", "---\n# nothing\n---\n"])
def test_an_object_beside_a_definition(between: str) -> None:
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {containers: [{image: a}]}\n"
    )
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx:1}]}\n"
    assert images(definition + between + pod) == {"/spec/containers/0/image": "nginx:1"}
    assert images(pod + between + definition) == {"/spec/containers/0/image": "nginx:1"}


@pytest.mark.parametrize(
    ("value", "state", "reason"),
    [
        ("auto", "ignored", "Istio's injector replaces the image `auto`"),
        ("ko://example.com/cmd/app", "unresolved", "a Go import path that ko replaces"),
        ("' '", "unresolved", "empty"),
        ("''", "unresolved", "empty"),
        ("2004", "unresolved", "not a string"),
        ("true", "unresolved", "not a string"),
        ("nginx 1", "unresolved", "not an image reference"),
        ("nginx\n      1", "unresolved", "white space inside the value"),
        ("image-registry.openshift-image-registry.svc:5000/a/b:1", "ignored", "its registry is inside the cluster"),
        ("registry.tools.svc.cluster.local/a/b:1", "ignored", "its registry is inside the cluster"),
        ('#@ data.values.image + ":1"', "unresolved", "ytt expression"),
    ],
)
def test_what_only_looks_like_an_image(value: str, state: str, reason: str) -> None:
    text = f"kind: Pod\nspec:\n  containers:\n  - image: {value}\n    name: app\n"
    assert [(found, why) for _, found, why in reasons(text)] == [(state, reason)]


@pytest.mark.parametrize("value", ["", "~", "null", "{}", "{repository: a, tag: b}", "[a]", "# none"])
def test_what_is_no_text_is_no_image(value: str) -> None:
    assert findings(f"kind: Pod\nspec:\n  containers:\n  - image: {value}\n    name: app\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "spec: {containers: [{image: nginx}]}\n",
        "kind: {a: b}\nspec: {containers: [{image: nginx}]}\n",
        "kind: not a kind\nspec: {containers: [{image: nginx}]}\n",
        "- {kind: Pod, spec: {containers: [{image: nginx}]}}\n",
        "kind: Pod\nspec: {containers: {image: nginx}, image: nginx, values: {image: nginx}}\n",
        "kind: ConfigMap\ndata:\n  image: nginx\n  a: |\n    kind: Pod\n    spec: {image: nginx}\n",
    ],
)
def test_what_is_no_object_with_containers(text: str) -> None:
    assert findings(text) == []


def test_keys_that_stand_twice() -> None:
    text = """
kind: Pod
spec:
  containers:
  - image: nginx:1
    image: redis:1
  - image: sh:1
spec:
  containers:
  - image: busybox:1
"""
    twice = 'key "{}" stands twice in its mapping: tools disagree on which counts'
    assert reasons(text) == [
        ("redis:1", "unresolved", twice.format("image")),
        ("sh:1", "unresolved", twice.format("spec")),
        ("busybox:1", "unresolved", twice.format("spec")),
    ]


def test_two_objects_without_a_line_between_them() -> None:
    scan = look("kind: Pod\nspec: {containers: [{image: nginx}]}\n\nkind: ConfigMap\ndata: {}\n")
    assert scan.findings == ()
    (skipped,) = scan.skipped
    assert (skipped.line, skipped.fatal) == (4, True)
    assert "put a line `---` between them" in skipped.reason


@pytest.mark.parametrize("second", ["", "{}", "[a]", '"no kind"'])
def test_two_kinds_of_which_one_is_none(second: str) -> None:
    (skipped,) = look(f"kind: Pod\nspec: {{containers: [{{image: nginx}}]}}\nkind: {second}\n").skipped
    assert (skipped.line, skipped.fatal) == (3, True)
