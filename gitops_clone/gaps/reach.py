"""Flux and Argo CD fetching relocated charts and artifacts from where their pods do not get to. Pure.

They fetch from pods: what only the nodes reach, on their own loopback, or without TLS, does not serve them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from gitops_clone.admission.places import owner_of
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.gaps.model import Gap, Kind, one_each

_MARKS = (b"source.toolkit.fluxcd.io/", b"argoproj.io/")
_FLUX = ("OCIRepository", "HelmRepository")


class Backup(NamedTuple):
    """The backup registry, and what of it stands in the way of pods."""

    registry: str
    loopback: bool
    insecure: bool


def find(files: Iterable[tuple[str, bytes]], moved: Mapping[str, Collection[int]], backup: Backup) -> Iterator[Gap]:
    """One gap for each sort; `moved` are the documents, by file, whose addresses move or have moved."""
    lacking: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for file, data in files if backup.loopback or backup.insecure else ():
        for each in objects(file, data, _MARKS if file in moved else ()):
            told = _lacks(each, backup) if each.document in moved[file] else None
            if told is not None:
                lacking[told].append((file, each.line(each.visit), owner_of(each)))
    yield from one_each(Kind.REACH, lacking)


def _lacks(each: Object, backup: Backup) -> tuple[str, str] | None:
    """What is in the way of fetching what an object names, and the remedy."""
    if backup.loopback:
        return (
            f"Flux and Argo CD fetch charts and artifacts from pods, whose loopback has no {backup.registry}",
            "set a backup-registry that pods reach too (push-registry is the name that this machine has for it)",
        )
    if each.kind not in _FLUX or each.read("spec", "insecure") == "true":
        return None
    return f"Flux expects TLS of {backup.registry}, which may have none", "if so, add insecure: true beside the url"
