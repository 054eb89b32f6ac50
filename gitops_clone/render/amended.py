"""A kustomization's text with what Flux or Argo CD adds to it before they build it. Pure.

Flux: github.com/fluxcd/pkg, kustomize/kustomize_generator.go. Argo CD: util/kustomize/kustomize.go, which runs
`kustomize edit`. Both take an image entry as a whole in place of the one that has its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitops_clone.controllers.model import ImageOverride
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.render.values import flow


@dataclass(frozen=True, slots=True)
class Additions:
    """What is added: keys that are set, lists that are lengthened (their items as YAML in flow style), images.

    `sort`: the image entries are put in the order of their names.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    images: Sequence[ImageOverride] = ()
    sort: bool = False

    def __bool__(self) -> bool:
        return bool(self.keys or any(self.lists.values()) or self.images)


def amended(text: str, added: Additions) -> str | None:
    """The kustomization in flow style, with the additions; None where it cannot be read."""
    try:
        roots = [root for root in parse(text) if root is not None]
        view = View(roots[0]) if roots else None
        own = {str(child.path[-1]): child for child in view.children(view.root)} if view else {}
        texts = {key: flow(view, visit) for key, visit in own.items()} if view else {}
        for key, value in added.keys.items():
            texts[key] = json.dumps(value)
        for key, items in added.lists.items():
            before = [flow(view, item) for item in view.children(own[key])] if view and key in own else []
            if items:
                texts[key] = f"[{', '.join([*before, *items])}]"
        if added.images:
            entries = list(_entries(view, own.get("images"))) if view else []
            texts["images"] = json.dumps(list(_merged(entries, added)))
    except (Unparsable, TooManyAliases, RecursionError):
        return None
    return "".join(f"{json.dumps(key)}: {value}\n" for key, value in texts.items())


def _entries(view: View, images: Visit | None) -> Iterator[dict[str, str]]:
    for item in view.children(images) if images is not None else ():
        pairs = view.children(item)
        yield {str(pair.path[-1]): pair.node.value for pair in pairs if isinstance(pair.node, Scalar)}


def _merged(before: Sequence[dict[str, str]], added: Additions) -> Iterable[dict[str, str]]:
    """The entries with those that are added: in the place of the first with the same name, or behind all."""
    entries = list(before)
    if added.sort:
        entries = list({entry.get("name", ""): entry for entry in reversed(before)}.values())
    for image in added.images:
        at = next((n for n, entry in enumerate(entries) if entry.get("name") == image.name), len(entries))
        known = entries[at] if at < len(entries) else {}
        new = {"newName": image.new_name, "newTag": image.new_tag, "digest": image.digest}
        kept = {key: known.get(key, "") if value == "*" else value for key, value in new.items()}
        entries[at : at + 1] = [{"name": image.name, **{key: value for key, value in kept.items() if value}}]
    return sorted(entries, key=lambda entry: entry.get("name", "")) if added.sort else entries
