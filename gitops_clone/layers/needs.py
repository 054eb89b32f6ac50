"""Which manifests a kustomization has to look into to tell what becomes of images. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gitops_clone.layers.kustomization import Kustomization
from gitops_clone.layers.patches import ReadPatch
from gitops_clone.layers.replacements import Replacement
from gitops_clone.layers.simulate import Looked

_LITERAL = re.compile(r"[\w.-]+")


def needs(each: Kustomization, looked: Looked) -> set[bytes] | None:
    """Texts of the objects that are needed besides those with images: any of them will do (None: all objects).

    Empty where no object must be looked into at all.
    """
    found: set[bytes] = set()
    for needles in _all(each, looked):
        if needles is None:
            return None
        found |= needles
    return found


def _all(each: Kustomization, looked: Looked) -> Iterator[set[bytes] | None]:
    for patch in (*looked.patches.before, *looked.patches.after):
        yield from _of_patch(patch)
    for copy in looked.copies:
        yield _of_copy(copy)
    for variable in each.acts.variables:
        yield _named(variable.source)
    for spec in looked.image_fields:
        yield {(spec.kind or spec.path.rpartition("/")[2]).encode()}
    for transform in looked.transforms:
        for patch in transform.patches:
            yield from _of_patch(patch)
        yield from (_of_copy(copy) for copy in transform.copies)
        yield from ({spec.path.rpartition("/")[2].encode()} for spec in transform.fields)


def _of_patch(patch: ReadPatch) -> Iterator[set[bytes] | None]:
    """What a patch goes to, if it brings an image; else only objects with images matter, if it touches any."""
    if not patch.touches:
        return
    if not patch.brings_image:
        yield {b"\0"}
    elif patch.target is None:
        yield from ({merge.id.name.encode()} for merge in patch.merges)
    else:
        yield _named(patch.target)


def _of_copy(copy: Replacement) -> set[bytes] | None:
    return _named(copy.source) if copy.value is None else {b"\0"}


def _named(selector: Mapping[str, str]) -> set[bytes] | None:
    """A text that the object has which a selector names."""
    for key in ("name", "kind"):
        if _LITERAL.fullmatch(selector.get(key, "")):
            return {selector[key].encode()}
    return None
