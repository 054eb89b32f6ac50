"""The way of each image through the layers: from the place where it is written to what each entry point renders. Pure.

Where the layers cannot be followed exactly, more ways are kept than there may be: what holds for all of them holds for
the real ones (kustomize 5.7: resources, components, patches, then `images` in order; measured with the tool).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gitops_clone.finding import Place
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import ImageEntry, Kustomization
from gitops_clone.layers.transformer import Rule, apply, is_literal, matches

# kustomize runs each entry twice over the places that both of its filters reach (a tagSuffix is then added twice).
_ANY_DEPTH = re.compile(r"/(?:containers|initContainers)/\d+/image\Z")
_POD_SPEC = re.compile(
    r"/spec(?:/template/spec)?/(?:(?:containers|initContainers)/\d+/image|volumes/\d+/image/reference)\Z"
)
_LIST_ITEMS = re.compile(r"\A(?:/items/\d+)+(?=/)")
MAX_FLOWS = 200_000
MAX_LAYERS = 100


class Key(NamedTuple):
    """An image place: file, document, pointer within it."""

    file: str
    document: int
    pointer: str


def key_of(place: Place) -> Key:
    """The key of a place; a part of a scalar has one of its own."""
    return Key(place.file, place.document, f"{place.pointer or ''}{place.inner}")


@dataclass(frozen=True, slots=True)
class Source:
    """An image as it is written. `slot` is what a patch may replace: kind, object, list, container; None if unknown."""

    key: Key
    image: str
    reach: int
    slot: tuple[str, ...] | None = None
    namespace: str | None = None
    taint: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One way of one image (None: of objects that only rendering shows) to an entry point.

    `entries` are those it passes, in order, matching or not; `taint` says why the result cannot be told.
    """

    source: Source | None
    entries: tuple[str, ...] = ()
    namespace: str | None = None
    taint: str | None = None
    entry_point: str = ""
    shifted: bool = False


class Step(NamedTuple):
    """An entry that takes the image: what it was before, and is after."""

    entry: str
    before: str
    after: str


class TooManyWays(ValueError):
    """The layers multiply beyond what any repository means."""


def reach(pointer: str) -> int:
    """How often each entry is applied to the image at a pointer: 0 where the transformer does not go."""
    bare = _LIST_ITEMS.sub("", pointer)
    return int(_ANY_DEPTH.search(bare) is not None) + int(_POD_SPEC.fullmatch(bare) is not None)


def is_at(pointer: str, paths: Collection[str]) -> bool:
    """Whether a pointer is at one of the paths of `configurations`, such as `spec/image` or `spec/list[]/image`."""
    plain = re.sub(r"/\d+(?=/|\Z)", "", _LIST_ITEMS.sub("", pointer)).strip("/")
    return any(plain == path.replace("[]", "").strip("/") for path in paths)


def entry_key(entry: ImageEntry) -> str:
    """The name of an entry in flows: `FILE#POINTER`."""
    return f"{entry.file}#{entry.pointer}"


def rule_of(entry: ImageEntry) -> Rule:
    """What an entry does, as kustomize reads it."""
    return Rule(entry.name, entry.text("newName"), entry.text("newTag"), entry.text("digest"), entry.text("tagSuffix"))


@dataclass(frozen=True, slots=True)
class Patched:
    """The images of one patch: the sources, and the slots whose images it replaces for certain."""

    sources: tuple[Source, ...]
    slots: frozenset[tuple[str, ...]] = frozenset()
    objects: frozenset[tuple[str, ...]] = frozenset()
    by_index: bool = False


class Files(NamedTuple):
    """What the simulation asks of the files: their images, those of a patch, the image paths that a file configures."""

    sources: Callable[[str], tuple[Source, ...]]
    patches: Callable[[Kustomization], tuple[Patched, ...]]
    taint: Callable[[Kustomization], str | None]
    image_paths: Callable[[Kustomization], tuple[str, ...]]


def flows(graph: Graph, files: Files, folders: Sequence[str]) -> list[Flow]:
    """The flows of some entry points. Raises `TooManyWays`."""
    known: dict[str, tuple[Flow, ...]] = {}
    result: list[Flow] = []
    for folder in folders:
        if folder not in graph.cyclic:
            name = graph.kustomizations[folder].file
            result += (replace(flow, entry_point=name) for flow in _accumulate(graph, files, folder, (), known))
    return result


def held(graph: Graph, files: Files, folder: str, reason: str) -> list[Flow]:
    """The flows of an entry point that is not simulated: every image and entry below it stays as it is."""
    name = graph.kustomizations[folder].file
    result: list[Flow] = []
    for inner in graph.closure(folder):
        each = graph.kustomizations[inner]
        sources = [source for file in graph.includes[inner].files for source in files.sources(file)]
        sources += [source for patch in files.patches(each) for source in patch.sources]
        result += (Flow(source, namespace=source.namespace, taint=reason, entry_point=name) for source in sources)
        result.append(Flow(None, tuple(entry_key(e) for e in each.images), taint=reason, entry_point=name))
    return result


