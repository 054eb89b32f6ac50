"""A part of a scalar's value is replaced in the text, and the value is then what was meant: whatever the style."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.embedded import Uneven, embedded
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.parse import parse
from gitops_clone.finding import Span

NEW = "localhost:5001/index_docker_io/library/nginx:1.23"
INNER = "a: 'it''s \"x\" \\\\ é'\nimage: nginx:1.23\n\n  more:\n  - nginx:1.23\n"


def _scalar(text: str) -> Scalar:
    root = parse(text)[0]
    assert isinstance(root, Mapping)
    value = root.pairs[0][1]
    assert isinstance(value, Scalar)
    return value


def _literal(value: str, head: str = "|", indent: str = "  ", newline: str = "\n") -> str:
    lines = [f"{indent}{line}" if line else "" for line in value.removesuffix("\n").split("\n")]
    return newline.join([f"key: {head}", *lines, "next: 1", ""])


TEXTS = {
    "literal": _literal(INNER),
    "literal with an anchor, a comment and CRLF": _literal(INNER, "&a | # why", newline="\r\n"),
    "literal, indented by 4, with an indicator": _literal(INNER, "|4", "    "),
    "double quoted": f"key: {json.dumps(INNER)}\nnext: 1\n",
    "double quoted, with other escapes": f"key: {json.dumps(INNER, ensure_ascii=True)}\nnext: 1\n",
    "single quoted over lines": yaml.safe_dump({"key": INNER}, default_style="'"),
    "folded": yaml.safe_dump({"key": INNER}, default_style=">"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_style(name: str) -> None:
    text = TEXTS[name]
    scalar = _scalar(text)
    spans = [Span(at, at + 10) for at in range(len(scalar.value)) if scalar.value.startswith("nginx:1.23", at)]
    assert len(spans) == 2
    known = embedded(text, scalar)
    after = splice(text, [known.edit_of(Edit(span, NEW)) for span in spans])
    assert _scalar(after).value == scalar.value.replace("nginx:1.23", NEW)
    assert len(after) - len(text) == 2 * (len(NEW) - 10)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff")),
    st.sampled_from(["plain", "'", '"', "|", ">"]),
    st.data(),
)
def test_generated_values(value: str, style: str, data: st.DataObject) -> None:
    value = f"{value} nginx:1 {value}"
    text = yaml.dump({"key": value}, default_style=None if style == "plain" else style, allow_unicode=True, width=20)
    scalar = _scalar(text)
    start = data.draw(st.sampled_from([at for at in range(len(value)) if scalar.value.startswith("nginx:1", at)]))
    after = splice(text, [embedded(text, scalar).edit_of(Edit(Span(start, start + 7), "other:2"))])
    assert _scalar(after).value == f"{value[:start]}other:2{value[start + 7 :]}"


def test_what_is_folded_or_has_white_space_is_refused() -> None:
    text = 'key: "ngi\\\n  nx:1 and more"\n'
    known = embedded(text, _scalar(text))
    with pytest.raises(Uneven):
        known.edit_of(Edit(Span(0, 7), "x"))
    with pytest.raises(Uneven):
        known.edit_of(Edit(Span(7, 11), "x"))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_are_added_to_a_literal_block(newline: str) -> None:
    text = _literal("image:\n  tag: 1 \nother: 2\n", indent="      ", newline=newline)
    scalar = _scalar(text)
    at = scalar.value.index("\nother")
    after = splice(text, [embedded(text, scalar).edit_of(Edit(Span(at, at), "\n  digest: x"))])
    assert _scalar(after).value == "image:\n  tag: 1 \n  digest: x\nother: 2\n"
    again = embedded(after, _scalar(after))
    assert splice(after, [again.edit_of(Edit(Span(at, at + len("\n  digest: x")), ""))]) == text
    assert ("\r\n" in after) == (newline == "\r\n")
    assert "\n" not in after.replace(newline, "")


def test_lines_are_not_added_elsewhere() -> None:
    text = 'key: "a: 1\\nb: 2"\n'
    with pytest.raises(Uneven):
        embedded(text, _scalar(text)).edit_of(Edit(Span(4, 4), "\nc: 3"))
