"""docs/design.md goes through the folder listing, so it must have what the folder has."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_each_room_and_module_is_in_the_listing() -> None:
    text = (PROJECT / "docs" / "design.md").read_text()
    listing = text.partition("    gitops_clone/\n")[2].partition("    tests/")[0]
    there = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (PROJECT / "gitops_clone").iterdir()
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    }
    assert set(re.findall(r"(?<= )\w+(?:/|\.py)(?= )", listing)) == there
