"""How charts call the parts of an image: which keys hold them, and which of them belong together. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

REGISTRY = ("registry", "imageRegistry", "image_registry", "hub", "dockerRegistry")
NAME = ("repository", "repo", "image", "name", "imageRepository", "imageName", "image_repository", "image_name")
TAG = ("tag", "imageTag", "image_tag", "version", "imageVersion", "image_version")
DIGEST = ("digest", "sha", "imageDigest", "image_digest", "imageSha", "sha256")

_ENDS = re.compile(
    r"(?P<stem>.*?)_?(?:[rR]epository|[rR]epo|[iI]mageName|[nN]ame|[dD]igest|[sS]ha(?:256)?|[tT]ag|[vV]ersion)"
)

_SPEAKS = re.compile(r"image|repo|registry|hub|name\Z", re.IGNORECASE)


def speaks(place: str) -> bool:
    """Whether the last key of a place speaks of images, or of where they come from; a line of a template does."""
    return place.startswith("~") or _SPEAKS.search(place.rpartition("/")[2]) is not None


def of(kind: tuple[str, ...], beside: str) -> Iterator[str]:
    """The keys that may hold another part (`TAG`, `DIGEST`, `REGISTRY`) of what a key holds, the likeliest first.

    `imageRepository` goes with `imageTag`, `repository` with `tag`, `sidecarImage` with `sidecarImageTag`.
    """
    match = _ENDS.fullmatch(beside)
    stem = match["stem"] if match else beside
    names = []
    for base in dict.fromkeys(each.removeprefix("image").lstrip("_").lower() for each in kind):
        if stem and stem not in ("image", "Image"):
            names += [f"{stem}{base.capitalize()}", f"{stem}_{base}"]
            short = stem.removesuffix("Image").removesuffix("_image")
            if short and short != stem:
                names += [f"{short}{base.capitalize()}", f"{short}_{base}"]
    own = [name for name in kind if name.lower().startswith("image") == (stem in ("image", "Image"))]
    yield from dict.fromkeys([*names, *own, *kind])
