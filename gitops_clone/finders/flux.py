"""Which Flux ImageRepository feeds an ImagePolicy, so that a report can name the object to change."""

from __future__ import annotations

from collections.abc import Iterable

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
    for name, data in files:
        if b"ImagePolicy" not in data and b"ImageRepository" not in data:
            continue
        for chunk_text in _texts(data):
            for view in _views(chunk_text):
                kind = view.text(view.root, "kind")
                namespace = view.text(view.root, "metadata", "namespace") or "flux-system"
                own_name = view.text(view.root, "metadata", "name")
                if kind == "ImagePolicy":
                    target = view.text(view.root, "spec", "imageRepositoryRef", "name")
                    owner = view.text(view.root, "spec", "imageRepositoryRef", "namespace") or namespace
                    if target:
                        policies[f"{namespace}:{own_name}"] = f"{owner}/{target}"
                elif kind == "ImageRepository":
                    places[f"{namespace}/{own_name}"] = name
    return {
        policy: f"ImageRepository {target}" + (f" ({places[target]})" if target in places else "")
        for policy, target in policies.items()
    }


def _texts(data: bytes) -> list[str]:
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return []
    return [chunk.data.decode() for chunk in split(source.utf8) if b"Image" in chunk.data]


def _views(text: str) -> list[View]:
    try:
        return [View(root) for root in parse(text, second_opinion=False) if root is not None]
    except Unparsable:
        return []
