"""Image overrides above kustomize: in objects of Flux and Argo CD. Their names select what a rewrite would rename.

Flux: `spec.images` of a Kustomization, `spec.postRenderers[].kustomize.images` of a HelmRelease. Argo CD:
`kustomize.images` of the sources of an Application or ApplicationSet, as `name=new:tag`, `name:tag` or `name@digest`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.layers.transformer import split as split_image

_OWNER = re.compile(rb"apiVersion[\"']?:[ \t]*[\"']?(?:[\w.-]+\.toolkit\.fluxcd\.io|argoproj\.io)/")


@dataclass(frozen=True, slots=True)
class Override:
    """A name that selects images, and where it stands."""

    file: str
    line: int
    name: str
    owner: str


def find(file: str, data: bytes) -> list[Override]:
    """The overrides of one file. What does not parse has none; the scan reports it."""
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return []
    found: list[Override] = []
    for chunk in split(source.utf8):
        if b"images" not in chunk.data or not _OWNER.search(chunk.data):
            continue
        text = chunk.data.decode()
        before = source.utf8.count(b"\n", 0, chunk.start)
        try:
            for root in parse(text, second_opinion=False):
                if isinstance(root, Mapping):
                    found += _of_object(file, text, before, View(root))
        except (Unparsable, TooManyAliases, RecursionError):
            continue
    return found


def _of_object(file: str, text: str, before: int, view: View) -> Iterator[Override]:
    kind, version = view.text(view.root, "kind"), view.text(view.root, "apiVersion") or ""
    owner = f"{kind} {view.text(view.root, 'metadata', 'name')}"
    if version.startswith(("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")):
        lists = [view.at(view.root, "spec", "images")]
        renderers = view.at(view.root, "spec", "postRenderers")
        lists += [view.at(each, "kustomize", "images") for each in (view.children(renderers) if renderers else ())]
        for entry in (entry for listed in lists if listed for entry in view.children(listed)):
            name = view.child(entry, "name")
            if name is not None and isinstance(name.node, Scalar):
                yield Override(file, _line(text, before, name.node), name.node.value, owner)
    elif version.startswith("argoproj.io/"):
        for visit in view.walk(view.root):
            if visit.path[-2:] == ("kustomize", "images"):
                yield from _argo(file, text, before, view, visit, owner)


def _argo(file: str, text: str, before: int, view: View, listed: Visit, owner: str) -> Iterator[Override]:
    for entry in view.children(listed):
        if isinstance(entry.node, Scalar):
            old = entry.node.value.partition("=")[0]
            yield Override(file, _line(text, before, entry.node), split_image(old).name, owner)


def _line(text: str, before: int, scalar: Scalar) -> int:
    return before + text.count("\n", 0, scalar.start) + 1
