"""Images in Kubernetes objects: by the general rule for pod specs, by the rows of the catalogue, and by their shape.

General rule (what kustomize's image transformer reaches in any kind, and ephemeral containers): `image` in the lists
`containers`, `initContainers` and `ephemeralContainers` at any depth, and `volumes[].image.reference`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace

from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.texts import Format
from gitops_clone.finders import hidden, json_patch
from gitops_clone.finders.catalogue import SHIPPED, Catalogue, Form
from gitops_clone.finders.forms import GENERAL_ROW, general, of_scalar
from gitops_clone.finders.objects import (
    Object,
    TwoObjects,
    ignore_note,
    is_yard,
    objects,
    sentinel,
    triggered,
)
from gitops_clone.finders.rows import Hit, hits, place_in, rule_of, unhandled_hits
from gitops_clone.finders.spots import Spot, lift, lift_all, open_text, part_of
from gitops_clone.finders.view import Path, TooManyAliases, View, Visit, has_alias
from gitops_clone.finding import Certainty, Rule, RuleKind, Span

__all__ = ["Spot", "TwoObjects", "find", "find_in_text"]

MAX_TEXTS = 2
"""How deep texts in texts are read."""
_PARAMETER = (
    r"\$\((?:inputs\.)?params\.([\w.-]+)\)|\{\{\s*(?:inputs|workflow)\.parameters\.([\w-]+)\s*\}\}|\$\{\{?([\w-]+)\}?\}"
)
_EXCLUDED = (Form.NOT_IMAGE, Form.MENTION)


def find(root: Node, catalogue: Catalogue = SHIPPED, *, bare: bool = False, kind: str = "") -> list[Spot]:
    """The images of one document, in the order of the walk; also null values at such places.

    With `bare`, what is no object counts too, as in a text; `kind` is that of an object that does not say its own.
    Raises `TooManyAliases` and `TwoObjects`.
    """
    view = View(root)
    depth = _Depth(catalogue, MAX_TEXTS, bare or bool(kind), kind=kind)
    spots = _without_conflicts(view, _find_at(view, view.root, depth))
    is_object = not bare or view.text(view.root, "kind") is not None
    return spots if is_object else [spot.at_most(Certainty.LIKELY) for spot in spots]


def find_in_text(text: str, form: Format | None, catalogue: Catalogue = SHIPPED) -> list[Spot]:
    """The images of a text that a program reads, all of it a scalar of no document."""
    visit = Visit((), Scalar(text, 0, len(text)))
    view = View(visit.node)
    around = hidden.Surroundings(view, Object("", "", visit), False, True)
    seen = hidden.Seen(around, visit, form, Certainty.POSSIBLE, "in a file that a program reads", None, None)
    return list(_of_seen(seen, {}, _Depth(catalogue, MAX_TEXTS)))


@dataclass(frozen=True, slots=True)
class _Depth:
    """What holds for a document: the rows, and how much deeper texts are read.

    In a text also: whether a tree without a kind counts (`bare`), whether the text stands where a program is configured
    (`speaks`), and the notes that the object around the text has for places in it.
    """

    catalogue: Catalogue
    texts: int
    bare: bool = False
    speaks: bool = False
    notes: Dict[Path, str] = field(default_factory=dict)
    kind: str = ""


def _find_at(view: View, start: Visit, depth: _Depth) -> list[Spot]:
    """The images of a tree, or of an object in a tree."""
    if depth.bare and json_patch.is_patch(view, start):
        return json_patch.find_at(view, start)
    found = [item for item in objects(view, start) if item.kind != "CustomResourceDefinition"]
    if not found and depth.bare and view.text(start, "kind") is None:
        found = [Object("", depth.kind, start)]
    return [spot for item in found for spot in _spots_of(view, item, depth)]


def _spots_of(view: View, item: Object, depth: _Depth) -> list[Spot]:
    visits = list(view.walk(item.visit))
    status = (*item.visit.path, "status")
    living = [visit for visit in visits if visit.path[: len(status)] != status]
    found = hits(view, item, living, depth.catalogue)
    whole = ignore_note(view, item)
    notes = {} if whole is None else {item.visit.path: whole}
    notes |= depth.notes
    notes |= {
        hit.place: hit.row.note or "not an image that the cluster pulls" for hit in found if hit.row.form in _EXCLUDED
    }
    namespace = view.text(item.visit, "metadata", "namespace")
    streams = triggered(view, item)
    spots: dict[tuple[object, ...], Spot] = {}
    for hit in [*general(view, item.visit, living, ()), *found]:
        for spot in _of_hit(hit, depth):
            note = _note_at(hit.place, notes)
            if note is None and not hit.texts:
                note = sentinel(view, hit.visit, hit.parent, streams)
            spot = replace(spot.left(note), namespace=spot.namespace or namespace)
            spots[_identity(spot)] = spot
    spots |= {_identity(spot): spot for spot in _parameters(view, item, found, list(spots.values()))}
    known = list(spots.values())
    return known + [
        replace(spot, namespace=spot.namespace or namespace)
        for spot in _hidden(view, item, visits, known, notes, depth)
    ]


def _identity(spot: Spot) -> tuple[object, ...]:
    return spot.path, id(spot.scalar), spot.within.span if spot.within else None


def _note_at(path: Path, notes: Dict[Path, str]) -> str | None:
    """The note for a path: that of the nearest one above it."""
    return next((notes[path[:end]] for end in range(len(path), -1, -1) if path[:end] in notes), None)


def _of_hit(hit: Hit, depth: _Depth) -> Iterator[Spot]:
    """The images at a row's place, as spots in the document."""
    match hit.row.form:
        case Form.OBJECT if hit.texts:
            inner = _Depth(depth.catalogue, depth.texts - len(hit.texts))
            yield from (lift_all(spot, hit.texts) for spot in _find_at(hit.view, hit.visit, inner))
        case Form.OBJECT:
            yield from _find_at(hit.view, hit.visit, depth)
        case Form.PODSPEC if hit.texts:
            yield from (
                spot
                for below in general(hit.view, hit.top, hit.view.walk(hit.visit), hit.texts)
                for spot in _of_hit(below, depth)
            )
        case Form.PATCH:
            for operation in hit.view.children(hit.visit):
                for visit, _ in json_patch.images(hit.view, operation):
                    yield from of_scalar(replace(hit, row=GENERAL_ROW, visit=visit, parent=operation))
        case _ if isinstance(hit.visit.node, Scalar):
            yield from of_scalar(hit)


