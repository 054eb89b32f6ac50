"""A new name for a split reference, spread over its parts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitops_clone.finding import Part

_NAME = re.compile(r"(?P<name>.*?)(?::[^/:@]*)?(?:@.*)?", re.DOTALL)


def spread(reference: str, parts: Sequence[Part]) -> list[tuple[Part, str]] | None:
    """The parts that get another value for the name in a reference, each with it; None if it cannot be written so.

    As little as can be changes: a registry that stands apart takes up the host, and the path before the repository.
    Tag and digest stay, since they are the same on every registry.
    """
    match = _NAME.fullmatch(reference)
    repository = next(part for part in parts if part.role == "repository")
    registry = next((part for part in parts if part.role == "registry"), None)
    if match is None:
        return None
    pair = _pair(match["name"], repository.value, registry.value if registry else "")
    if pair is None:
        return None
    wanted = [(repository, pair[0]), *([(registry, pair[1])] if registry else [])]
    return [(part, value) for part, value in wanted if value != part.value]


def _pair(name: str, repository: str, registry: str) -> tuple[str, str] | None:
    """Repository and registry of a name, given what stands in both now."""
    if not registry:
        return name, ""
    choices = [repository, repository.removeprefix("library/")]
    if "/" not in repository and "/" not in registry.strip("/"):
        choices.insert(0, f"library/{repository}")
    slash = "/" if registry.endswith("/") else ""
    found = next((choice for choice in choices if name.endswith(f"/{choice}")), None)
    return None if found is None else (found, f"{name.removesuffix(f'/{found}')}{slash}")
