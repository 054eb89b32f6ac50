"""Files are read whole, however large, and what is no file is refused as `open` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_clone.repo.read import read


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 400_000])
def test_every_byte_is_read(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    assert read(str(tmp_path / "file")) == (tmp_path / "file").read_bytes()


@pytest.mark.parametrize("name", [".", "gone", "gone/file"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="directory"):
        read(f"{tmp_path}/{name}")
