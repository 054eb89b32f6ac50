"""A document as an application sees it: what aliases and merge keys bring."""

from __future__ import annotations

import pytest

from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import parse
from gitops_clone.finders.view import View, has_alias


def _values(text: str) -> dict[str, str]:
    (root,) = parse(text)
    assert root is not None
    view = View(root)
    return {
        ".".join(map(str, visit.path)): visit.node.value
        for visit in view.walk(view.root)
        if isinstance(visit.node, Scalar)
    }


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: {b: 1, c: [2, 3]}", {"a.b": "1", "a.c.0": "2", "a.c.1": "3"}),
        ("a: &x {b: 1}\nc: *x", {"a.b": "1", "c.b": "1"}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a.b": "1", "c.b": "1", "c.d": "2"}),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2}", {"a.b": "1", "c.b": "2"}),
        ("c: {<<: [{a: 1, b: 1}, {b: 2, d: 2}]}", {"c.a": "1", "c.b": "1", "c.d": "2"}),
        ("c: {<<: {a: 1}, <<: {a: 2, b: 2}}", {"c.a": "1", "c.b": "2"}),
        ("c: {<<: {<<: {a: 1}, b: 2}}", {"c.b": "2", "c.a": "1"}),
        ("c: {'<<': {a: 1}}", {"c.<<.a": "1"}),
        ("c: {<<: text, a: 1}", {"c.a": "1"}),
        ("{[a, b]: 1, c: 2}", {"c": "2"}),
    ],
)
def test_values(text: str, values: dict[str, str]) -> None:
    assert _values(text) == values


@pytest.mark.parametrize(("text", "expected"), [("a: &x [1]\nb: {c: [*x]}", True), ("a: &x [1]\nb: '*x'", False)])
def test_whether_there_are_aliases(text: str, expected: bool) -> None:
    (root,) = parse(text)
    assert root is not None
    assert has_alias(root) is expected


def test_what_is_skipped_is_skipped_with_all_below() -> None:
    (root,) = parse("{status: {a: {b: 1}}, spec: {status: 2}}")
    assert root is not None
    view = View(root)
    paths = [visit.path for visit in view.walk(view.root, frozenset({("status",)}))]
    assert paths == [(), ("spec",), ("spec", "status")]


def test_a_key_that_stands_twice_marks_what_is_below() -> None:
    (root,) = parse("{a: {b: 1}, a: {c: 2}, d: 3}")
    assert root is not None
    view = View(root)
    marks = {visit.path: visit.duplicate for visit in view.walk(view.root)}
    assert marks == {(): None, ("a",): "a", ("a", "b"): "a", ("a", "c"): "a", ("d",): None}
    assert view.text(view.root, "a", "c") == "2"
    assert view.text(view.root, "a", "b") is None
