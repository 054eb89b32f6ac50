"""Write a file whole or not at all, and keep two runs on one repository apart."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from gitops_clone.errors import GitopsCloneError

# Also what a killed run leaves behind: no manifest (files.py passes over `.gitops-clone.*`), and nobody else's.
_TEMPORARY = re.compile(r"\.gitops-clone\.[0-9a-f]{16}\.tmp")


class WriteError(GitopsCloneError):
    """A file could not be replaced, and is as it was; or the root could not be locked."""


def replace_file(path: Path, data: bytes) -> None:
    """Give `path` the content `data`: whatever happens, it holds the old bytes or the new ones.

    An existing file keeps its mode (and its owner, where root writes); a new one gets what the umask leaves.
    Raises `WriteError` for a file that is read-only, a symlink or no regular file, and for what the system refuses.
    """
    try:
        _replace(path, data)
    except OSError as error:
        raise WriteError(f"{printable(path)}: cannot be written, left as it was: {error.strerror}") from error


@contextmanager
def exclusive_run(root: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the one lock of a run: an flock on the directory `root`, which the system drops however the process ends.

    Where another run holds it, calls `waiting` once and waits. Raises `WriteError` where there is nothing to lock.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise WriteError(f"{printable(root)}: cannot be locked for this run: {error.strerror}") from error
    try:
        _lock(descriptor, root, waiting)
        yield
    finally:
        os.close(descriptor)


def printable(path: Path | str) -> str:
    """The path for a message of one line: quoted and escaped where it holds line breaks or other control characters."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def _replace(path: Path, data: bytes) -> None:
    old = os.lstat(path) if os.path.lexists(path) else None
    if old is not None:
        _refuse_unwritable(path, old)
    _remove_leftovers(path.parent)
    temporary = path.with_name(f".gitops-clone.{os.urandom(8).hex()}.tmp")
    try:
        _write_synced(temporary, data, old)
        os.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_directory(path.parent)


def _refuse_unwritable(path: Path, old: os.stat_result) -> None:
    if stat.S_ISLNK(old.st_mode):
        raise WriteError(f"{printable(path)}: a symbolic link, which is never written through; name its target instead")
    if not stat.S_ISREG(old.st_mode):
        raise WriteError(f"{printable(path)}: not a regular file, cannot be written")
    # A rename would replace a read-only file all the same, and to root (in CI) no file is read-only: ask the mode too.
    if not old.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise WriteError(f"{printable(path)}: read-only, left as it was; make it writable (chmod u+w) or exclude it")


def _write_synced(temporary: Path, data: bytes, old: os.stat_result | None) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with open(descriptor, "wb") as stream:
        if old is not None:
            if os.geteuid() == 0:
                os.fchown(descriptor, old.st_uid, old.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)


def _sync_directory(directory: Path) -> None:
    # The rename is done; some file systems (FUSE, SMB) cannot sync a directory, which makes the file no less whole.
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@cache  # once a directory: 10,000 files in one directory would otherwise cost 10,000 listings of it
def _remove_leftovers(directory: Path) -> None:
    with suppress(OSError):
        for name in filter(_TEMPORARY.fullmatch, os.listdir(directory)):
            os.unlink(directory / name)


def _lock(descriptor: int, root: Path, waiting: Callable[[], None]) -> None:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        reason = f"{error.strerror}; the file system must support flock"
        raise WriteError(f"{printable(root)}: cannot be locked for this run: {reason}") from error
