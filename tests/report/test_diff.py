"""Diffs are judged by the real `git apply`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_clone.report import diff
from gitops_clone.report.style import Style
from gitops_clone.result import FileChange
from tests.report.samples import file_change

PLAIN = Style()


def apply(folder: Path, files: list[FileChange], patch: str) -> None:
    """Apply the patch to the files as they were, and see that they are as they should be."""
    for file in files:
        path = folder / file.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.before)
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=folder, input=patch.encode(), check=True)
    assert [(folder / file.file).read_bytes() for file in files] == [file.after for file in files]


MANIFEST = b"".join(b"line %d\n" % number for number in range(40))


def edited(before: bytes, *numbers: int) -> bytes:
    return re.sub(rb"line (%s)(?=\D)" % b"|".join(b"%d" % number for number in numbers), rb"edit \1", before)


@pytest.mark.parametrize("numbers", [(0,), (39,), (5, 6, 7), (5, 12), (5, 13), (0, 20, 39), tuple(range(40))])
def test_git_applies_it(numbers: tuple[int, ...], tmp_path: Path) -> None:
    file = file_change("a.yaml", MANIFEST, edited(MANIFEST, *numbers))
    apply(tmp_path, [file], diff.render([file], PLAIN))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a: 1\nimage: nginx", b"a: 1\nimage: backup"),
        (b"image: nginx\nb: 2", b"image: backup\nb: 2"),
        (b"image: nginx", b"image: backup"),
        (b"a\r\nimage: nginx\r\nb\r\n", b"a\r\nimage: backup\r\nb\r\n"),
        (b"\xef\xbb\xbfimage: nginx\n", b"\xef\xbb\xbfimage: backup\n"),
        (b"a: \x1b\x0c\nimage: nginx\n", b"a: \x1b\x0c\nimage: backup\n"),
        (b"old mac\rimage: nginx\rb\r", b"old mac\rimage: backup\rb\r"),
        ("a: é \u2028 \x85\nimage: nginx\n".encode(), "a: é \u2028 \x85\nimage: backup\n".encode()),
        (b"a\nc\n", b"a\nb\nc\n"),
        (b"a\nb\nc\n", b"a\nc"),
        (b"a\n", b"a"),
        (b"", b"a\n"),
    ],
)
def test_git_applies_every_kind_of_text(before: bytes, after: bytes, tmp_path: Path) -> None:
    file = file_change("a.yaml", before, after)
    apply(tmp_path, [file], diff.render([file], PLAIN))


@pytest.mark.parametrize(
    "name", ["a b.yaml", "é/日.yaml", 'q"uote\\.yaml', "new\nline\t.yaml", "::x::##[y].yaml", "\u202e.yaml"]
)
def test_git_applies_it_whatever_the_name(name: str, tmp_path: Path) -> None:
    files = [file_change(name, b"a\n", b"b\n"), file_change("z.yaml", b"a\n", b"b\n")]
    patch = diff.render(files, PLAIN)
    assert "\u202e" not in patch
    apply(tmp_path, files, patch)


LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"c\r", b" "]), max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines=LINES, picks=st.sets(st.integers(0, 29)), newline=st.booleans())
def test_git_applies_any_edit(lines: list[bytes], picks: set[int], newline: bool, tmp_path: Path) -> None:
    end = b"\n" if newline else b""
    before = b"\n".join(lines) + end
    after = b"\n".join(b"new" + line if number in picks else line for number, line in enumerate(lines)) + end
    file = file_change("a.yaml", before, after)
    patch = diff.render([file], PLAIN)
    if before == after:
        assert patch == ""
    else:
        apply(tmp_path, [file], patch)


def test_it_looks_like_gits(tmp_path: Path) -> None:
    file = file_change("a b.yaml", MANIFEST, edited(MANIFEST, 3, 4, 20, 39))
    for side, data in (("a", file.before), ("b", file.after)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "a b.yaml").write_bytes(data)
    command = ["git", "-c", "core.abbrev=7", "diff", "--no-color", "--no-index", "--no-prefix", "a", "b"]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    # git also names the blobs, and repeats the line before a hunk in its header.
    theirs = re.sub(r"(?m)^index .*\n|(?<= @@) .*$", "", theirs)
    assert diff.render([file], PLAIN) == theirs


def test_a_utf16_file_is_shown_and_the_rest_applies(tmp_path: Path) -> None:
    before, after = ("\ufeffimage: nginx\n".encode("utf-16-le"), "\ufeffimage: backup\n".encode("utf-16-le"))
    wide = file_change("wide.yaml", before, after, encoding="utf-16-le")
    other = file_change("a.yaml", b"a\n", b"b\n")
    patch = diff.render([wide, other], PLAIN)
    assert "wide.yaml is UTF-16-LE" in patch
    assert "image: backup" in patch
    apply(tmp_path, [other], patch)


def test_colours_set_off_what_changed_and_change_nothing_else() -> None:
    file = file_change("a.yaml", b"x\nimage: nginx:1 # c\n", b"x\nimage: backup/nginx:1 # c\n")
    coloured = diff.render([file], Style(colour=True))
    assert click.unstyle(coloured) == diff.render([file], PLAIN)
    assert click.style("backup/", fg="green", reverse=True) in coloured


def test_a_terminal_gets_no_control_characters() -> None:
    file = file_change("a.yaml", b"\ta: \x1b[2J\r\nimage: nginx\r\n", b"\ta: \x1b[2J\r\nimage: backup\r\n")
    shown = diff.render([file], Style(terminal=True))
    assert " \ta: \\x1b[2J\n" in shown
    assert "\x1b" not in shown
    assert "\r" not in shown


def test_a_github_runner_is_told_to_obey_nothing_within(tmp_path: Path) -> None:
    file = file_change("a.yaml", b"::error::x\nimage: nginx\n", b"::error::x\nimage: backup\n")
    patch = diff.render([file], Style(github=True))
    first, *_, last = patch.splitlines()
    assert (stop := re.fullmatch(r"::stop-commands::([0-9a-f]{32})", first))
    assert last == f"::{stop[1]}::"
    assert stop[1] not in diff.render([file], Style(github=True))
    apply(tmp_path, [file], patch)
