"""The rows of what operators pull: each tells its object, and none where the object names the image itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitops_clone.gaps import operators as module
from gitops_clone.gaps.model import Gap
from gitops_clone.gaps.operators import Row, find, rows

DATA = Path(module.__file__).with_name("operators.json")
ROWS = [row for group in rows().values() for row in group]


def _object(row: Row, *paths: str) -> dict[str, Any]:
    made: dict[str, Any] = {"apiVersion": f"{row['group']}/v1", "kind": row["kind"], "metadata": {"name": "x"}}
    for path in paths:
        _put(made, path.split("."))
    return made


def _put(made: dict[str, Any], steps: list[str]) -> None:
    key, listed = steps[0].removesuffix("[]"), steps[0].endswith("[]")
    if len(steps) == 1:
        made.setdefault(key, ["v1"] if listed else "v1")
    elif listed:
        items = made.setdefault(key, [{}])
        _put(items[0], steps[1:])
    else:
        _put(made.setdefault(key, {}), steps[1:])


def _gaps(made: dict[str, Any], row: Row, known: frozenset[str] = frozenset()) -> list[Gap]:
    found = find("a.yaml", json.dumps(made).encode(), known)
    return [gap for gap in found if gap.remedy == row["visible"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['group']}/{row['kind']}")
def test_each_row(row: Row) -> None:
    wanted = [row["when"]] if "when" in row else []
    (gap,) = _gaps(_object(row, *wanted), row)
    assert gap.owner == f"{row['kind']} x"
    assert gap.pulls
    assert "{" not in gap.pulls
    if wanted:
        assert _gaps(_object(row), row) == []
    for path in row.get("unless", ()):
        assert _gaps(_object(row, path, *wanted), row) == []


def test_the_values_of_the_object_complete_the_name() -> None:
    text = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: a}\nspec: {%s}\n"

    def pulled(spec: str, *known: str) -> list[str | None]:
        return [gap.pulls for gap in find("a.yaml", (text % spec).encode(), known)]

    image = "quay.io/prometheus/prometheus"
    assert pulled("version: v2.54.1") == [f"{image}:v2.54.1"]
    assert pulled("") == [image]
    assert pulled(f"image: {image}:v2") == []
    assert pulled("image: ~") == [image]
    assert pulled("version: v2.54.1", f"{image}:v2.54.1", image) == []
    assert pulled("version: v2.54.1", f"{image}:v2.50.0", image) == [f"{image}:v2.54.1"]
    assert pulled("", image) == []
    assert pulled("version: v2.54.1, thanos: {version: v0.36.0}") == [
        f"{image}:v2.54.1",
        "quay.io/thanos/thanos:v0.36.0",
    ]


def test_the_data_keep_their_schema_and_their_order() -> None:
    schema = json.loads(DATA.with_name("operators.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(DATA.read_bytes()))] == []
    assert sorted(ROWS, key=lambda row: (row["group"], row["kind"])) == ROWS


@pytest.mark.parametrize("text", ["", "apiVersion: rabbitmq.com/v1beta1\nkind: [", "\xff apiVersion: rabbitmq.com/v1"])
def test_what_is_no_object_has_none(text: str) -> None:
    assert list(find("a.yaml", text.encode("latin-1"), ())) == []
