"""Plain values: what a short text says, and what is refused."""

from __future__ import annotations

import pytest

from gitops_clone.documents.plain import NotPlain, NotYaml, plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("'1.0'", "1.0"),
        ("1.0", "1.0"),
        ("true", "true"),
        ("~", None),
        ("'~'", "~"),
        ("a: {b: [c, null], 'd': {}}", {"a": {"b": ["c", None], "d": {}}}),
        ("", None),
        ("a\n---\nb", None),
    ],
)
def test_scalars_are_texts(text: str, value: object) -> None:
    assert plain(text) == value


@pytest.mark.parametrize("text", ["a: [", "a: b: c", '"\\UFFFFFFFF"', "@"])
def test_no_yaml(text: str) -> None:
    with pytest.raises(NotYaml):
        plain(text)


@pytest.mark.parametrize(
    "text",
    ["&a [*a]", "!!int 1", "!python/name:os.system {}", "[" * 100_000, "{a: 1, a: 2}", "{[a]: b}", "? ~\n: a"],
    ids=lambda text: text[:20],
)
def test_more_than_plain_values(text: str) -> None:
    with pytest.raises(NotPlain):
        plain(text)
