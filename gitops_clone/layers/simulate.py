"""What kustomizations make of images: every way from a place where one is written to what an entry point renders. Pure.

The order within one kustomization is that of kustomize 5.7, measured with the tool: resources, generators, components,
patches, namespace, names, labels, JSON 6902 patches, `images`, `replacements`, `transformers`; `vars` at the very end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gitops_clone.layers import names, variables
from gitops_clone.layers.fields import FieldSpec
from gitops_clone.layers.flow import Flow, Pass, Substitute
from gitops_clone.layers.generators import generate
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import ImageEntry, Kustomization
from gitops_clone.layers.over import Over
from gitops_clone.layers.patches import Content, Patches
from gitops_clone.layers.patching import loose, patch_all
from gitops_clone.layers.replacements import Replacement, replace_all
from gitops_clone.layers.resources import Layer, Resource
from gitops_clone.layers.transformer import Rule
from gitops_clone.layers.transforms import Transform
from gitops_clone.layers.trees import leaves
from gitops_clone.layers.variables import Variable

MAX_FLOWS = 200_000
MAX_LAYERS = 100


class TooManyWays(ValueError):
    """The layers multiply beyond what any repository means."""


class Looked(NamedTuple):
    """What is known of one kustomization besides its own file.

    `image_fields` and `variable_fields` are those of its `configurations`. `look`: objects are looked into there.
    """

    patches: Patches = Patches()
    copies: tuple[Replacement, ...] = ()
    transforms: tuple[Transform, ...] = ()
    image_fields: tuple[FieldSpec, ...] = ()
    variable_fields: tuple[FieldSpec, ...] = ()
    look: bool = False
    openapi: bool = False

    @property
    def changes_later(self) -> bool:
        """Whether something changes images after the kustomization's own entries."""
        return bool(self.look and self.copies) or any(
            transform.patches or transform.copies or transform.entry for transform in self.transforms
        )


class Files(NamedTuple):
    """What the simulation asks of the files: the objects in one, what is known of a kustomization, a file's bytes."""

    resources: Callable[[str], tuple[Resource, ...]]
    looked: Callable[[str], Looked]
    content: Content


@dataclass(frozen=True, slots=True)
class State:
    """What has come together so far: objects, entries that others pass of which only rendering shows what they are.

    `image_fields`, `variable_fields` and `variables` count from where they are said, and for all layers above.
    """

    resources: tuple[Resource, ...] = ()
    unknown: tuple[Flow, ...] = ()
    image_fields: tuple[FieldSpec, ...] = ()
    variable_fields: tuple[FieldSpec, ...] = ()
    variables: tuple[Variable, ...] = ()

    def joined(self, other: State) -> State:
        return State(
            (*self.resources, *other.resources),
            (*self.unknown, *other.unknown),
            _unique((*self.image_fields, *other.image_fields)),
            _unique((*self.variable_fields, *other.variable_fields)),
            (*self.variables, *other.variables),
        )


def entry_key(entry: ImageEntry) -> str:
    """The name of an entry in flows: `FILE#POINTER`."""
    return f"{entry.file}#{entry.pointer}"


def rule_of(entry: ImageEntry) -> Rule:
    """What an entry does, as kustomize reads it."""
    if entry.written is not None:
        return entry.written
    return Rule(entry.name, entry.text("newName"), entry.text("newTag"), entry.text("digest"), entry.text("tagSuffix"))


def _rendered(state: State, name: str, over: Over | None) -> Iterable[Flow]:
    """The flows of all that has come together at an entry point, `over` being the object that applies it."""
    known = variables.values(state.resources, state.variables) if state.variables else {}
    last = Layer(name, (), state.image_fields)
    substituted = over.variables if over is not None else None
    made: list[Flow] = []
    for resource in state.resources:
        for place, leaf in resource.images:
            for flow in resource.flows_of(place, leaf):
                full = variables.filled(flow, place, resource, state.variable_fields, known) if known else flow
                if full is flow and (over is None or over.builds):
                    full = replace(flow, tail=resource.tail(place, leaf, last))
                if substituted is not None and not resource.verbatim:
                    full = replace(full, ops=(*full.ops, Substitute(substituted)))
                made.append(full)
    made += _hashed(state.resources, made)
    return (*made, *state.unknown)


def _hashed(resources: Iterable[Resource], made: Sequence[Flow]) -> Iterable[Flow]:
    """Texts of images that are also content of a generated object, whose name has a hash of it: they must stay."""
    generated = [resource for resource in resources if resource.hashed]
    if not generated:
        return
    keys = {key for flow in made for key in flow.keys}
    for resource in generated:
        name = f"{resource.kind} {resource.ids[0].name}"
        taint = f"{name} is generated with it, and the name ends with a hash of its content"
        for _, leaf in leaves(resource.tree or {}):
            for flow in resource.flows_of("", leaf):
                if not keys.isdisjoint(flow.keys):
                    yield replace(flow, taint=flow.taint or taint)


