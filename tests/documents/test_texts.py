"""Texts of several formats as trees: what is read, where each scalar stands, what is refused; the proof for them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.embedded import embedded
from gitops_clone.documents.inside import prove_inside
from gitops_clone.documents.node import Mapping, Node
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.proof import Unproved
from gitops_clone.documents.texts import MAX_LENGTH, Format, Unreadable, guess, read, scalars
from gitops_clone.finding import Level, Span

TEXTS = {
    Format.YAML: "a: x1\nb: 'x2' # no\nc:\n- \"x3\"\n---\n- x4\n",
    Format.JSON: '{"a": "x1", /* no */ "b": \'x2\', // no\n "c": ["x3", "\\u0078\\/4"],}',
    Format.TOML: "[a]\nb = \"x1\" # 'no'\nc = ['x2', \"\"\"x3\"\"\"]\n'd' = '''x4'''\n[[e]]\nf = 5\n",
    Format.PROPERTIES: "# no=no\na=x1\n export b = x2  \r\nc='x3'\n\nd=x4\n",
    Format.LIST: "x1, x2\tx3,\n x4",
}


def values(roots: Sequence[Node | None]) -> list[str]:
    return [scalar.value for root in roots for scalar in scalars(root)]


@pytest.mark.parametrize("form", TEXTS)
def test_each_character_of_a_value_has_its_place_in_the_text(form: Format) -> None:
    text = TEXTS[form]
    found = [scalar for root in read(text, form) for scalar in scalars(root) if scalar.value.startswith("x")]
    assert [scalar.value for scalar in found if "/" not in scalar.value] == (
        ["x1", "x2", "x3"] if form is Format.JSON else ["x1", "x2", "x3", "x4"]
    )
    for scalar in found:
        edit = embedded(text, scalar).edit_of(Edit(Span(0, len(scalar.value)), "yy"))
        changed = values(read(splice(text, [edit]), form))
        assert changed == ["yy" if value == scalar.value else value for value in values(read(text, form))]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Format.YAML, "only words"),
        (Format.YAML, "a: [\n"),
        (Format.JSON, "{"),
        (Format.JSON, "{,}"),
        (Format.TOML, "a = \n"),
        (Format.TOML, "\ue000 = 1\n"),
        (Format.PROPERTIES, "a=b\n" * (MAX_LENGTH // 4 + 1)),
    ],
)
def test_what_is_refused(form: Format, text: str) -> None:
    with pytest.raises(Unreadable):
        read(text, form)


def test_json_takes_comments_of_yaml_too() -> None:
    assert values(read('{\n  # what runs\n  "image": "a"\n}', Format.JSON)) == ["a"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a: b\nc: d\n", Format.YAML),
        ("- a: b\n- c\n", Format.YAML),
        ('{"a": 1}', Format.JSON),
        ("\n[1, 2]", Format.JSON),
        ("[run]\na = 1\n", Format.TOML),
        ('# x\n[run."a b"] # x\na = 1\n', Format.TOML),
        ("a=b\nc.d=e\n# x\n", Format.PROPERTIES),
        ("one line: of text", None),
        ("set -e\nrun --a\n", None),
        ("--a=b", None),
        ("", None),
    ],
)
def test_a_format_is_guessed(text: str, form: Format | None) -> None:
    assert guess(text) is form


def test_lines_keep_their_order_and_repetitions() -> None:
    (root,) = read("a=1\na=2\nb\n", Format.PROPERTIES)
    assert isinstance(root, Mapping)
    assert len(root.pairs) == 2
    (items,) = read("", Format.LIST)
    assert isinstance(items, SequenceNode)
    assert items.items == []


OUTER = '{"config": "a: x1\\nb: x2\\n", "n": "1"}'
LEVELS = (Level("json", 0, "/config"), Level("yaml", 0, "/b"))


def test_a_part_is_proved_at_each_level() -> None:
    prove_inside(OUTER, OUTER.replace("x2", "y"), [(LEVELS, Span(0, 2), "y")])
    prove_inside("a x1 b", "a y b", [((), Span(2, 4), "y")])


@pytest.mark.parametrize(
    "after",
    [
        OUTER,
        OUTER.replace("x2", "z"),
        OUTER.replace("x1", "y"),
        OUTER.replace("x2", "y").replace('"1"', '"2"'),
        OUTER.replace("x2", "y").replace("a: x1", "a: x3"),
        OUTER.replace("x2", "y").replace('"n"', '"m"'),
        OUTER.replace("x2", "y").replace("}", ""),
        OUTER.replace("b: x2", "b: [y]"),
        "",
    ],
)
def test_a_slip_at_any_level_is_refused(after: str) -> None:
    with pytest.raises(Unproved):
        prove_inside(OUTER, after, [(LEVELS, Span(0, 2), "y")])
