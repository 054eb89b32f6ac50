"""The values of one release, layer upon layer: its chart's, its subcharts' and its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import Path
from gitops_clone.releases import keys
from gitops_clone.releases.model import At, Release, Spot
from gitops_clone.releases.propose import Near
from gitops_clone.releases.sources import Source


class Layer(NamedTuple):
    """A source of values, and the keys under which the release has them: those of a subchart stand under its name.

    `given`: the release gives them, they are no chart's own.
    """

    prefix: Path
    source: Source
    given: bool = True

    def inner(self, path: Path) -> Path | None:
        """A path of the release as one of the source; None where it leads elsewhere."""
        size = len(self.prefix)
        return path[size:] if path[:size] == self.prefix else None


@dataclass(frozen=True, slots=True)
class Reading:
    """A release, the layers of its values, those that win last, and the literal references in its chart's templates.

    `absent` are the charts that are not at hand: the names of subcharts by the key that their values stand under; under
    no key, that of the release's own chart. `failing` are the templates that cannot be rendered, with the reason: the
    others are.
    """

    release: Release
    layers: tuple[Layer, ...]
    literals: tuple[Spot, ...] = ()
    absent: Mapping[Path, str] = field(default_factory=dict)
    failing: Mapping[str, str] = field(default_factory=dict)

    def spots(self) -> Iterator[Spot]:
        """All texts that images may be made of."""
        for layer in self.layers:
            yield from layer.source.spots.values()
            yield from layer.source.embedded.values()
        yield from self.literals

    def absent_chart(self, path: Path) -> str | None:
        """The name of the chart that is not at hand and gets the value at a path; None for one that is."""
        return next((name for prefix, name in self.absent.items() if path[: len(prefix)] == prefix), None)

    @property
    def files(self) -> frozenset[str]:
        """The files that its values stand in, and its templates with literal references."""
        return frozenset((*(layer.source.file for layer in self.layers), *(spot.at.file for spot in self.literals)))

    def beside(self, at: At, kind: tuple[str, ...]) -> list[Near]:
        """What is, or could be, beside a scalar under the keys of a kind; what wins over others comes first."""
        found: list[Near] = []
        room: Near | None = None
        for layer, path in self._paths(at):
            if not path or not isinstance(path[-1], str):
                continue
            names = list(keys.of(kind, path[-1]))
            above = (*layer.prefix, *path[:-1])
            found += (near for name in names for near in self._at((*above, name)))
            place = layer.source.maps.get(path[:-1])
            if room is None and place is not None:
                room = Near(At(at.file, place + pointer((names[0],))), None)
        return found or ([room] if room else [])

    def _paths(self, at: At) -> Iterator[tuple[Layer, Path]]:
        for layer in self.layers:
            if layer.source.file == at.file:
                yield from ((layer, path) for path in layer.source.paths.get(at, ()))

    def _at(self, path: Path) -> Iterator[Near]:
        """The scalars that may give a value, the last layer's first."""
        for layer in reversed(self.layers):
            inner = layer.inner(path)
            spot = layer.source.spots.get(inner) if inner is not None else None
            if spot is not None:
                yield Near(spot.at, "" if spot.null else spot.text)
