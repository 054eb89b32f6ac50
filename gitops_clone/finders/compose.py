"""Split references: put together from their parts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gitops_clone.documents.node import Scalar
from gitops_clone.finders.catalogue import Role
from gitops_clone.finders.rows import Hit
from gitops_clone.finders.view import Visit
from gitops_clone.image import InvalidReference, parse

_FIGURES = re.compile("[0-9a-f]{64}")
_SHARED = "its registry stands for other images too"


class Composed(NamedTuple):
    """A reference, the nodes of the parts that it is made of besides the repository, and why it cannot move."""

    image: str
    parts: dict[Role, Visit]
    note: str | None


def compose(hit: Hit) -> Composed:
    """The reference whose repository a row has found. One with a tag or digest of its own stands for itself."""
    assert isinstance(hit.visit.node, Scalar)
    repository = hit.visit.node.value
    if is_complete(repository):
        return Composed(repository, {}, None)
    parts: dict[Role, Visit] = {}
    shared = False
    for role, places in hit.row.parts.items():
        for place in places:
            start = hit.top if place.from_top else hit.parent
            found = hit.view.at(start, *(key.name for key in place.path))
            if found is not None and isinstance(found.node, Scalar) and found.node.value.strip():
                parts[role] = found
                shared |= role is Role.REGISTRY and place.from_top
                break
    values = {role: visit.node.value for role, visit in parts.items() if isinstance(visit.node, Scalar)}
    image = joined(repository, values)
    if not values.keys() & {Role.TAG, Role.DIGEST, Role.SHA}:
        return Composed(image, parts, "its tag is not in Git: a program adds it")
    if Role.REGISTRY in hit.row.parts and Role.REGISTRY not in parts:
        # As it stands it would read as an image of Docker Hub, where its name may be anybody's.
        return Composed(image, parts, "its registry is not in Git: a program adds it")
    return Composed(image, parts, _SHARED if shared else None)


def is_shared(visit: Visit) -> bool:
    """Whether the text of a part may stand for something else too."""
    return visit.alias is not None or (isinstance(visit.node, Scalar) and visit.node.anchor is not None)


def is_complete(image: str) -> bool:
    """Whether a text is a reference with a tag or a digest."""
    try:
        reference = parse(image)
    except InvalidReference:
        return False
    return reference.tag is not None or reference.digest is not None


def joined(repository: str, parts: Mapping[Role, str]) -> str:
    """The reference that parts make: `REGISTRY/repository:TAG@DIGEST`."""
    registry = parts.get(Role.REGISTRY, "").rstrip("/")
    text = f"{registry}/{repository}" if registry else repository
    tag, digest = parts.get(Role.TAG, "").replace("+", "-"), parts.get(Role.DIGEST, "")
    if parts.get(Role.SHA) or _FIGURES.fullmatch(digest):
        digest = f"sha256:{parts.get(Role.SHA) or digest}"
    if tag.startswith("sha256:"):
        tag, digest = "", digest or tag
    if "@" in tag and digest:
        tag = tag.partition("@")[0]
    return f"{text}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"
