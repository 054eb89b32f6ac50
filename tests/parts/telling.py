"""What the fixture `tell` gives a test."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str], None]
