from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_clone.repo.write import WriteError, exclusive_run, printable, replace_file

WRITE = "import sys; from pathlib import Path; from gitops_clone.repo.write import replace_file\n"


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a b\nä.yaml"
    path.write_bytes(b"old")
    path.chmod(0o751)

    replace_file(path, b"new\r\n\x00")

    assert path.read_bytes() == b"new\r\n\x00"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.usefixtures("umask")
def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path) -> None:
    replace_file(tmp_path / "new", b"new")

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_file_with_the_longest_name_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".yaml")

    replace_file(path, b"new")

    assert path.read_bytes() == b"new"


def test_the_owner_stays_where_the_writer_may_give_files_away(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    os.chown(path, owner, -1)

    replace_file(path, b"new")

    assert path.stat().st_uid == owner


@pytest.mark.parametrize("mode", [0o444, 0o555])
def test_a_read_only_file_is_left_alone_even_by_root(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(mode)

    with pytest.raises(WriteError, match=r"a\.yaml: read-only.*chmod u\+w"):
        replace_file(path, b"new")

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_symlink_is_never_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    (tmp_path / "link.yaml").symlink_to(target)

    with pytest.raises(WriteError, match=r"link\.yaml: a symbolic link"):
        replace_file(tmp_path / "link.yaml", b"new")

    assert target.read_bytes() == b"old"


def test_a_directory_and_a_missing_directory_give_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="not a regular file"):
        replace_file(tmp_path, b"new")
    with pytest.raises(WriteError, match=r"missing/a\.yaml: cannot be written.*No such file or directory"):
        replace_file(tmp_path / "missing" / "a.yaml", b"new")


def test_a_write_that_the_system_cuts_off_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + WRITE
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); replace_file(Path(sys.argv[1]), b'n' * 10000)"

    _, errors = python(limited, path).communicate()

    assert f"{path}: cannot be written, left as it was: File too large" in errors
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_killed_writer_leaves_old_or_new_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    old, new = b"o" * 3_000_000, b"n" * 3_000_000
    path = tmp_path / "a.yaml"
    path.write_bytes(old)
    endless = WRITE + "print(flush=True)\nwhile True:\n    for byte in b'no': "
    endless += "replace_file(Path(sys.argv[1]), bytes([byte]) * 3_000_000)"

    for attempt in range(8):
        writer = python(endless, path)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.011 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        assert path.read_bytes() in (old, new)

    replace_file(tmp_path / "b.yaml", b"")
    assert sorted(os.listdir(tmp_path)) == ["a.yaml", "b.yaml"]


def test_what_a_killed_writer_left_is_cleaned_up_but_nothing_else(tmp_path: Path) -> None:
    others = {".gitops-clone.toml", ".gitops-clone.lock", ".gitops-clone.notes.tmp", "a.tmp"}
    for name in {".gitops-clone.0123456789abcdef.tmp", *others}:
        (tmp_path / name).touch()

    replace_file(tmp_path / "a.yaml", b"new")

    assert set(os.listdir(tmp_path)) == others | {"a.yaml"}


def test_a_second_run_says_so_and_waits_for_the_first(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from gitops_clone.repo.write import exclusive_run\n"
    code += "with exclusive_run(Path(sys.argv[1]), lambda: print('waiting', flush=True)): print('mine', flush=True)"
    waited: list[None] = []

    with exclusive_run(tmp_path, lambda: waited.append(None)):
        second = python(code, tmp_path)
        assert second.stdout is not None
        assert second.stdout.readline() == "waiting\n"
        assert second.poll() is None
    assert second.communicate()[0] == "mine\n"
    assert waited == []


def test_a_killed_run_holds_nothing_up(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from gitops_clone.repo.write import exclusive_run\n"
    code += "with exclusive_run(Path(sys.argv[1]), print): print('mine', flush=True); time.sleep(60)"
    first = python(code, tmp_path)
    assert first.stdout is not None
    first.stdout.readline()

    with exclusive_run(tmp_path, first.kill):
        assert first.wait() == -signal.SIGKILL
    first.communicate()


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), exclusive_run(tmp_path, lambda: None):
        raise ZeroDivisionError
    waited: list[None] = []
    with exclusive_run(tmp_path, lambda: waited.append(None)):
        assert waited == []


def test_a_root_that_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot be locked"), exclusive_run(tmp_path / "gone", lambda: None):
        pass


@pytest.mark.parametrize(
    ("path", "shown"),
    [("a b/ä.yaml", "a b/ä.yaml"), ("a\nb", r"'a\nb'"), ("a\x1b[0m", r"'a\x1b[0m'"), ("a\udcff", r"'a\udcff'")],
)
def test_a_path_is_printed_on_one_line(path: str, shown: str) -> None:
    assert printable(path) == shown
