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

    `sort`: the image entries are put in the order of their names. `maps` get more pairs; a key that is there already is
    refused unless its map is among those that are `forced`. `replicas` are counts by name, as YAML.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    images: Sequence[ImageOverride] = ()
    sort: bool = False
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    forced: frozenset[str] = frozenset()
    replicas: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.keys or any(self.lists.values()) or self.images or any(self.maps.values()) or self.replicas)


class Unfit(ValueError):
    """The additions do not fit the kustomization; the message says why, in one line."""


def amended(text: str, added: Additions) -> str:
    """The kustomization in flow style, with the additions. Raises `Unfit`."""
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
        for key, pairs in added.maps.items():
            if pairs:
                texts[key] = _joined(key, _pairs(view, own.get(key)), pairs, forced=key in added.forced)
        if added.replicas:
            kept = view.children(own["replicas"]) if view and "replicas" in own else ()
            items = [flow(view, item) for item in kept if view and view.text(item, "name") not in added.replicas]
            items += [f"{{name: {json.dumps(name)}, count: {count}}}" for name, count in added.replicas.items()]
            texts["replicas"] = f"[{', '.join(items)}]"
        if added.images:
            entries = list(_entries(view, own.get("images"))) if view else []
            texts["images"] = json.dumps(list(_merged(entries, added)))
    except (Unparsable, TooManyAliases, RecursionError):
        raise Unfit("its kustomization cannot be read") from None
    return "".join(f"{json.dumps(key)}: {value}\n" for key, value in texts.items())


def _pairs(view: View | None, visit: Visit | None) -> dict[str, str]:
    """The pairs of a map, their values as YAML."""
    below = view.children(visit) if view is not None and visit is not None else ()
    return {str(child.path[-1]): flow(view, child) for child in below} if view is not None else {}


def _joined(key: str, before: Mapping[str, str], added: Mapping[str, str], *, forced: bool) -> str:
    """A map with more pairs, as `kustomize edit add label` and `annotation` join them."""
    double = next((name for name in added if name in before and not forced), None)
    if double is not None:
        raise Unfit(f"its kustomization has {key} {double} already, which Argo CD refuses unless it is forced")
    pairs = {**before, **{name: json.dumps(value) for name, value in added.items()}}
    return f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in pairs.items())}}}"


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
