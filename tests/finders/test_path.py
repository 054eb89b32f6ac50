"""The path language of the catalogue."""

from __future__ import annotations

import pytest

from gitops_clone.finders.path import AnyKey, Each, Inside, Key, Named, Reading, format_path, parse_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("spec", (Key("spec"),)),
        ("spec.initImage", (Key("spec"), Key("initImage"))),
        ("items[].image", (Key("items"), Each(), Key("image"))),
        ("steps[][].image", (Key("steps"), Each(), Each(), Key("image"))),
        ("params[name=bundle].value", (Key("params"), Named("bundle"), Key("value"))),
        ("env[name=RELATED_IMAGE_*].value", (Key("env"), Named("RELATED_IMAGE_*"), Key("value"))),
        ("nodes.<key>.image", (Key("nodes"), AnyKey(), Key("image"))),
        ('conf["a.b/c"][]', (Key("conf"), Key("a.b/c"), Each())),
        ('["a.b/c"]', (Key("a.b/c"),)),
        ("snake_case.with-dash", (Key("snake_case"), Key("with-dash"))),
        ("data.agent(json).image", (Key("data"), Key("agent"), Inside(Reading.JSON), Key("image"))),
        ("a(yaml)[].b(list)[]", (Key("a"), Inside(Reading.YAML), Each(), Key("b"), Inside(Reading.LIST), Each())),
        ("args(flags).--image", (Key("args"), Inside(Reading.FLAGS), Key("--image"))),
    ],
)
def test_path(text: str, steps: tuple[object, ...]) -> None:
    assert parse_path(text) == steps
    assert format_path(parse_path(text)) == text


@pytest.mark.parametrize(
    ("text", "character"),
    [
        (".a", 1),
        ("a..b", 2),
        ("a.", 2),
        ("a[", 2),
        ("a[0]", 2),
        ("a[name=]", 2),
        ('a[""]', 2),
        ("a b", 2),
        ("a.<x>", 2),
        ("a(xml)", 2),
        ("a()", 2),
    ],
)
def test_what_is_no_path(text: str, character: int) -> None:
    with pytest.raises(ValueError, match=f"character {character}: expected"):
        parse_path(text)


def test_an_empty_path() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        parse_path("")
