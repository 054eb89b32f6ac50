"""In which object a value stands, and which rows of the catalogue lead to it."""

from __future__ import annotations

import pytest

from gitops_clone.documents.parse import parse
from gitops_clone.documents.standing import scalars
from gitops_clone.finders.catalogue import SHIPPED
from gitops_clone.finders.path import format_path
from gitops_clone.finders.whereabouts import Whereabouts, locate, rows_along


def _place(text: str, value: str) -> Whereabouts:
    (root,) = parse(text)
    assert root is not None
    (path,) = [each.path for each in scalars(root) if each.scalar.value == value and not each.is_key]
    return locate(root, path)


def test_the_innermost_object_counts() -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {x: here}}"
    place = _place(f"{{apiVersion: v1, kind: List, items: [{pod}]}}", "here")
    assert (place.group, place.owner, place.path) == ("", "Pod a", ("spec", "x"))
    place = _place("{apiVersion: acme.io/v1, kind: Shop, spec: {ref: {kind: Other, name: here}}}", "here")
    assert (place.group, place.owner, place.path) == ("acme.io", "Shop", ("spec", "ref", "name"))
    assert _place("{a: [{b: here}]}", "here").owner == ""


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{image: here}]}}", "spec.steps[].image"),
        ("{apiVersion: argoproj.io/v1alpha1, kind: AppProject, spec: {sourceRepos: [here]}}", "spec.sourceRepos"),
        ("{kind: Pod, metadata: {annotations: {helm.sh/images: here}}}", 'annotations["helm.sh/images"]'),
        (
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: workflow-controller-configmap}, data: {images: here}}",
            "data.images",
        ),
    ],
)
def test_rows_that_reach_a_place_come_first(text: str, row: str) -> None:
    along = rows_along(_place(text, "here"), SHIPPED)
    assert along[0].reaches
    assert format_path(along[0].row.path) == row


def test_rows_that_lead_near_a_place() -> None:
    along = rows_along(
        _place("{apiVersion: tekton.dev/v1, kind: Task, spec: {steps: [{imgae: here}]}}", "here"), SHIPPED
    )
    assert not along[0].reaches
    assert format_path(along[0].row.path).startswith("spec.steps[]")
    named = "{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {images: here}}"
    assert not any(each.reaches for each in rows_along(_place(named, "here"), SHIPPED))