def _accumulate(
    graph: Graph,
    files: Files,
    folder: str,
    incoming: tuple[Flow, ...],
    known: dict[str, tuple[Flow, ...]],
    depth: int = 1,
) -> tuple[Flow, ...]:
    """What a kustomization yields, `depth` layers down; a component works on what its parent has so far."""
    each = graph.kustomizations[folder]
    if depth > MAX_LAYERS:
        raise TooManyWays(f"{each.file}: more than {MAX_LAYERS} layers above it")
    if not each.component and folder in known:
        return known[folder]
    below = graph.includes[folder]
    here = list(incoming)
    for inner in below.folders:
        here += _accumulate(graph, files, inner, (), known, depth + 1)
    for file in below.files:
        here += (Flow(source, namespace=source.namespace, taint=source.taint) for source in files.sources(file))
    here += (Flow(None, taint=f"{each.file}: {reason}") for reason in below.unknown)
    for inner in below.components:
        here = list(_accumulate(graph, files, inner, tuple(here), known, depth + 1))
    here = _patch(here, files.patches(each))
    here = [_pass(flow, each, files.taint(each)) for flow in here]
    if files.image_paths(each):
        here.append(
            Flow(
                None,
                tuple(entry_key(entry) for entry in each.images),
                taint=f"{each.file}: configurations add image fields",
            )
        )
    if len(here) > MAX_FLOWS:
        raise TooManyWays(f"{each.file}: more than {MAX_FLOWS:,} images on their way through the layers")
    if not each.component:
        known[folder] = tuple(here)
    return tuple(here)


def _patch(here: list[Flow], patches: Sequence[Patched]) -> list[Flow]:
    for patch in patches:
        hit = [flow for flow in here if flow.source is not None and _is_replaced(flow, flow.source, patch)]
        certain = {id(flow) for flow in hit} if len({_object(flow) for flow in hit}) == 1 else set()
        spaces = {flow.namespace for flow in here if _is_of(flow, patch)}
        namespace = next(iter(spaces)) if len(spaces) == 1 else None
        here = [_shifted(flow, patch) for flow in here if id(flow) not in certain]
        here += (Flow(source, namespace=source.namespace or namespace, shifted=True) for source in patch.sources)
    return here


def _is_replaced(flow: Flow, source: Source, patch: Patched) -> bool:
    if source.slot is None:
        return False
    if patch.by_index:
        return not flow.shifted and (*source.slot[:2], f"#{_LIST_ITEMS.sub('', source.key.pointer)}") in patch.slots
    return source.slot in patch.slots


def _object(flow: Flow) -> tuple[str, int]:
    assert flow.source is not None
    return flow.source.key.file, flow.source.key.document


def _is_of(flow: Flow, patch: Patched) -> bool:
    """Whether the image belongs to an object that the patch goes to."""
    slot = flow.source.slot if flow.source is not None else None
    objects = {each[:2] for each in patch.slots} | patch.objects
    return slot is not None and slot[:2] in objects


def _shifted(flow: Flow, patch: Patched) -> Flow:
    """A flow whose index in its list may be another after the patch."""
    slot = flow.source.slot if flow.source is not None else None
    return replace(flow, shifted=True) if slot is not None and slot[:2] in patch.objects else flow


def _pass(flow: Flow, each: Kustomization, taint: str | None) -> Flow:
    """A flow through the layer's own transformers."""
    taint = flow.taint or taint
    if taint is None and any(reason.startswith("transformers") for reason in each.opaque):
        taint = f"{each.file}: transformers change it in ways that only rendering shows"
    if taint is None and any(path == "?" or "image" in path for path in each.copied_fields):
        taint = f"{each.file}: replacements read or write image fields"
    entries = flow.entries
    if each.images and (flow.source is None or flow.source.reach):
        entries = (*entries, *(entry_key(entry) for entry in each.images))
    return replace(flow, entries=entries, namespace=each.namespace or flow.namespace, taint=taint)


def run(image: str, times: int, entries: Sequence[str], rules: Mapping[str, Sequence[Rule]]) -> list[Step]:
    """The entries that take an image on its way, in order; the last one's `after` is what is rendered."""
    steps: list[Step] = []
    for entry in entries:
        for rule in rules[entry]:
            if matches(rule.name, image):
                before = image
                for _ in range(times):
                    image = apply(rule, image)
                steps.append(Step(entry, before, image))
    return steps


def understood(rule: Rule) -> bool:
    """Whether a name means here what it means to kustomize: no regular expression but for dots."""
    return is_literal(rule.name)
