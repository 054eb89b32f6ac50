"""The table of what no rule takes: it keeps its schema, and the catalogue has nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gitops_clone.finders import unhandled as module
from gitops_clone.finders.catalogue import shipped_rows
from gitops_clone.finders.path import Step, parse_path
from gitops_clone.finders.unhandled import Unhandled, unhandled, unhandled_for
from gitops_clone.finding import Certainty, State
from tests.finders.objects import object_with
from tests.looking import findings

# What each could hold: the name of a disk, a label, a path, a host; they parse as references to images.
LOOKALIKES = (
    "debian-cloud/debian-11",
    "eks.amazonaws.com/nodegroup",
    "bucket/image.manifest.xml",
    "docker.io/hostpath",
)
DATA = Path(module.__file__).with_name("unhandled.json")


def test_data_keep_their_schema() -> None:
    schema = json.loads(DATA.with_name("unhandled.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(DATA.read_bytes()))] == []


def test_each_place_stands_once_in_order_on_a_line_of_its_own() -> None:
    places = [(each.group, each.kind, each.path) for each in unhandled()]
    assert places == sorted(set(places))
    lines = DATA.read_text().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == json.loads(DATA.read_bytes())


def test_no_place_is_in_the_catalogue_too() -> None:
    taken = {(raw["group"], raw["kind"], raw["path"]) for raw in shipped_rows()}
    assert [each for each in unhandled() if (each.group, each.kind, each.path) in taken] == []


def test_places_of_a_kind() -> None:
    found = list(unhandled_for("mongodbcommunity.mongodb.com", "MongoDBCommunity"))
    assert [each.path for each in found if each.kind != "*"] == ["spec.version"]
    assert found[0].form == "a version"
    assert all(each.kind == "*" for each in found[1:])
    assert list(unhandled_for("", "NoSuchKind")) == found[1:]


def _objects() -> list[tuple[Unhandled, tuple[Step, ...]]]:
    """The places that a path leads to in an object."""
    found = []
    for each in unhandled():
        if each.group != "*" and each.kind.isalnum():
            try:
                found.append((each, parse_path(each.path)))
            except ValueError:
                continue
    return found


@pytest.mark.parametrize(("place", "path"), _objects(), ids=lambda value: getattr(value, "path", ""))
def test_none_of_them_is_taken(place: Unhandled, path: tuple[Step, ...]) -> None:
    for value in LOOKALIKES:
        text = json.dumps(object_with(place.group, place.kind, path, value))
        taken = [found for found in findings(text) if found.place.certainty is Certainty.CERTAIN]
        assert [found for found in taken if found.state is State.UPSTREAM] == []
