"""Many entry points rendered at once; then the objects of Flux and Argo CD that they bring, and so on."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_clone import pool
from gitops_clone.controllers.model import Applied
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.render import applications, documents
from gitops_clone.render.documents import Document, Unreadable
from gitops_clone.render.entry_points import EntryPoints, Finder, Inner
from gitops_clone.render.model import EntryPoint, Kind, PointKey
from gitops_clone.render.renderer import Renderer
from gitops_clone.render.tools import Program, Refused
from gitops_clone.render.tree import Tree

_DEPTH = 8
_OBJECT = re.compile(
    r"^kind: [\"']?(?:Kustomization|HelmRelease|Application|ApplicationSet)[\"']?[ \t]*$", re.MULTILINE
)
_PROGRAMS = {Kind.KUSTOMIZATION: Program.KUSTOMIZE, Kind.CHART: Program.HELM}

Rendered = list[Document] | Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """An entry point and what it renders; `text` is that as it was printed."""

    point: EntryPoint
    rendered: Rendered
    text: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of entry points, by their keys, and the tree with what was made on the way."""

    by_key: Mapping[PointKey, Outcome]
    tree: Tree

    def rendered(self, key: PointKey) -> Rendered | None:
        """What an entry point renders; None where there is none of that key."""
        return self.by_key[key].rendered if key in self.by_key else None


def render(renderer: Renderer, finder: Finder, found: EntryPoints) -> Outcomes:
    """What entry points of a tree render, and what the objects that they bring apply.

    Raises `UsageError` where a program is missing, `Interrupted` on a signal.
    """
    made: dict[PointKey, Outcome] = {}
    brought: set[PointKey] = set()
    by_outer: dict[PointKey, list[Inner]] = defaultdict(list)
    for inner in found.inner.values():
        for key in inner.bringing:
            by_outer[key].append(inner)
    tree = finder.tree
    level = list(found.found)
    for _ in range(_DEPTH):
        outcomes = render_all(renderer, tree, level)
        made |= {each.point.key: each for each in outcomes}
        names = {f"what {each.point.name} renders": each for each in outcomes if _OBJECT.search(each.text)}
        tree = replace(tree, made={**tree.made, **{name: each.text.encode() for name, each in names.items()}})
        following: dict[PointKey, EntryPoint] = {}
        for name, each in names.items():
            within = [*by_outer[each.point.key], *(by_outer[each.point.inner] if each.point.inner else ())]
            for point, known in _objects(finder, tree, name, each.point, within):
                brought.update(known)
                itself = point.folder == each.point.folder and _is_same(each.point.applied, point.applied)
                if point.key not in made and not itself:
                    following.setdefault(point.key, point)
        level = list(following.values())
        if not level:
            level = _left(found.inner, made, brought)
        if not level:
            break
    return Outcomes(made, tree)


def _left(
    inner: Mapping[PointKey, Inner], made: Mapping[PointKey, Outcome], brought: Collection[PointKey]
) -> list[EntryPoint]:
    """The objects in files of which nothing is known: what is made of these files was not rendered."""
    known = {
        key for each in made.values() if isinstance(each.rendered, list) for key in (each.point.key, each.point.inner)
    }
    return [
        each.point
        for key, each in inner.items()
        if each.chosen and key not in brought and key not in made and known.isdisjoint(each.bringing)
    ]


def render_all(renderer: Renderer, tree: Tree, points: Sequence[EntryPoint]) -> list[Outcome]:
    """What entry points render, two at once for each core; what they bring is not looked at."""
    for program in sorted(
        {_PROGRAMS[each.kind] for each in points if each.obstacle is None and each.kind in _PROGRAMS}
    ):
        renderer.tools.require(program)
    outcomes: dict[PointKey, Outcome] = {}

    def task(point: EntryPoint) -> pool.Task:
        def work(post: pool.Post) -> None:
            text = renderer.render(tree, point)
            outcome = _outcome(point, text, renderer.catalogue)
            post(lambda: outcomes.update({point.key: outcome}))

        return pool.Task("", work)

    at_once = 2 * (os.cpu_count() or 1)
    pool.run([task(point) for point in points], at_once=at_once, per_key=at_once, kill=renderer.tools.kill)
    return [outcomes[point.key] for point in points]


def _outcome(point: EntryPoint, text: str | Refused, catalogue: Catalogue) -> Outcome:
    return Outcome(point, text) if isinstance(text, Refused) else Outcome(point, _read(point, text, catalogue), text)


def _read(point: EntryPoint, text: str, catalogue: Catalogue) -> Rendered:
    applied = point.applied
    namespace = (applied.default_namespace or applied.namespace) if applied is not None else None
    try:
        return documents.read(text, catalogue, namespace)
    except Unreadable as error:
        return Refused(f"what it renders cannot be read: {error}")


def _objects(
    finder: Finder, tree: Tree, name: str, outer: EntryPoint, inner: Sequence[Inner]
) -> Iterator[tuple[EntryPoint, list[PointKey]]]:
    """The objects in what an entry point renders, each with those of its files (`inner`) that it may be."""
    own = applications.referred(tree, [name])
    label = outer.owner or outer.folder or "."
    for applied in applications.follow(applications.find(tree, [name]), own, finder.known):
        same = [each for each in inner if _is_same(each.point.applied, applied)]
        if len(same) > 1:  # a kustomization may have set the namespace, but not of these
            same = [each for each in same if _namespace(each.point.applied) == applied.owner.namespace]
        if len(same) != 1:
            made = replace(finder.point(applied, label), place=outer.place)
            yield made, [each.point.key for each in same]
            continue
        known = same[0]
        where = known.point.where if len(known.bringing) == 1 else f"{known.point.where} by {label}"
        made = replace(finder.point(applied, where), source=known.point.source, place=known.point.place)
        yield replace(made, inner=known.point.key), [known.point.key]


def _is_same(one: Applied | None, other: Applied | None) -> bool:
    """Whether a source of an object in a file may be another one as it is rendered, without variables."""
    if one is None or other is None:
        return False
    named = one.owner.kind == other.owner.kind and _fits(one.owner.name, other.owner.name)
    return named and _within(one) == _within(other)


def _within(applied: Applied) -> str:
    """Where an object has a source, in a list or not."""
    return applied.pointer.removeprefix(applied.owner.pointer)


def _namespace(applied: Applied | None) -> str | None:
    return applied.owner.namespace if applied is not None else None


def _fits(written: str, rendered: str) -> bool:
    parts = map(re.escape, re.split(r"\$\{[^}]*\}", written))
    return written == rendered or re.fullmatch(".*".join(parts), rendered) is not None
