"""The programs that the tests need; a missing one fails the run with one line, it never skips."""

from __future__ import annotations

import functools
import os
import shutil
from typing import NoReturn

import pytest

_DEBIAN_PACKAGES = {"node": "nodejs"}  # where the package is named otherwise


@functools.cache  # found once: a test may then change PATH
def tool(name: str) -> str:
    """The path of the program `name`. Ends the test run, naming the package, if it is not installed."""
    path = shutil.which(name)
    if path is None:
        package = _DEBIAN_PACKAGES.get(name, name)
        end(f"the tests need `{name}`: apt-get install {package}")
    return path


def end(reason: str) -> NoReturn:
    """End the test run with one line. A worker of pytest-xdist cannot: there, the test fails with that line."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.fail(reason, pytrace=False)
    pytest.exit(reason, returncode=1)