class Simulation:
    """Puts layers together, each kustomization once, and tells what becomes of the images."""

    def __init__(self, graph: Graph, files: Files) -> None:
        self._graph, self._files = graph, files
        self._known: dict[str, State] = {}

    def flows(self, folder: str) -> list[Flow]:
        """The flows of an entry point. Raises `TooManyWays`."""
        if folder in self._graph.cyclic:
            return []
        name = self._graph.entry_point(folder)
        found = _rendered(self.state(folder, State()), folder, self._graph.over.get(folder))
        return [replace(flow, entry_point=name) for flow in found]

    def held(self, folder: str, reason: str) -> list[Flow]:
        """The flows of an entry point that is not simulated: every image and entry below it stays as it is."""
        name = self._graph.entry_point(folder)
        result: list[Flow] = []
        for inner in self._graph.closure(folder):
            each = self._graph.kustomizations[inner]
            found = [one for file in self._graph.includes[inner].files for one in self._files.resources(file)]
            found += _of_patches(self._files.looked(inner))
            for resource in found:
                result += (replace(flow, taint=reason, entry_point=name) for flow in resource.flows())
            over = self._graph.over.get(inner)
            listed = (*each.images, *(over.entries if over is not None else ()))
            entries = tuple(Pass(entry_key(entry), 1) for entry in listed)
            result.append(Flow(None, entries, taint=reason, entry_point=name))
        return result

    def state(self, folder: str, incoming: State, depth: int = 1) -> State:
        """What a kustomization yields, `depth` layers down; a component works on what its parent has so far."""
        each = self._graph.kustomizations[folder]
        if depth > MAX_LAYERS:
            raise TooManyWays(f"{each.file}: more than {MAX_LAYERS} layers above it")
        if not each.component and folder in self._known:
            return self._known[folder]
        looked = self._files.looked(folder)
        over = self._graph.over.get(folder)
        below = self._graph.includes[folder]
        here = incoming
        for inner in below.folders:
            here = here.joined(self.state(inner, State(), depth + 1))
        found = tuple(one for file in below.files for one in self._files.resources(file))
        unknown = tuple(Flow(None, taint=f"{each.file}: {reason}") for reason in below.unknown)
        here = here.joined(State(found, unknown, looked.image_fields, looked.variable_fields))
        if each.acts.generators and looked.look:
            made = generate(here.resources, each.acts.generators, each.file, self._files.content)
            here = replace(here, resources=tuple(made))
        for inner in below.components:
            here = self.state(inner, here, depth + 1)
        here = _transformed(here, each, folder, looked, over)
        here = replace(here, variables=(*here.variables, *each.acts.variables))
        if sum(len(resource.images) for resource in here.resources) > MAX_FLOWS:
            raise TooManyWays(f"{each.file}: more than {MAX_FLOWS:,} images on their way through the layers")
        if not each.component:
            self._known[folder] = here
        return here


def _transformed(here: State, each: Kustomization, name: str, looked: Looked, over: Over | None) -> State:
    """What a kustomization's own transformers make of all that it includes, and what an object adds that applies it."""
    if over is not None and over.obstacle:
        here = replace(here, unknown=(*here.unknown, Flow(None, taint=over.obstacle)))
    resources: Sequence[Resource] = here.resources
    unknown, schema = bool(here.unknown), not looked.openapi
    entries = tuple(entry_key(entry) for entry in each.images)
    added = tuple(entry_key(entry) for entry in over.entries) if over is not None else ()
    if looked.look:
        resources = patch_all(resources, looked.patches.before, unknown=unknown, schema=schema)
    resources = names.changed(resources, names.of(each))
    if looked.look:
        resources = patch_all(resources, looked.patches.after, unknown=unknown, schema=schema)
    resources = [names.fields_marked(one, here.image_fields) for one in resources] if here.image_fields else resources
    if (over is None or over.builds) and (entries or added or over is not None or looked.changes_later):
        style = over.style if over is not None else None
        layer = Layer(name, entries, here.image_fields, over=added, style=style)
        resources = [replace(one, passed=(*one.passed, layer)) if one.images or one.tree else one for one in resources]
    if looked.look:
        resources = replace_all(resources, looked.copies)
    for transform in looked.transforms:
        resources = _one(resources, transform, unknown=unknown, schema=schema)
    passed = tuple(Pass(entry, 1) for entry in (*entries, *added, *_entries_of(looked.transforms)))
    others = tuple(replace(flow, ops=(*flow.ops, *passed)) for flow in here.unknown) if passed else here.unknown
    if over is not None:
        resources = [_applied(one, over) for one in resources]
    return replace(here, resources=tuple(resources), unknown=others)


def _applied(one: Resource, over: Over) -> Resource:
    """An object in the hands of what applies it."""
    return replace(one, namespace=one.namespace or over.default_namespace, taint=one.taint or over.obstacle)


def _one(resources: Sequence[Resource], transform: Transform, *, unknown: bool, schema: bool) -> Sequence[Resource]:
    """The objects after one of `transformers`."""
    if transform.unknown is not None:
        return [replace(one, taint=one.taint or transform.unknown) for one in resources]
    if transform.entry is not None:
        resources = [names.fields_marked(one, transform.fields) for one in resources]
        layer = Layer(f"{transform.file}#transformers", (entry_key(transform.entry),), only=transform.fields)
        return [replace(one, passed=(*one.passed, layer)) for one in resources]
    resources = patch_all(resources, transform.patches, unknown=unknown, schema=schema)
    resources = names.changed(
        resources,
        names.Names(transform.prefix, transform.suffix, transform.namespace, transform.labels, transform.annotations),
    )
    return replace_all(resources, transform.copies)


def _entries_of(transforms: Iterable[Transform]) -> Iterable[str]:
    return (entry_key(each.entry) for each in transforms if each.entry is not None)


def _of_patches(looked: Looked) -> Iterable[Resource]:
    """The images of patches, as objects of their own."""
    for patch in (*looked.patches.before, *looked.patches.after):
        yield from loose(patch)


def _unique(found: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    return tuple(dict.fromkeys(found))