def _parameters(view: View, item: Object, found: Sequence[Hit], spots: Sequence[Spot]) -> Iterator[Spot]:
    """Values of named parameters that are, as a whole, the image of something in the same object."""
    parameters = [hit for hit in found if hit.row.form is Form.PARAMETER]
    images = [spot.scalar.value for spot in spots if parameters and spot.within is None]
    names = {name for image in images if (match := re.fullmatch(_PARAMETER, image)) for name in match.groups() if name}
    for hit in parameters:
        if view.text(hit.parent, "name") in names and isinstance(hit.visit.node, Scalar):
            yield Spot(hit.visit.path, hit.visit.node, hit.visit.alias, rule=rule_of(hit.row))


def _hidden(
    view: View, item: Object, visits: Sequence[Visit], known: Sequence[Spot], notes: Dict[Path, str], depth: _Depth
) -> list[Spot]:
    """What only its shape tells, in scalars and in the texts that scalars are."""
    whole = {id(spot.scalar) for spot in known if spot.within is None}
    taken: dict[int, list[Span]] = {}
    for spot in known:
        if spot.within is not None:
            taken.setdefault(id(spot.scalar), []).append(spot.within.span)
    surroundings = hidden.Surroundings(view, item, depth.speaks, depth.texts > 0)
    found = list(hidden.find(surroundings, visits, whole))
    if found:
        notes = {hit.place: hit.row.note or "" for hit in unhandled_hits(view, item)} | dict(notes)
    return [
        _noted(spot, _note_at(seen.visit.path, notes)).left(seen.note)
        for seen in found
        for spot in _of_seen(seen, notes, depth)
        if spot.within is None or not any(_overlap(spot.within.span, span) for span in taken.get(id(spot.scalar), ()))
    ]


def _of_seen(seen: hidden.Seen, notes: Dict[Path, str], depth: _Depth) -> Iterator[Spot]:
    trees = open_text(seen.visit, seen.form) if seen.form else []
    for tree in trees:
        start = place_in([tree])
        inside = {path[len(start) :]: note for path, note in notes.items() if path[: len(start)] == start}
        inner = _Depth(depth.catalogue, depth.texts - 1, True, seen.certainty is Certainty.LIKELY, inside)
        try:
            spots = _without_conflicts(tree.view, _find_at(tree.view, tree.view.root, inner))
        except (TooManyAliases, TwoObjects, RecursionError):
            continue
        if hidden.is_patch(seen.surroundings.item, seen.visit.path):
            spots = [spot for spot in spots if not (spot.is_whole and spot.certainty is Certainty.CERTAIN)]
        yield from (lift(spot, tree).at_most(Certainty.LIKELY) for spot in spots)
    scalar = seen.visit.node
    assert isinstance(scalar, Scalar)
    rule = Rule(RuleKind.SHAPE, seen.where) if seen.named is None else Rule(RuleKind.NAMED)
    for number, (span, note) in enumerate(() if trees else seen.references()):
        within = None if span == (0, len(scalar.value)) else part_of(seen.visit, span, number)
        spot = Spot(seen.visit.path, scalar, seen.visit.alias, rule=rule, certainty=seen.certainty, within=within)
        yield spot.left(note)


def _noted(spot: Spot, note: str | None) -> Spot:
    """A spot with what the catalogue says of its place, whatever else was found out of it."""
    return spot if note is None else replace(spot, note=note, ignored=True)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _without_conflicts(view: View, spots: list[Spot]) -> list[Spot]:
    """Mark the spots whose text also serves places that are no image, or an image to be left alone."""
    if not spots or not has_alias(view.root.node):
        return spots
    images: dict[Path, list[Spot]] = {}
    for spot in spots:
        images.setdefault(spot.path, []).append(spot)
    free = Counter(id(spot.scalar) for spot in spots if spot.note is None)
    elsewhere: dict[int, Path] = {}
    for visit in view.walk(view.root):
        if id(visit.node) not in free or is_yard(visit.path):
            continue
        if all(spot.note is not None for spot in images.get(visit.path, ())):
            elsewhere.setdefault(id(visit.node), visit.path)
    return [
        spot.left(
            f"its text also serves {_dotted(elsewhere[id(spot.scalar)])}, which is not to be changed", ignored=False
        )
        if id(spot.scalar) in elsewhere
        else spot
        for spot in spots
    ]


def _dotted(path: Path) -> str:
    return "/" + "/".join(str(step) for step in path)
