"""What the objects of a tree apply, with all that they refer to as far as it stands in the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitops_clone.controllers import read, sources
from gitops_clone.controllers.model import Applied
from gitops_clone.controllers.sources import ConfigMap, Source
from gitops_clone.render.tree import Tree

_REFERRED = (b"source.toolkit.fluxcd.io/", b"ConfigMap", b"configMapGenerator")


@dataclass(frozen=True, slots=True)
class Referred:
    """What objects refer to: the sources of Flux, and ConfigMaps."""

    sources: Sequence[Source]
    config_maps: Sequence[ConfigMap]


def referred(tree: Tree, names: Iterable[str]) -> Referred:
    """What some files of a tree, or texts that were made, have of that."""
    files = list(_with_marks(tree, names, _REFERRED))
    return Referred(sources.sources(files), sources.config_maps(files, tree.content))


def find(tree: Tree, names: Iterable[str]) -> list[Applied]:
    """What the objects of some files, or of texts that were made, apply."""
    return [each for name, data in _with_marks(tree, names, read.MARKS) for each in read.find(name, data)]


def follow(found: Iterable[Applied], *known: Referred) -> list[Applied]:
    """What objects apply, with what they refer to; of several that know a thing, the first counts."""
    applied = list(found)
    for each in reversed(known):
        applied = sources.charts(applied, each.sources)
    for each in known:
        applied = sources.resolve(applied, each.config_maps)
    return applied


def _with_marks(tree: Tree, names: Iterable[str], marks: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        data = tree.read(name)
        if any(mark in data for mark in marks):
            yield name, data
