from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from gitops_clone.report import style


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as stream:
        yield stream
    os.close(leader)


def test_colours_follow_the_terminal(terminal: TextIO) -> None:
    assert style.choose("auto", terminal, {}).colour
    assert not style.choose("auto", io.StringIO(), {}).colour


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_environment_can_refuse_colours_unless_they_are_asked_for(
    terminal: TextIO, environ: dict[str, str]
) -> None:
    assert not style.choose("auto", terminal, environ).colour
    assert style.choose("always", terminal, environ).colour


def test_never_means_never(terminal: TextIO) -> None:
    chosen = style.choose("never", terminal, {})
    assert chosen.terminal
    assert chosen.bad("text") == "text"


def test_a_stream_without_a_size_has_80_columns(terminal: TextIO) -> None:
    assert style.choose("auto", io.StringIO(), {}).width == 80
    assert style.choose("auto", terminal, {}).width == 80
