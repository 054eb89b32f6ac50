"""What a rendering has of Flux and Argo CD: objects whose overrides and values are judged by what they make.

A HelmRelease may get a post-renderer, an Application values, and a ConfigMap of values another name: whether that
relocates images and changes nothing else is seen where they are rendered themselves. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.render.documents import Document
from gitops_clone.render.values import flow

_GROUPS = ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "argoproj.io")
_GIVEN = {
    "HelmRelease": ("values", "valuesFrom", "postRenderers"),
    "Kustomization": ("images", "patches", "patchesStrategicMerge", "patchesJson6902", "postBuild"),
    "Application": ("helm", "kustomize"),
    "ApplicationSet": ("helm", "kustomize"),
}
_REFERENCES = ("valuesFrom", "substituteFrom")


def without_given(documents: Sequence[Document]) -> list[Document]:
    """The documents, in such objects and their ConfigMaps without what is judged elsewhere."""
    views = {document.name: view for document in documents if (view := _object(document)) is not None}
    named = {name for view in views.values() for name in _config_maps(view)}
    result = []
    for document in documents:
        skip: tuple[str, ...] = ()
        view = views.get(document.name)
        if view is not None:
            skip = _GIVEN[document.kind]
        elif document.kind == "ConfigMap" and (view := _view(document)) is not None:
            skip = ("data", "name") if view.text(view.root, "metadata", "name") in named else ()
        result.append(replace(document, text=_text(view, skip), places=()) if view is not None and skip else document)
    return result


def _object(document: Document) -> View | None:
    """An object of Flux or Argo CD; None for all others."""
    if document.kind not in _GIVEN or not any(group in document.text for group in _GROUPS):
        return None
    view = _view(document)
    group = (view.text(view.root, "apiVersion") or "").partition("/")[0] if view is not None else ""
    return view if group in _GROUPS else None


def _view(document: Document) -> View | None:
    try:
        roots = [root for root in parse(document.text, second_opinion=False) if root is not None]
        view = View(roots[0]) if roots else None
        for _ in view.walk(view.root) if view is not None else ():
            pass  # which counts aliases
        return view
    except (Unparsable, TooManyAliases):
        return None


def _config_maps(view: View) -> Iterator[str]:
    """The names of the ConfigMaps that an object reads."""
    for visit in view.walk(view.root):
        if visit.path and visit.path[-1] in _REFERENCES and isinstance(visit.node, SequenceNode):
            for item in view.children(visit):
                if view.text(item, "kind") == "ConfigMap" and (name := view.text(item, "name")) is not None:
                    yield name


def _text(view: View, skip: Iterable[str]) -> str:
    """An object as YAML of one style, without keys that are skipped: of its parts, or of a source."""
    return "".join(f"{line}\n" for line in ("---", *_lines(view, view.root, frozenset(skip), "")))


def _lines(view: View, visit: Visit, skip: frozenset[str], indent: str) -> Iterator[str]:
    for child in view.children(visit):
        key = child.path[-1]
        if key in skip and (len(child.path) <= 2 or "source" in child.path or "sources" in child.path):
            continue
        head = f"{indent}{json.dumps(str(key))}:" if isinstance(visit.node, Mapping) else f"{indent}-"
        if isinstance(child.node, Scalar) or not any(True for _ in view.children(child)):
            yield f"{head} {flow(view, child)}"
        else:
            yield head
            yield from _lines(view, child, skip, f"{indent}  ")
