"""Edits at places of a file: they change what was asked, nothing else, and can be taken back byte by byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.documents.amend import Amendment, Insert, Replace, amend, undo
from gitops_clone.documents.planned import TextChange, Unfit

RELEASE = """\
# two documents
kind: ConfigMap
data:
  values.yaml: |  # of the chart
    image:
      repository: nginx   # ours
      tag: "1.23"

    sidecar: {image: busybox, tag: 1.36}
    list:
      - one
---
kind: HelmRelease
spec:
  values:
    image:
      repository: 'nginx'
      tag: 1.23 # bump me
      digest: sha256:abc
  chart:
    images:
      - name: nginx
        newTag: "2"
"""


def _after(text: str, *amendments: Amendment) -> str:
    done = amend(text.encode(), amendments)
    changes = [plan.change for plan, _ in done.done]
    assert undo(done.after, changes).after.decode() == text, "not undone"
    assert undo(text.encode(), changes).after.decode() == text, "undone where it does not stand"
    return done.after.decode()


def test_values_are_replaced_in_their_quotes() -> None:
    after = _after(
        RELEASE,
        Replace("1/spec/values/image/repository", "nginx", "localhost:5001/index_docker_io/library/nginx"),
        Replace("1/spec/values/image/tag", "1.23", "sha256_abc"),
        Replace("1/spec/values/image/digest", "sha256:abc", ""),
    )
    expected = RELEASE.replace("'nginx'", "'localhost:5001/index_docker_io/library/nginx'")
    assert after == expected.replace("1.23 # bump", "sha256_abc # bump").replace("sha256:abc", '""')


def test_yaml_in_a_block_is_edited_in_place() -> None:
    after = _after(
        RELEASE,
        Replace("0/data/values.yaml#0/image/repository", "nginx", "other"),
        Replace("0/data/values.yaml#0/sidecar/image", "busybox", "else"),
        Insert("0/data/values.yaml#0/image/digest", "sha256:def"),
        Insert("0/data/values.yaml#0/sidecar/pull", True),
        Insert("0/data/values.yaml#0/list/1", "two"),
        Insert("0/data/values.yaml#0/global", {"security": {"allowInsecureImages": True}}),
    )
    expected = RELEASE.replace("nginx   # ours", "other   # ours").replace(
        "busybox, tag: 1.36", "else, tag: 1.36, pull: true"
    )
    expected = expected.replace('tag: "1.23"\n', 'tag: "1.23"\n      digest: sha256:def\n')
    more = "      - one\n      - two\n    global:\n      security:\n        allowInsecureImages: true\n"
    assert after == expected.replace("      - one\n", more)


def test_keys_and_items_are_added_in_the_style_around_them() -> None:
    after = _after(
        RELEASE,
        Insert("1/spec/chart/images/1", {"name": "redis", "newName": "x/redis"}),
        Insert("1/spec/chart/images/2", {"name": "busybox", "newName": "x/busybox"}),
        Insert("1/spec/postRenderers", [{"kustomize": {"images": [{"name": "a", "newTag": "1"}]}}]),
    )
    assert after == RELEASE.removesuffix("\n") + (
        "\n      - name: redis\n        newName: x/redis\n      - name: busybox\n        newName: x/busybox"
        '\n  postRenderers:\n    - kustomize:\n        images:\n          - name: a\n            newTag: "1"\n'
    )


@pytest.mark.parametrize(
    ("text", "place", "value", "expected"),
    [
        ('{"a": {"b": "c"}}', "0/a/d", "e", '{"a": {"b": "c", "d": "e"}}'),
        ('{"a": ["b"]}', "0/a/1", {"c": "d"}, '{"a": ["b", {"c": "d"}]}'),
        ("a: [{b: [c, d] }, # why\n]\n", "0/a/1", {"b": "d"}, "a: [{b: [c, d] }, {b: d}, # why\n]\n"),
        ("{a: {b: c}}\n", "0/d", "e", "{a: {b: c}, d: e}\n"),
        ("a: [b=c]\n", "0/a/1", "d=e:1", "a: [b=c, d=e:1]\n"),
        ("a:\n- {b: c} # why\n", "0/a/1", {"b": "d"}, "a:\n- {b: c} # why\n- b: d\n"),
        ("a:\r\n  b: c\r\n", "0/a/d", "e", "a:\r\n  b: c\r\n  d: e\r\n"),
        ("a:\n  b: |\n    c\n\n", "0/a/d", "e", "a:\n  b: |\n    c\n  d: e\n\n"),
        ("- a: b", "0/0/c", "d", "- a: b\n  c: d"),
        ("'a':\n  'b': c", "0/a/d", "e", "'a':\n  'b': c\n  'd': 'e'"),
    ],
)  # fmt: skip
def test_styles_of_what_is_added(text: str, place: str, value: Any, expected: str) -> None:
    assert _after(text, Insert(place, value)) == expected


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("a:\n  tag:\n  b: 1\n", "0/a/tag", "a:\n  tag: v1\n  b: 1\n"),
        ("tag:   # the tag\n", "0/tag", "tag: v1   # the tag\n"),
        ("tag:\n\n# behind\nb: 1\n", "0/tag", "tag: v1\n\n# behind\nb: 1\n"),
        ('"tag" :\r\nb: 1\r\n', "0/tag", '"tag" : v1\r\nb: 1\r\n'),
        ("a: {tag: , b: 1}\n", "0/a/tag", "a: {tag: v1 , b: 1}\n"),
        ("a: {b: 1, tag: }\n", "0/a/tag", "a: {b: 1, tag: v1 }\n"),
        ("- tag:\n- tag:", "0/1/tag", "- tag:\n- tag: v1"),
        ("v: |\n  tag:\n  b: 1\n", "0/v#0/tag", "v: |\n  tag: v1\n  b: 1\n"),
    ],
)
def test_keys_without_a_value_get_one(text: str, place: str, expected: str) -> None:
    assert _after(text, Replace(place, "", "v1")) == expected


@pytest.mark.parametrize("written", ["null", "~", '""', "''"])
def test_empty_values_are_replaced(written: str) -> None:
    old = written.strip("\"'")
    quote = written[0] if written[0] in "\"'" else ""
    assert _after(f"tag: {written} # x\n", Replace("0/tag", old, "v1")) == f"tag: {quote}v1{quote} # x\n"


def test_a_value_that_could_be_a_number_is_filled_in_with_quotes() -> None:
    assert _after("tag:\n", Replace("0/tag", "", "1.25")) == 'tag: "1.25"\n'


def test_what_is_added_at_the_end_of_several_mappings_stands_in_its_own() -> None:
    text = "a:\n  b:\n    c: d\n"
    assert _after(text, Insert("0/a/e", "f"), Insert("0/a/b/g", "h"), Insert("0/i", "j")) == (
        "a:\n  b:\n    c: d\n    g: h\n  e: f\ni: j\n"
    )


@pytest.mark.parametrize(
    "amendment",
    [
        Replace("0/data/nothing", "a", "b"),
        Replace("0/kind", "Secret", "b"),
        Replace("7/kind", "ConfigMap", "b"),
        Replace("0/data/values.yaml#0/image/tag", "1.24", "b"),
        Replace("0/data#0/image/tag", "1.24", "b"),
        Replace("kind", "ConfigMap", "b"),
        Insert("0/kind/more", "b"),
        Insert("0/data/values.yaml", "b"),
        Insert("1/spec/chart/images/0", "b"),
    ],
)
def test_what_does_not_fit_is_refused(amendment: Amendment) -> None:
    with pytest.raises(Unfit):
        amend(RELEASE.encode(), [amendment])


@pytest.mark.parametrize("text", ["{tag, b: 1}\n", "? tag\n", "tag: &a\n", "tag: !!null\n"])
def test_a_key_without_a_place_for_a_value_is_left(text: str) -> None:
    with pytest.raises(Unfit):
        amend(text.encode(), [Replace("0/tag", "", "v1")])


def test_lines_count_in_the_file() -> None:
    done = amend(RELEASE.encode(), [Replace("1/spec/values/image/tag", "1.23", "2", "nginx"), Insert("0/data/x", "y")])
    assert [(plan.line, plan.change.pointer) for plan, _ in done.done] == [
        (11, "0/data/x"),
        (18, "1/spec/values/image/tag"),
    ]


_KEYS = st.sampled_from(["a", "b-c", "d.e", "f/g", "~h"])
_WORDS = st.sampled_from(["nginx", "1.25", "true", "", "it's", 'a "b"', "x: y", "null", "é", "# no", "a\\b", "0x1"])
_TREES = st.recursive(
    _WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(_KEYS, inner, min_size=1, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _TREES, min_size=1, max_size=4), st.sampled_from(["block", "flow", "json"]), st.data())
def test_generated_documents(tree: dict[str, Any], form: str, data: st.DataObject) -> None:
    text = json.dumps(tree) if form == "json" else yaml.safe_dump(tree, default_flow_style=form == "flow", width=10_000)
    pointer, old = data.draw(st.sampled_from(list(_scalars(tree, ""))))
    new = data.draw(_WORDS)
    after = amend(text.encode(), [Replace(f"0{pointer}", old, new)])
    assert _at(yaml.safe_load(after.after), pointer) == new
    assert undo(after.after, [plan.change for plan, _ in after.done]).after.decode() == text
    added = data.draw(_TREES)
    try:
        after = amend(text.encode(), [Insert("0/new", added)])
    except Unfit:
        assert form != "block"
        return
    assert yaml.safe_load(after.after) == {**tree, "new": added}
    assert undo(after.after, [plan.change for plan, _ in after.done]).after.decode() == text


def _scalars(tree: Any, pointer: str) -> Any:
    if isinstance(tree, str):
        yield pointer, tree
    else:
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from _scalars(value, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def _at(tree: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        tree = tree[int(key)] if isinstance(tree, list) else tree[key]
    return tree


def test_a_change_that_is_no_value_is_refused() -> None:
    with pytest.raises(Unfit):
        undo(b"a: b\n", [TextChange("0/a", "{c: d}", "b")])
