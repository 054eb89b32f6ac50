"""Images that charts compose of values: the texts that they are made of, and the releases that have them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gitops_clone.documents.standing import Path
from gitops_clone.finding import Finding, Place
from gitops_clone.releases import keys
from gitops_clone.releases.compose import lead
from gitops_clone.releases.model import At
from gitops_clone.releases.releases import Releases
from gitops_clone.releases.survey import Image


@dataclass(frozen=True, slots=True)
class Part:
    """A text that an image is made of: what it adds, and where it stands (lines and columns 1-based)."""

    text: str
    at: At
    line: int
    column: int

    def told(self, file: str) -> str:
        """The text and where it stands, seen from a file."""
        where = f"line {self.line}" if self.at.file == file else f"{self.at.file}:{self.line}"
        return f"{self.text} ({where})"


@dataclass(frozen=True, slots=True)
class Composed:
    """The parts of one image, and the releases that render it; none where its chart is not at hand."""

    parts: tuple[Part, ...]
    releases: tuple[str, ...]


class Index:
    """The composed images of a scan, by their findings and by the places of their parts."""

    def __init__(self, amenders: Iterable[object]) -> None:
        self._by_place: dict[Place, Composed] = {}
        self._values: dict[str, str] = {}
        for releases in amenders:
            if isinstance(releases, Releases):
                for each in releases.looked:
                    for layer in each.reading.layers:
                        self._values.setdefault(layer.source.file, str(each.reading.release))
                for image in releases.images:
                    self._by_place[image.finding.place] = _composed(releases, image)

    def of(self, finding: Finding) -> Composed | None:
        """What a finding is composed of; None if it stands as a whole."""
        return self._by_place.get(finding.place)

    def release_of(self, file: str) -> str | None:
        """A release that has its values, or some of them, from a file."""
        return self._values.get(file)


def _composed(releases: Releases, image: Image) -> Composed:
    names = dict.fromkeys(str(releases.looked[number].reading.release) for number, _ in image.seen)
    return Composed(tuple(_parts(releases, image)), tuple(names))


def _parts(releases: Releases, image: Image) -> Iterator[Part]:
    """What is told by rendering, and of tags and digests, of which that is not told, what stands beside the name."""
    readings = [releases.looked[number].reading for number, _ in image.seen or ((image.release, 0),)]
    told = {part.at: part.text for part in image.parts if part.at is not None}
    for reading in readings:
        for at in [lead(image.parts)] if image.seen else []:
            beside = (near for kind in (keys.TAG, keys.DIGEST) for near in (reading.beside(at, kind) if at else ()))
            told |= {n.at: n.text for n in beside if n.text and n.at not in told and _adds(image.text, n.text)}
    for at, text in told.items():
        sources = (layer.source for reading in readings for layer in reading.layers)
        source = next((source for source in sources if at in source.offsets), None)
        if source is not None:
            line, column = source.lines.position(source.offsets[at])
            yield Part(text, at, line, column)


def _adds(image: str, text: str) -> bool:
    """Whether a reference has a text as its tag or digest, or at the beginning of these."""
    return any(f"{mark}{text}" in image for mark in ":@")


def is_values(kind: str, path: Path) -> bool:
    """Whether a path of an object leads to the values of a chart."""
    return path[:2] == ("spec", "values") if kind == "HelmRelease" else "helm" in path
