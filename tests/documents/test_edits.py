"""Splicing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.finding import Span


@pytest.mark.parametrize(
    ("edits", "text"),
    [
        ([], "abcdef"),
        ([Edit(Span(1, 3), "X")], "aXdef"),
        ([Edit(Span(4, 6), "YY"), Edit(Span(0, 1), "")], "bcdYY"),
        ([Edit(Span(0, 2), "1"), Edit(Span(2, 4), "2")], "12ef"),
        ([Edit(Span(6, 6), "!")], "abcdef!"),
    ],
)
def test_each_span_is_replaced_in_whatever_order(edits: list[Edit], text: str) -> None:
    assert splice("abcdef", edits) == text


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        splice("abcdef", [Edit(Span(0, 3), "x"), Edit(Span(2, 4), "y")])


@given(pieces=st.lists(st.tuples(st.text(), st.text(min_size=1), st.text())), end=st.text())
@settings(deadline=None, database=None, derandomize=True, max_examples=100)
def test_all_else_stays(pieces: list[tuple[str, str, str]], end: str) -> None:
    text = after = ""
    edits = []
    for kept, old, new in pieces:
        edits.append(Edit(Span(len(text + kept), len(text + kept + old)), new))
        text += kept + old
        after += kept + new
    assert splice(text + end, reversed(edits)) == after + end
