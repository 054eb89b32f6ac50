from __future__ import annotations

import io
import os
import select
from typing import TextIO

import pytest

from gitops_clone.mirror.model import AlreadyThere, Copied, Failed, Progress
from gitops_clone.report import progress
from gitops_clone.report.style import Style
from tests.report.samples import ONE, job


@pytest.fixture(autouse=True)
def _terminal_that_moves_its_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


IMAGES = ["nginx:1.23", "redis:7", "quay.io/acme/gone:1.0"]


def run(shown: Progress) -> None:
    nginx, redis, gone = (job(image) for image in IMAGES)
    shown.start(12)
    for each in (nginx, redis, gone):
        shown.begin(each)
    shown.done(Copied(nginx, ONE, 1.23))
    shown.retry(gone, 1, 2.0, "received unexpected HTTP status: 503\x1b[2J")
    shown.done(AlreadyThere(redis, ONE))
    shown.done(Failed(gone, "manifest unknown\n::error::x"))
    shown.close()


def terminal_shows(style: Style) -> str:
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as stream:
        run(progress.choose(stream, style))
    text = b""
    while select.select([leader], [], [], 0)[0]:
        try:
            text += os.read(leader, 65536)
        except OSError:  # the other end is closed and all is read
            break
    os.close(leader)
    return text.decode()


def choose(stream: TextIO) -> Progress:
    return progress.choose(stream, Style())


def test_a_log_gets_a_line_for_each_image() -> None:
    log = io.StringIO()
    run(choose(log))
    assert log.getvalue() == (
        "[ 1/12] copied index.docker.io/library/nginx:1.23 (1.2 s)\n"
        "        retry 1 of quay.io/acme/gone:1.0 in 2.0 s: received unexpected HTTP status: 503\\x1b[2J\n"
        "[ 2/12] already there index.docker.io/library/redis:7\n"
        "[ 3/12] failed quay.io/acme/gone:1.0: manifest unknown\\n::error::x\n"
    )


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    shown = terminal_shows(Style())
    assert shown.startswith("[ 1/12] copied index.docker.io/library/nginx:1.23 (1.2 s)")
    assert "\x1b" not in shown


def test_long_copies_are_told_in_minutes() -> None:
    log = io.StringIO()
    shown = choose(log)
    shown.start(1)
    shown.done(Copied(job("nginx:1.23"), ONE, 125.0))
    assert log.getvalue() == "[1/1] copied index.docker.io/library/nginx:1.23 (2 min 05 s)\n"


def test_a_terminal_keeps_what_was_copied_and_what_failed() -> None:
    shown = terminal_shows(Style())
    assert "copied index.docker.io/library/nginx:1.23 (1.2 s)" in shown
    assert "failed quay.io/acme/gone:1.0: manifest unknown\\n" in shown
    assert "already there" not in shown
    assert "\x1b[2J" not in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor must be back"


def test_a_terminal_with_nothing_to_copy_stays_empty() -> None:
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as stream:
        shown = choose(stream)
        shown.start(0)
        shown.close()
    assert not select.select([leader], [], [], 0)[0] or not _read(leader)
    os.close(leader)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
