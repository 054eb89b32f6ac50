"""Edits of files of lines `key=value`."""

from __future__ import annotations

import pytest

from gitops_clone.documents.amend import Insert, Replace, amend, undo
from gitops_clone.documents.planned import TextChange, Unfit

DATA = b"\xef\xbb\xbf# a=b\r\nA=one\r\n B = two  \r\nC='three'\r\n"


def test_a_line_gets_another_value_and_has_it_back() -> None:
    amended = amend(DATA, [Replace("0=A", "one", "1"), Replace("0=C", "three", "3"), Replace("0=B", "two", "2")])
    assert amended.after == DATA.replace(b"one", b"1").replace(b"two", b"2").replace(b"three", b"3")
    changes = [plan.change for plan, _ in amended.done]
    assert changes[0] == TextChange("0=A", "one", "1")
    assert [plan.line for plan, _ in amended.done] == [2, 4, 3]
    assert undo(amended.after, changes).after == DATA


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (DATA, Replace("0=A", "two", "x")),
        (DATA, Replace("0=D", "one", "x")),
        (DATA, Insert("0=D", "one")),
        (b"A=one\nA=one\n", Replace("0=A", "one", "x")),
        (b"A=one\n", Replace("0=A", "one", "x\nB=y")),
        (b"\xff\xfeA", Replace("0=A", "one", "x")),
        (b"A=\xff\n", Replace("0=A", "one", "x")),
    ],
)
def test_what_does_not_fit(data: bytes, wanted: Replace | Insert) -> None:
    with pytest.raises(Unfit):
        amend(data, [wanted])


def test_a_line_that_has_changed_since_stays() -> None:
    assert undo(DATA, [TextChange("0=A", "old", "new")]).done == ()
