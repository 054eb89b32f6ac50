"""Compares what kustomize renders before and after: relocated images, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml

from gitops_clone.image import InvalidReference, parse
from gitops_clone.naming import Pin, Scheme

_WORDS = re.compile(r"([\s\"',={}]+)")
_IMAGE_LINE = re.compile(r"\s*(?:- )?image: \S")
_DIGEST = re.compile(r"(?:[\w.-]+@)?sha256:([0-9a-f]{64})")
_SCHEME = Scheme("localhost:5001")


def compare(before: str, after: str) -> tuple[int, int]:
    """How many images are relocated, and how many stay. Raises `AssertionError` where anything else has changed."""
    counts = [0, 0]
    old, new = list(yaml.safe_load_all(before)), list(yaml.safe_load_all(after))
    assert len(old) == len(new), "objects appear or vanish"
    for one, other in zip(old, new, strict=True):
        _compare(one, other, "", counts)
    return counts[0], counts[1]


def compare_lines(before: str, after: str) -> tuple[int, int]:
    """The same by lines, for large renderings: in lines that changed, every word that did is a relocated image."""
    old, new = before.splitlines(), after.splitlines()
    assert len(old) == len(new), "lines appear or vanish"
    moved = 0
    for one, other in zip(old, new, strict=True):
        if one != other:
            words, others = _WORDS.split(one), _WORDS.split(other)
            assert len(words) == len(others), f"{one} became {other}"
            assert all(_is_moved(a, b) for a, b in zip(words, others, strict=True)), f"{one} became {other}"
            moved += 1
    return moved, sum(_IMAGE_LINE.match(line) is not None for line in new) - moved


def _is_moved(old: str, new: str) -> bool:
    """Whether a word is another one relocated: a reference, or a part of one in the values of a chart."""
    if new in (old, relocated(old)):
        return True
    if match := _DIGEST.fullmatch(old):
        return new == f"sha256_{match[1]}"
    name = relocated(f"{old}:x") or ""
    home = (relocated(f"{old}/x/y:z") or "").removesuffix("/x/y:z")
    return new in (name.removesuffix(":x"), home)


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
    elif isinstance(old, str) and re.search(r"[:/]", old) and old != new:
        assert new == relocated(old), f"{path}: {old} became {new}"
        counts[0] += 1
    else:
        assert old == new, path


def relocated(image: str) -> str | None:
    """The image on the backup registry, None where it has no name there."""
    try:
        return str(_SCHEME.written(parse(image).tagged(), Pin.NEVER, None))
    except InvalidReference:
        return None
