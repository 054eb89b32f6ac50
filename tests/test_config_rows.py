"""Rows of the catalogue in `.gitops-clone.toml`: what they find, and the line that a mistake in them gets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone.config import CONFIG_NAME, load
from gitops_clone.errors import UsageError
from gitops_clone.finders.catalogue import Catalogue, Form, Role, Row
from gitops_clone.finders.path import format_path
from tests.looking import RULES, reasons

HEAD = 'jobs = 2\n\n[[catalogue]]\nkind = "Widget"\npath = "spec.engine"\nform = "reference"\n'


def rows(root: Path, text: str) -> tuple[Row, ...]:
    (root / CONFIG_NAME).write_text(text, encoding="utf-8")
    return load(root, {}, {}).catalogue


def mistake(root: Path, text: str, environ: dict[str, str] | None = None) -> str:
    (root / CONFIG_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load(root, environ or {}, {})
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


def test_rows_of_each_shape(tmp_path: Path) -> None:
    text = (
        HEAD
        + """
[[catalogue]]
group = "acme.io"
kind = "Database"
path = "spec.server.repository"
form = "split"
parts = {registry = ".spec.registry", tag = ["version", ".spec.version"]}
when = {mode = "x*"}
name = "prod-*"

[[catalogue]]
kind = "Disk"
path = "spec.source"
form = "url"
schemes = ["docker://", ""]
example = "nginx:1"
note = "a disk"
"""
    )
    widget, database, disk = rows(tmp_path, text)
    assert (widget.group, widget.kind, format_path(widget.path), widget.form) == (
        "*",
        "Widget",
        "spec.engine",
        Form.REFERENCE,
    )
    assert (database.group, database.name, database.when) == ("acme.io", "prod-*", {"mode": "x*"})
    assert [part.from_top for part in database.parts[Role.TAG]] == [False, True]
    assert (disk.schemes, disk.example, disk.note) == (("docker://", ""), "nginx:1", "a disk")


def test_a_row_finds_what_only_it_knows(tmp_path: Path) -> None:
    rules = replace(RULES, catalogue=Catalogue(rows(tmp_path, HEAD)))
    text = "apiVersion: acme.io/v1\nkind: Widget\nspec: {engine: 'nginx:1', other: 'nginx:2'}\n"
    assert reasons(text) == []
    assert reasons(text, rules) == [("nginx:1", "upstream", None)]


def test_a_row_that_leaves_alone(tmp_path: Path) -> None:
    text = '[[catalogue]]\nkind = "Pod"\npath = "spec.containers"\nform = "not-image"\nnote = "ours"\n'
    rules = replace(RULES, catalogue=Catalogue(rows(tmp_path, text)))
    assert reasons("kind: Pod\nspec: {containers: [{image: nginx}]}\n", rules) == [("nginx", "ignored", "ours")]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("path =", "paht ="), 5, "catalogue: paht: unknown key; did you mean 'path'?"),
        (('"reference"', '"refrence"'), 6, "did you mean 'reference'?"),
        (('"spec.engine"', '"spec..engine"'), 5, "character 5: expected .key"),
        (('"spec.engine"', "5"), 5, "path: must be a text"),
        (('"Widget"', '"a widget"'), 4, "kind: must be a kind"),
        (('form = "reference"\n', ""), 3, "form is missing"),
        (('"reference"', '"split"'), 6, "parts is missing"),
        (('"reference"', '"reference"\nparts = {tag = "a"}'), 6, "parts is for the form split only"),
        (
            ('"reference"', '"split"\nparts = {version = "a"}'),
            7,
            "parts: unknown word; known are digest, registry, sha, tag",
        ),
        (('"reference"', '"split"\nparts = {tag = "a[]"}'), 7, "has keys only"),
        (('"reference"', '"reference"\nschemes = ["a"]'), 6, "schemes is for the form url only"),
        (('"reference"', '"url"\nschemes = "a"'), 7, "schemes: must be a list of texts"),
        (('"reference"', '"reference"\nwhen = "a"'), 7, "when: must be a table"),
        (('"reference"', '"reference"\ngroup = "acme.io/v1"'), 7, "group: must be an API group without version"),
    ],
)
def test_mistakes(tmp_path: Path, change: tuple[str, str], line: int, words: str) -> None:
    message = mistake(tmp_path, HEAD.replace(*change))
    assert message.startswith(f"{CONFIG_NAME}:{line}: catalogue: ")
    assert words in message


def test_a_mistake_in_a_later_row(tmp_path: Path) -> None:
    second = '\n# another\n[[ catalogue ]] # here\nkind = "Gadget"\npath = "spec.engine"\nform = "refernce"\n'
    assert mistake(tmp_path, HEAD + second).startswith(f"{CONFIG_NAME}:12: catalogue: form: ")


def test_one_place_twice(tmp_path: Path) -> None:
    message = mistake(tmp_path, HEAD + HEAD.partition("\n\n")[2])
    assert message == f"{CONFIG_NAME}:9: catalogue: path: the same place as in a row before"


@pytest.mark.parametrize("text", ["catalogue = 5\n", "catalogue = ['a']\n", "[catalogue]\nkind = 'a'\n"])
def test_what_is_no_row(tmp_path: Path, text: str) -> None:
    assert "[[catalogue]]" in mistake(tmp_path, text)


def test_rows_come_from_the_file_only(tmp_path: Path) -> None:
    assert "unknown variable" in mistake(tmp_path, "", {"GITOPS_CLONE_CATALOGUE": "a"})
