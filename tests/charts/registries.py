"""The registries of these tests, and what is asked of them with the real helm."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.parts import wheel
from tests.parts.registry import Registry


class Registries(NamedTuple):
    upstream: Registry
    backup: Registry

    @property
    def moved(self) -> str:
        """Where the backup registry has what the upstream has."""
        flat = self.upstream.address.replace(".", "_").replace(":", "_")
        return f"{self.backup.address}/{flat}"


def pulled(url: str, version: str, folder: Path) -> str:
    """The checksum of a chart as `helm pull` brings it."""
    folder.mkdir()
    words = ["pull", url, f"--version={version}", f"--destination={folder}", "--plain-http"]
    subprocess.run([str(wheel.folder() / "helm"), *words], check=True, capture_output=True)
    (package,) = folder.iterdir()
    return hashlib.sha256(package.read_bytes()).hexdigest()
