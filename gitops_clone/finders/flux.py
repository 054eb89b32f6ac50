"""Which Flux ImageRepository feeds an ImagePolicy, so that a report can name the object to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import View


def image_repositories(files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """ImagePolicies, as `namespace:name`, to the words for their ImageRepository, from files (name, bytes).

    Documents that no parser takes are passed over; the scan reports them.
    """
    policies: dict[str, str] = {}
    places: dict[str, str] = {}
    for file, data in files:
        for view in _objects(data):
            kind = view.text(view.root, "kind")
            namespace = view.text(view.root, "metadata", "namespace") or "flux-system"
            name = view.text(view.root, "metadata", "name")
            if kind == "ImagePolicy":
                target = view.text(view.root, "spec", "imageRepositoryRef", "name")
                owner = view.text(view.root, "spec", "imageRepositoryRef", "namespace") or namespace
                if target:
                    policies[f"{namespace}:{name}"] = f"{owner}/{target}"
            elif kind == "ImageRepository":
                places[f"{namespace}/{name}"] = file
    return {
        policy: f"ImageRepository {target}" + (f" ({places[target]})" if target in places else "")
        for policy, target in policies.items()
    }


def _objects(data: bytes) -> Iterator[View]:
    """The documents of a file that may be of Flux's image automation."""
    if b"ImagePolicy" not in data and b"ImageRepository" not in data:
        return
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return
    for chunk in split(source.utf8):
        if b"Image" not in chunk.data:
            continue
        try:
            roots = parse(chunk.data.decode(), second_opinion=False)
        except Unparsable:
            continue
        yield from (View(root) for root in roots if root is not None)
