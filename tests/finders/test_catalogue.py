"""The catalogue: its data keep their schema, its paths can be read, its pattern overlooks no row."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from jsonschema import Draft202012Validator

from gitops_clone.finders.candidates import candidate_pattern
from gitops_clone.finders.catalogue import SHIPPED, Catalogue, Form, Part, Role, Row, parse_part, parse_row
from gitops_clone.finders.path import Key, format_path, parse_path
from gitops_clone.image import parse
from tests.finders.objects import CATALOGUE, LEFT_ALONE, all_rows, document_for

RAW = json.loads(CATALOGUE.read_bytes())
ROWS = all_rows()
FOUND = [row for row in ROWS if row.form not in LEFT_ALONE]


def _id(row: Row) -> str:
    return f"{row.group}/{row.kind}/{format_path(row.path)}"


def _place(raw: dict[str, str]) -> tuple[str, str, str, str]:
    return raw["group"], raw["kind"], raw.get("name", ""), raw["path"]


def test_data_keep_their_schema() -> None:
    schema = json.loads(CATALOGUE.with_name("catalogue.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(RAW)] == []
    assert set(schema["$defs"]["row"]["properties"]["form"]["enum"]) == set(Form)
    assert all("description" in field for field in schema["$defs"]["row"]["properties"].values())


def test_each_place_stands_once_in_order_on_a_line_of_its_own() -> None:
    places = [_place(raw) for raw in RAW]
    assert places == sorted(set(places))
    lines = CATALOGUE.read_text().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == RAW


def test_rows_are_what_the_data_say() -> None:
    assert [(row.group, row.kind, row.name or "", format_path(row.path), row.form, row.note) for row in ROWS] == [
        (*_place(raw), raw["form"], raw.get("note")) for raw in RAW
    ]


def test_examples_are_references() -> None:
    for row in ROWS:
        if row.form is not Form.PREFIX:
            parse(row.example or "")


def test_rows_of_a_kind_are_those_of_its_group() -> None:
    assert [format_path(row.path) for row in SHIPPED.rows_for("core.oam.dev", "Application")] == [
        "spec.components[].properties.image",
        "spec.components[].traits[].properties.image",
    ]
    assert SHIPPED.rows_for("argoproj.io", "Application") == ()
    assert SHIPPED.rows_for("apps", "Deployment") == SHIPPED.rows_for("apps", "Deployment")
    assert SHIPPED.rows_for("apps", "NoSuchKind") == ()


def test_parts_of_a_split_reference() -> None:
    row = parse_row(
        {"group": "a", "kind": "B", "path": "spec.image", "form": "split", "parts": {"tag": ["version", ".spec.tag"]}}
    )
    assert row.parts == {Role.TAG: (Part((Key("version"),)), Part((Key("spec"), Key("tag")), from_top=True))}


@pytest.mark.parametrize("text", ["", ".", "a[]", "a.<key>", "..a"])
def test_what_is_no_place_of_a_part(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|key"):
        parse_part(text)


def test_a_users_row_stands_for_the_shipped_one_at_its_place() -> None:
    new = parse_row({"group": "kbld.k14s.io", "kind": "Config", "path": "a.image", "form": "reference"})
    ours = replace(new, path=parse_path("destinations[].newImage"))
    mention, shipped = sorted(SHIPPED.rows_for("kbld.k14s.io", "Config"), key=lambda row: row.form)
    assert shipped.form is Form.NOT_IMAGE
    assert Catalogue((new,)).rows_for("kbld.k14s.io", "Config") == (*SHIPPED.rows_for("kbld.k14s.io", "Config"), new)
    assert Catalogue((ours,)).rows_for("kbld.k14s.io", "Config") == (mention, ours)
    assert Catalogue((ours,)).rows_for("apps", "Config") == ()


def test_conditions_of_a_row() -> None:
    assert {row.when["kind"] for row in SHIPPED.rows_for("image.openshift.io", "ImageStream") if row.when} == {
        "DockerImage"
    }


@pytest.mark.parametrize("row", FOUND, ids=_id)
def test_pattern_sees_each_row(row: Row) -> None:
    document = document_for(row)
    search = candidate_pattern().search
    assert search(json.dumps(document).encode())
    assert search(json.dumps(document, separators=(",", ":")).encode())
    assert search(json.dumps(document, indent=2).encode())
    assert search(yaml.safe_dump(document).encode())
    assert search(yaml.safe_dump(document, sort_keys=False, default_flow_style=True, default_style='"').encode())


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        ("Widget", "spec.engine", "kind: Widget"),
        ("container", "env[name=ENGINE_*].value", "env: [{name: ENGINE_ONE, value: a}]"),
        ("container", "args(flags).--engine", "args: [--engine=a]"),
        ("container", "args(flags).--engine", 'args:\n- "-engine"\n- a'),
        ("container", "engine", "containers: [{engine: a}]"),
        ("metadata", 'annotations["acme.io/engine"]', "annotations: {acme.io/engine: a}"),
        ("metadata", "annotations.engine(yaml)[].x", "annotations: {engine: '[{x: a}]'}"),
    ],
)
def test_pattern_sees_a_users_row(kind: str, path: str, text: str) -> None:
    row = parse_row({"group": "*", "kind": kind, "path": path, "form": "reference"})
    assert candidate_pattern().search(text.encode()) is None
    assert candidate_pattern(Catalogue((row,))).search(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "image: nginx",
        "'image': nginx",
        '{"image":"nginx"}',
        '"image" :\n  "nginx"',
        "? image\n: nginx",
        "(image): nginx",
        "image: &anchor nginx",
        "image: *anchor",
        "image: >-\n  nginx",
        "image:\n  nginx:1.27",
        "image:\r\n\r\n  nginx",
        "image: # why\n  nginx",
        "images:\n- nginx",
        "images: [nginx]",
        "volumes: [{image: {reference: nginx}}]",
        "image:\n  pullPolicy: Always\n  reference: nginx",
        "image:\n  <<: *image",
        "kind: Grafana",
        'kind: "Grafana"',
        '"kind":"Grafana"',
        "kind: !!str Grafana",
        "kind: GrafanaList",
    ],
)
def test_pattern_sees_an_image_however_it_is_written(text: str) -> None:
    assert candidate_pattern().search(f"a: b\n{text}\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service",
        "kind: GrafanaFolder",
        "image: {}",
        "image:",
        "image:\n  description: the image\n  type: string",
        "images:\n- name: nginx\n  newTag: '1.27'",
        "imagePullPolicy: Always",
        "imagePullSecrets: [{name: registry}]",
        "# about images",
    ],
)
def test_pattern_passes_over_what_holds_no_image(text: str) -> None:
    assert candidate_pattern().search(f"a: b\n{text}\n".encode()) is None


@pytest.mark.parametrize(
    "piece", [b"image", b"image.", b'image"', b"image:\n", b"image ", b"kind: ", b"kind: !", b"kind:&a &b ", b" " * 100]
)
def test_pattern_is_linear_in_hostile_bytes(piece: bytes) -> None:
    # Quadratic search would take minutes here.
    assert candidate_pattern().search(piece * (1_000_000 // len(piece))) is None
