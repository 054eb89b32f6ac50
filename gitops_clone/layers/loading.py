"""Manifests to objects on their way through the layers; with trees only where something looks into them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial

from gitops_clone.documents.node import Mapping
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import Chunk, split
from gitops_clone.finders.view import TooManyAliases
from gitops_clone.finding import Finding
from gitops_clone.layers.flow import Key, Source, key_of
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.trees import Images, Leaf, Tree, grown

_ITEM = re.compile(r"\A(?:/items/\d+)+(?=/)")
_CRD = re.compile(rb"^kind:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)


def untouched(name: str, findings: Sequence[Finding]) -> tuple[Resource, ...]:
    """The objects of a file that nothing looks into: those with images."""
    owners: dict[tuple[int, str], list[tuple[str, Leaf]]] = {}
    spaces: dict[tuple[int, str], str | None] = {}
    for finding in findings:
        place = finding.place
        if place.pointer is not None:
            item = _ITEM.match(place.pointer)
            owner = (place.document, item[0] if item else "")
            key = key_of(place)
            leaf = (
                Leaf(place.image, key, image=True) if not place.inner else Leaf("", parts=(Source(key, place.image),))
            )
            owners.setdefault(owner, []).append((place.pointer[len(owner[1]) :], leaf))
            spaces[owner] = place.namespace
    return tuple(Resource(tuple(leaves), namespace=spaces[owner]) for owner, leaves in owners.items())


def images(findings: Sequence[Finding]) -> Images:
    """The images that findings are, by the scalars that hold them."""
    found: dict[Key, list[Source]] = {}
    for place in (finding.place for finding in findings if finding.place.pointer is not None):
        scalar = Key(place.file, place.document, place.pointer or "")
        found.setdefault(scalar, []).append(Source(key_of(place), place.image))
    return found


def looked_into(
    name: str, data: bytes, findings: Sequence[Finding], needles: Collection[bytes] | None
) -> tuple[Resource, ...]:
    """The objects of a file with their trees: those with images, and those with one of the needles (None: all)."""
    known = images(findings)
    starts = {finding.place.chunk for finding in findings}
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return untouched(name, findings)
    result: list[Resource] = []
    for chunk in split(source.utf8):
        if chunk.start in starts or _is_wanted(chunk, needles):
            result += _objects(name, chunk, known)
    return tuple(result)


def _is_wanted(chunk: Chunk, needles: Collection[bytes] | None) -> bool:
    if b"kind" not in chunk.data or _CRD.search(chunk.data):
        return False
    return needles is None or any(needle in chunk.data for needle in needles)


def _objects(name: str, chunk: Chunk, images: Images) -> Iterator[Resource]:
    try:
        roots = parse(chunk.data.decode())
    except (Unparsable, UnicodeDecodeError):
        return
    for document, root in enumerate(roots, chunk.document):
        if not isinstance(root, Mapping):
            continue
        try:
            yield from _of_tree(grown(root, partial(Key, name, document), images))
        except (TooManyAliases, RecursionError):
            continue  # the scan reports it


def _of_tree(tree: Tree) -> Iterator[Resource]:
    """The object that a tree is, or the objects of a list."""
    if not isinstance(tree, dict):
        return
    kind, items = tree.get("kind"), tree.get("items")
    if not isinstance(kind, Leaf):
        return
    if kind.text.endswith("List") and isinstance(items, list):
        for item in items:
            yield from _of_tree(item)
        return
    metadata = tree.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    space = namespace.text if isinstance(namespace, Leaf) and not namespace.null else None
    yield replace(Resource().grown(tree), namespace=space)
