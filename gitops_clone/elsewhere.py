"""Which objects and kustomizations of a file bring images from outside, so that only rendering shows them. Pure.

What names the backup registry already is taken as done, but for addresses of charts: `verify --network` tells whether
it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gitops_clone.charts.marks import without_addresses
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.documents.split import split

_CHARTS = (b"helm.toolkit.fluxcd.io/", b"argoproj.io/")
_REMOTE = (b"://", b"github.com", b"@")
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def brought(name: str, data: bytes, home: bytes) -> list[str]:
    """The entry points of a file that bring images from outside, as reports name them; `home` is the backup registry.

    The bytes tell most files that bring none.
    """
    if name.rpartition("/")[2] in _NAMES:
        is_done = home in without_addresses(data, home)
        is_remote = any(mark in data for mark in _REMOTE) and not is_done and _has_remote(name, data)
        return [name.rpartition("/")[0] or "."] if is_remote else []
    return list(_objects(name, data, home)) if any(mark in data for mark in _CHARTS) else []


def _has_remote(name: str, data: bytes) -> bool:
    from gitops_clone.layers.kustomization import Unreadable, read
    from gitops_clone.layers.paths import resolve

    try:
        found = read(name, data)
    except Unreadable:
        return False
    return any(resolve(found.folder, written) is None for written in (*found.resources, *found.components))


def _objects(name: str, data: bytes, home: bytes) -> Iterator[str]:
    from gitops_clone.controllers.read import find

    try:
        chunks = split(decode(data).utf8)
    except Undecodable:
        return
    for chunk in chunks:
        if home not in without_addresses(chunk.data, home) and any(mark in chunk.data for mark in _CHARTS):
            yield from (str(each.owner) for each in find(name, chunk.data) if each.chart is not None)


def warnings(found: Sequence[str]) -> list[str]:
    """The line that tells how many they are, and what to run."""
    if not found:
        return []
    first = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    many = f"{len(found)} entry points bring" if len(found) > 1 else "1 entry point brings"
    return [f"{many} images from outside ({first}): `gitops-clone rewrite --render` takes them in"]
