"""Reads many small files: with half of what Python's own `open` does for each."""

from __future__ import annotations

import os

_BLOCK = 1 << 16


def read(path: str) -> bytes:
    """The bytes of a file. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        blocks = [os.read(handle, _BLOCK)]
        while blocks[-1]:
            blocks.append(os.read(handle, _BLOCK))
    finally:
        os.close(handle)
    return b"".join(blocks)
