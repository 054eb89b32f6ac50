"""Compares what kustomize renders before and after: relocated images, and nothing else."""

from __future__ import annotations

from typing import Any

import yaml

from gitops_clone.image import InvalidReference, parse
from gitops_clone.naming import Pin, Scheme

_SCHEME = Scheme("localhost:5001")


def compare(before: str, after: str) -> tuple[int, int]:
    """How many images are relocated, and how many stay. Raises `AssertionError` where anything else has changed."""
    counts = [0, 0]
    old, new = list(yaml.safe_load_all(before)), list(yaml.safe_load_all(after))
    assert len(old) == len(new), "objects appear or vanish"
    for one, other in zip(old, new, strict=True):
        _compare(one, other, "", counts)
    return counts[0], counts[1]


def _compare(old: Any, new: Any, path: str, counts: list[int]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        assert old.keys() == new.keys(), path
        for key in old:
            _compare(old[key], new[key], f"{path}/{key}", counts)
    elif isinstance(old, list) and isinstance(new, list):
        assert len(old) == len(new), path
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            _compare(one, other, f"{path}/{number}", counts)
    elif path.endswith(("/image", "/reference")):
        counts[1 if old == new else 0] += 1
        assert new in (old, relocated(old)), f"{path}: {old} became {new}"
    else:
        assert old == new, path


def relocated(image: str) -> str | None:
    """The image on the backup registry, None where it has no name there."""
    try:
        return str(_SCHEME.written(parse(image).tagged(), Pin.NEVER, None))
    except InvalidReference:
        return None
