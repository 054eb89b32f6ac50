"""Images in the values of a chart that is not at hand: told by the shapes that charts have for them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops_clone.finders.view import Path
from gitops_clone.image import InvalidReference, parse
from gitops_clone.releases import keys
from gitops_clone.releases.compose import Composition, Part, lead, name_end
from gitops_clone.releases.model import At, Spot
from gitops_clone.releases.reading import Layer

NO_TAG = "its tag is not in these values: the chart is not in the repository"
NO_NAME = "only its tag is in these values: the chart, and with it the image, is not in the repository"
NO_HOST = "the chart is not in the repository, and may put a registry before it: `rewrite --render` tells"
OWN_DIGEST = "the chart is not in the repository, and adds a digest of its own: give the digest here too"

# Charts whose own values hold digests, which stay when only a tag is given.
_WITH_DIGESTS = frozenset(("ingress-nginx",))
# Charts that render repository and tag as they are given.
_WITHOUT_REGISTRY = frozenset(("app-template",))
_SPEAKS = re.compile(r"image", re.IGNORECASE)
_REPOSITORY = ("repository", "repo", "imageRepository", "image_repository")
_STRING = re.compile(r"(?:.*[a-z0-9_])?[iI]mage(?:[A-Z]\w*)?|image_\w+")
_PART = re.compile(r"[\w./:@{}$ <>+-]*")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Shape:
    """An image that values describe: its text, and the scalars that compose it."""

    image: str
    parts: Composition

    @property
    def lead(self) -> At:
        """The scalar that has the repository; of an image without a name, the tag."""
        return lead(self.parts) or next(part.at for part in self.parts if part.at is not None)


def effective(layers: Sequence[Layer]) -> dict[Path, Spot]:
    """The scalars of values laid upon each other: maps are merged, lists and all else replaced."""
    found: dict[Path, Spot] = {}
    for layer in layers:
        spots = {(*layer.prefix, *path): spot for path, spot in layer.source.spots.items()}
        replaced = {_list_of(path) or path for path in spots}
        found = {path: spot for path, spot in found.items() if not any(_heads(path, replaced))} | spots
    return found


def _list_of(path: Path) -> Path | None:
    """The outermost list that a path leads through."""
    return next((path[:end] for end, step in enumerate(path) if isinstance(step, int)), None)


def _heads(path: Path, others: set[Path]) -> Iterator[Path]:
    """The beginnings of a path, itself included, that are among others."""
    return (path[:end] for end in range(1, len(path) + 1) if path[:end] in others)


def find(spots: Mapping[Path, Spot]) -> list[Shape]:
    """The images in values, given as scalars by path."""
    maps: dict[Path, dict[str, Spot]] = defaultdict(dict)
    for path, spot in spots.items():
        if path and isinstance(path[-1], str):
            maps[path[:-1]][path[-1]] = spot
    found: list[Shape] = []
    for path, below in maps.items():
        here = [shape for key in below if (shape := _image(path, key, below)) is not None]
        found += here or _nameless(path, below)
    return found


def _image(path: Path, key: str, below: Mapping[str, Spot]) -> Shape | None:
    """The image whose name a key has; None if it has none."""
    spot = below[key]
    if spot.null or not spot.text or not _is_name(path, key, below):
        return None
    if _is_complete(spot.text):
        return Shape(spot.text, (Part(spot.text, spot.at),))
    registry, tag, digest = (_beside(below, kind, key) for kind in (keys.REGISTRY, keys.TAG, keys.DIGEST))
    if key in _REPOSITORY and (last := below.get("image")) is not None and last.text and "/" not in last.text:
        name = [Part(spot.text, spot.at), Part("/", None), Part(last.text, last.at)]
    else:
        name = [Part(spot.text, spot.at)]
    parts: list[Part] = []
    if registry is not None and registry.text:
        parts += (Part(registry.text, registry.at), Part("/", None))
    parts += name
    if tag is not None and tag.text:
        parts += (Part(":", None), Part(tag.text, tag.at))
    if digest is not None and digest.text:
        parts += (Part("@sha256:" if _HEX.fullmatch(digest.text) else "@", None), Part(digest.text, digest.at))
    return Shape("".join(part.text for part in parts), tuple(parts))


def _is_name(path: Path, key: str, below: Mapping[str, Spot]) -> bool:
    """Whether a key has the name of an image: by what it is called, and by what stands beside it."""
    text = below[key].text
    if not _PART.fullmatch(text) or "://" in text or text.lower() in ("true", "false") or " " in text:
        return False
    spoken = any(isinstance(step, str) and _SPEAKS.search(step) for step in path[-2:])
    tagged = any(other in below for other in (*keys.of(keys.TAG, key), *keys.of(keys.DIGEST, key)))
    if key in _REPOSITORY:
        return spoken or tagged or any(other in below for other in keys.REGISTRY)
    if key == "name":
        return spoken and tagged and ("/" in text or "repository" not in below)
    if key in ("image", "imageName", "image_name"):
        return not any(other in below and below[other].text for other in _REPOSITORY)
    other = any(key in kind for kind in (keys.REGISTRY, keys.TAG, keys.DIGEST))
    return not other and _STRING.fullmatch(key) is not None and ("/" in text or _is_complete(text))


def _beside(below: Mapping[str, Spot], kind: tuple[str, ...], key: str) -> Spot | None:
    return next((below[name] for name in keys.of(kind, key) if name in below and not below[name].null), None)


def _is_complete(text: str) -> bool:
    return name_end(text) < len(text)


def _has_host(image: str) -> bool:
    """Whether the registry of an image is written."""
    first, slash, _ = image.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def doubt(shape: Shape, chart: str) -> str | None:
    """Why it is not certain that this is what a chart of this name renders."""
    image = shape.image
    if image.startswith((":", "@")):
        return NO_NAME
    if not _is_complete(image):
        return NO_TAG
    try:
        digest = parse(image).digest
    except InvalidReference:
        return None  # which is told where its state is
    if chart in _WITH_DIGESTS and digest is None:
        return OWN_DIGEST
    return None if _has_host(image) or chart in _WITHOUT_REGISTRY else NO_HOST


def _nameless(path: Path, below: Mapping[str, Spot]) -> Iterator[Shape]:
    """A tag or a digest whose image is the chart's."""
    if not path or not isinstance(path[-1], str) or not _SPEAKS.search(path[-1]):
        return
    for key in ("tag", "digest"):
        spot = below.get(key)
        if spot is not None and spot.text and not spot.null:
            yield Shape(f"{':' if key == 'tag' else '@'}{spot.text}", (Part(spot.text, spot.at),))
            return
