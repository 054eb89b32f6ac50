"""Many entry points rendered at once; then the objects of Flux and Argo CD that they bring, and so on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
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
    tree = finder.tree
    level = list(found.found)
    for _ in range(_DEPTH):
        outcomes = render_all(renderer, tree, level)
        made |= {each.point.key: each for each in outcomes}
        names = {f"what {each.point.name} renders": each for each in outcomes if _OBJECT.search(each.text)}
        tree = replace(tree, made={**tree.made, **{name: each.text.encode() for name, each in names.items()}})
        following: dict[PointKey, EntryPoint] = {}
        for name, each in names.items():
            for point, inner in _objects(finder, tree, name, each.point, found.inner):
                brought.update(inner)
                if point.key not in made and not _is_same(point.applied, each.point.applied):
                    following.setdefault(point.key, point)
        level = list(following.values())
        if not level:
            left = {key: each for key, each in found.inner.items() if key not in brought and key not in made}
            level = [each.point for each in left.values() if each.chosen]
        if not level:
            break
    return Outcomes(made, tree)


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
    finder: Finder, tree: Tree, name: str, outer: EntryPoint, inner: Mapping[PointKey, Inner]
) -> Iterator[tuple[EntryPoint, list[PointKey]]]:
    """The objects in what an entry point renders, each with those of the files that it may be."""
    own = applications.referred(tree, [name])
    for applied in applications.follow(applications.find(tree, [name]), own, finder.known):
        same = [each for each in inner.values() if outer.key in each.bringing and _is_same(each.point.applied, applied)]
        label = outer.owner or outer.folder or "."
        if len(same) != 1:
            made = replace(finder.point(applied, label), place=outer.place)
            yield made, [each.point.key for each in same]
            continue
        known = same[0]
        where = known.point.where if len(known.bringing) == 1 else f"{known.point.where} by {label}"
        made = replace(finder.point(applied, where), source=known.point.source, place=known.point.place)
        yield made, [known.point.key]


def _is_same(one: Applied | None, other: Applied | None) -> bool:
    """Whether two are the same source of the same object, whose namespace a kustomization may have set."""
    if one is None or other is None:
        return False
    first, second = one.owner, other.owner
    return (
        (first.kind, first.name, one.pointer) == (second.kind, second.name, other.pointer)
        and (first.namespace == second.namespace or None in (first.namespace, second.namespace))
    )  # fmt: skip
