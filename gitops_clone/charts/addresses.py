"""Addresses in registries as texts: what they become on the backup registry, and the way back. Pure."""

from __future__ import annotations

import re

from gitops_clone.image import DOCKER_HUB, InvalidReference, parse
from gitops_clone.naming import Scheme, Unrelocatable

SCHEME = "oci://"
KINDS = frozenset(
    (
        "Application", "ApplicationSet", "FluxInstance", "HelmChart", "HelmChartProxy", "HelmRepository",
        "OCIRepository", "Release",
    )
)  # fmt: skip
"""The kinds whose objects have addresses, at the pointers that `PLACE` fits."""
PLACE = re.compile(r"/(?:url|repoURL|repository|chart)\Z")

_ANY = "any"  # stands for the name of a chart
_HUB = "registry-1.docker.io"  # where Helm finds what is on Docker Hub


def moved(text: str, chart: str, backup: str) -> str:
    """An address with another registry and path; `backup` is the name of the artifact there, its chart's name with it.

    The scheme stays where it is written, and so does a slash at the end.
    """
    scheme = SCHEME if text.startswith(SCHEME) else ""
    tail = text[len(text.rstrip("/")) :]
    return f"{scheme}{backup.removesuffix(f'/{chart}') if chart else backup}{tail}"


def is_moved(before: str, after: str, scheme: Scheme) -> bool:
    """Whether a text is an address, and another one what it becomes."""
    name = before.removeprefix(SCHEME).rstrip("/")
    for chart in ("", _ANY):
        try:
            upstream = parse(f"{name}/{chart}" if chart else name).tagged()
            if not scheme.holds(upstream) and after == moved(before, chart, scheme.backup(upstream).name):
                return True
        except (InvalidReference, Unrelocatable):
            continue
    return False


def origin(address: str, version: str, scheme: Scheme) -> tuple[str, str] | None:
    """Where an artifact on the backup registry comes from: its address there, and its upstream in the lock file.

    None for what is not on the backup registry, or the team's own.
    """
    try:
        backup = parse(f"{address.removeprefix(SCHEME)}:{re.sub('[+:]', '_', version)}")
    except InvalidReference:
        return None
    upstream = scheme.upstream(backup)
    if upstream is None:
        return None
    registry = _HUB if upstream.registry == DOCKER_HUB else upstream.registry
    return f"{SCHEME}{registry}/{upstream.repository}", str(upstream)
