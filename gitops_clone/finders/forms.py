"""A row's hit as images: what stands there, read by the row's form; and the hits of the general rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gitops_clone.documents.node import Scalar, Sequence
from gitops_clone.finders import shape
from gitops_clone.finders.catalogue import Form, Role, Row
from gitops_clone.finders.compose import compose, is_complete, is_shared
from gitops_clone.finders.objects import CONTAINER_LISTS
from gitops_clone.finders.rows import Hit, rule_of
from gitops_clone.finders.spots import Opened, Spot, lift_all, part_of
from gitops_clone.finders.view import View, Visit
from gitops_clone.finding import Certainty, Rule, RuleKind, Span

_GENERAL = Rule(RuleKind.GENERAL)
GENERAL_ROW = Row("*", "*", (), Form.REFERENCE)


def general(view: View, top: Visit, visits: Iterable[Visit], texts: tuple[Opened, ...]) -> Iterator[Hit]:
    """What the general rule finds in some nodes."""
    for visit in visits:
        if not visit.path or not isinstance(visit.node, Sequence):
            continue
        if visit.path[-1] in CONTAINER_LISTS:
            keys: tuple[str, ...] = ("image",)
        elif visit.path[-1] == "volumes":
            keys = ("image", "reference")
        else:
            continue
        for entry in view.children(visit):
            if (image := view.at(entry, *keys)) is not None:
                yield Hit(GENERAL_ROW, view, image, entry, top, texts)


def of_scalar(hit: Hit) -> Iterator[Spot]:
    """The images of a scalar, as spots in the document."""
    scalar = hit.visit.node
    assert isinstance(scalar, Scalar)
    rule = _GENERAL if hit.row is GENERAL_ROW else rule_of(hit.row)
    spot = Spot(hit.visit.path, scalar, hit.visit.alias, rule=rule)
    if hit.visit.duplicate is not None:
        note = f'key "{hit.visit.duplicate}" stands twice in its mapping: tools disagree on which counts'
        spot = spot.left(note, ignored=False)
    if hit.part is not None:
        spot = replace(spot, within=part_of(hit.visit, hit.part, 0))
    match hit.row.form:
        case Form.REFERENCE | Form.PODSPEC:
            yield lift_all(spot, hit.texts)
        case Form.REFERENCE_OR_TAG if "/" in scalar.value:
            yield lift_all(spot, hit.texts)
        case Form.NAME | Form.PREFIX:
            image = spot.within.image if spot.within else scalar.value
            complete = hit.row.form is Form.NAME and is_complete(image)
            yield lift_all(spot if complete else spot.left(hit.row.note, ignored=False), hit.texts)
        case Form.URL:
            yield from (lift_all(each, hit.texts) for each in _of_url(hit, spot))
        case Form.TEXT:
            for number, span in enumerate(shape.find(scalar.value)):
                part = replace(spot, within=part_of(hit.visit, span, number), certainty=Certainty.LIKELY)
                yield lift_all(part, hit.texts)
        case Form.SPLIT:
            composed = compose(hit)
            shared = [each for each in (hit.visit, composed.parts.get(Role.REGISTRY)) if each and is_shared(each)]
            parts = [
                (role, Spot(part.path, part.node, part.alias))
                for role, part in composed.parts.items()
                if isinstance(part.node, Scalar)
            ]
            whole = replace(spot, parts=tuple(parts), image=composed.image if parts else None)
            why = "an anchor or an alias is a part of it" if shared and parts else composed.note
            yield lift_all(whole.left(why, ignored=False), hit.texts)


def _of_url(hit: Hit, spot: Spot) -> Iterator[Spot]:
    """The reference behind the scheme of a URL."""
    value = spot.scalar.value
    scheme = next((scheme for scheme in hit.row.schemes if scheme and value.startswith(scheme)), None)
    if scheme is not None:
        yield replace(spot, within=part_of(hit.visit, Span(len(scheme), len(value)), 0))
    elif "" in hit.row.schemes and "://" not in value:
        yield spot
