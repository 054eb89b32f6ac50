"""The regular files below a root, and their bytes: none that a symbolic link has elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


class Existing:
    """Answers `name in …` for the regular files below a root; what it learned of a directory it remembers."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._inside: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        path = os.path.join(self._root, str(name))
        if os.path.islink(path):
            return os.path.isfile(path) and self._is_inside(os.path.realpath(path))
        directory = os.path.dirname(path)
        if directory not in self._inside:
            self._inside[directory] = self._is_inside(os.path.realpath(directory))
        return self._inside[directory] and os.path.isfile(path)

    def _is_inside(self, path: str) -> bool:
        return path == self._root or path.startswith(f"{self._root}/")


def content_of(root: Path) -> Callable[[str], bytes | None]:
    """Gives the bytes of regular files below a root; None where there is none."""
    existing = Existing(root)

    def content(name: str) -> bytes | None:
        try:
            return (root / name).read_bytes() if name in existing else None
        except OSError:
            return None

    return content
