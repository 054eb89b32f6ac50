"""Images in Kubernetes objects: by the general rule for pod specs, and by the rows of the catalogue.

General rule (what kustomize's image transformer reaches in any kind, and ephemeral containers): `image` in the lists
`containers`, `initContainers` and `ephemeralContainers` at any depth, and `volumes[].image.reference`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar, Sequence
from gitops_clone.finders import hidden
from gitops_clone.finders.catalogue import SHIPPED, Catalogue, Form, Row
from gitops_clone.finders.path import AnyKey, Each, Key, Named, Step
from gitops_clone.finders.view import Path, View, Visit, has_alias
from gitops_clone.finding import Certainty, Rule, RuleKind, Within

_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_PARAMETER = (
    r"\$\((?:inputs\.)?params\.([\w.-]+)\)|\{\{\s*(?:inputs|workflow)\.parameters\.([\w-]+)\s*\}\}|\$\{\{?([\w-]+)\}?\}"
)

_GENERAL = Rule(RuleKind.GENERAL)

_TRIGGER_NAME = r"""@\.name\s*==\s*\\?["']([^"'\\]+)"""
_TRIGGER_PLACE = r"(containers|initContainers)\[(\d+)\]"


@dataclass(frozen=True, slots=True)
class Spot:
    """A scalar that holds an image (`within`: a part of it does), at its path in the expanded document.

    See `Place` for the rest.
    """

    path: Path
    scalar: Scalar
    alias: Alias | None
    note: str | None = None
    ignored: bool = False
    namespace: str | None = None
    rule: Rule | None = None
    certainty: Certainty = Certainty.CERTAIN
    within: Within | None = None


class _Candidate(NamedTuple):
    """A node that may be an image, the mapping that holds it, and the rule that says so."""

    visit: Visit
    parent: Visit
    rule: Rule


class TwoObjects(ValueError):
    """One mapping has two kinds: two objects without a line `---` between them. `offset` is where the second begins."""

    def __init__(self, offset: int) -> None:
        super().__init__('two objects in one document, key "kind" stands twice: put a line `---` between them')
        self.offset = offset


class _Object(NamedTuple):
    group: str
    kind: str
    visit: Visit


def find(root: Node, catalogue: Catalogue = SHIPPED) -> list[Spot]:
    """The images of one document, in the order of the walk; also null values at such places.

    Raises `TooManyAliases` and `TwoObjects`.
    """
    view = View(root)
    objects = [item for item in _objects(view, view.root, None) if item.kind != "CustomResourceDefinition"]
    if not objects:
        return []
    spots: list[Spot] = []
    for item in objects:
        rows = _rows(view, item, catalogue)
        whole = _note_for_object(view, item)
        notes = {} if whole is None else {item.visit.path: whole}
        notes |= _excluded(view, item, rows)
        spots += _spots_of(view, item, rows, notes)
        spots += _hidden(view, item, {id(spot.scalar) for spot in spots}, notes)
    return _without_conflicts(view, spots)


def _objects(view: View, visit: Visit, listed: _Object | None) -> Iterator[_Object]:
    """The object at a visit, or the objects of a list; items of a typed list may take their kind from it."""
    named = view.child(visit, "kind")
    kind = view.text(visit, "kind") or (listed.kind.removesuffix("List") if listed else "")
    if not _KIND.fullmatch(kind):
        return
    if named is not None and named.duplicate == "kind" and isinstance(named.node, Scalar):
        raise TwoObjects(named.node.start)
    version = view.text(visit, "apiVersion")
    group = version.rpartition("/")[0] if version is not None else listed.group if listed else ""
    item = _Object(group, kind, visit)
    items = view.child(visit, "items") if kind.endswith("List") else None
    if items is None or not isinstance(items.node, Sequence):
        yield item
        return
    for entry in view.children(items):
        yield from _objects(view, entry, item)


def _rows(view: View, item: _Object, catalogue: Catalogue) -> tuple[Row, ...]:
    """The rows of the catalogue that speak of an object."""
    name = view.text(item.visit, "metadata", "name") or ""
    rows = catalogue.rows_for(item.group, item.kind)
    return tuple(row for row in rows if row.name is None or fnmatchcase(name, row.name))


def _excluded(view: View, item: _Object, rows: tuple[Row, ...]) -> dict[Path, str]:
    """The paths of an object that are to be left alone with all that is below them, and why."""
    return {
        visit.path: row.note or "not an image that the cluster pulls"
        for row in rows
        if row.form in (Form.NOT_IMAGE, Form.MENTION)
        for visit, _ in _expand(view, item, row)
    }


def _note_at(path: Path, notes: Dict[Path, str]) -> str | None:
    """The note for a path: that of the nearest one above it."""
    return next((notes[path[:end]] for end in range(len(path), -1, -1) if path[:end] in notes), None)


def _spots_of(view: View, item: _Object, rows: tuple[Row, ...], notes: Dict[Path, str]) -> Iterator[Spot]:
    namespace = view.text(item.visit, "metadata", "namespace")
    triggered = _triggered(view, item)
    for visit, parent, rule in _candidates(view, item, rows):
        if not isinstance(visit.node, Scalar):
            continue
        spot = Spot(visit.path, visit.node, visit.alias, None, False, namespace, rule)
        if (note := _note_at(visit.path, notes) or _sentinel(view, visit, parent, triggered)) is not None:
            yield replace(spot, note=note, ignored=True)
        elif visit.duplicate is not None:
            note = f'key "{visit.duplicate}" stands twice in its mapping: tools disagree on which counts'
            yield replace(spot, note=note)
        else:
            yield spot


def _hidden(view: View, item: _Object, known: Collection[int], notes: Dict[Path, str]) -> Iterator[Spot]:
    """What only its shape tells."""
    namespace = view.text(item.visit, "metadata", "namespace")
    for found in hidden.find(view, item.visit, item.group, item.kind, known):
        scalar = found.visit.node
        assert isinstance(scalar, Scalar)
        within = None if found.number is None else Within(scalar.value, found.span, found.span, (), found.number)
        note = _note_at(found.visit.path, notes) or found.note
        yield Spot(
            found.visit.path, scalar, found.visit.alias, note, note is not None, namespace, found.rule,
            found.certainty, within,
        )  # fmt: skip


def _candidates(view: View, item: _Object, rows: tuple[Row, ...]) -> list[_Candidate]:
    """What the general rule and the rows find, each node once."""
    found = {
        (visit.path, id(visit.node)): _Candidate(visit, parent, _GENERAL) for visit, parent in _general(view, item)
    }
    for row in rows:
        if row.form in (Form.REFERENCE, Form.REFERENCE_OR_TAG):
            for visit, parent in _expand(view, item, row):
                found[visit.path, id(visit.node)] = _Candidate(visit, parent, _rule(row))
    values = [each.visit.node.value for each in found.values() if isinstance(each.visit.node, Scalar)]
    for each in _parameters(view, item, rows, values):
        found[each.visit.path, id(each.visit.node)] = each
    return list(found.values())


@cache
def _rule(row: Row) -> Rule:
    return Rule(RuleKind.ROW, str(row))


def _general(view: View, item: _Object) -> Iterator[tuple[Visit, Visit]]:
    for visit in view.walk(item.visit, frozenset({(*item.visit.path, "status")})):
        if not visit.path or not isinstance(visit.node, Sequence):
            continue
        if visit.path[-1] in _CONTAINER_LISTS:
            keys: tuple[str, ...] = ("image",)
        elif visit.path[-1] == "volumes":
            keys = ("image", "reference")
        else:
            continue
        for entry in view.children(visit):
            if (image := view.at(entry, *keys)) is not None:
                yield image, entry


def _parameters(view: View, item: _Object, rows: tuple[Row, ...], images: Iterable[str]) -> Iterator[_Candidate]:
    """Values of named parameters that are, as a whole, the image of something in the same object."""
    parameters = [row for row in rows if row.form is Form.PARAMETER]
    names = {
        match[match.lastindex or 0] for image in images if parameters and (match := re.fullmatch(_PARAMETER, image))
    }
    for row in parameters:
        for visit, parent in _expand(view, item, row):
            if view.text(parent, "name") in names:
                yield _Candidate(visit, parent, _rule(row))


def _expand(view: View, item: _Object, row: Row) -> list[tuple[Visit, Visit]]:
    """The nodes at a row's path with the mappings that hold them, where the row's conditions are met."""
    level = [(item.visit, item.visit)]
    for step in row.path:
        level = [(below, visit) for visit, _ in level for below in _step(view, visit, step)]
    return [
        (visit, parent)
        for visit, parent in level
        if all(fnmatchcase(view.text(parent, key) or "", glob) for key, glob in row.when.items())
        and (row.form is not Form.REFERENCE_OR_TAG or (isinstance(visit.node, Scalar) and "/" in visit.node.value))
    ]


def _step(view: View, visit: Visit, step: Step) -> Iterator[Visit]:
    match step:
        case Key(name):
            if (below := view.child(visit, name)) is not None:
                yield below
        case AnyKey() if isinstance(visit.node, Mapping):
            yield from view.children(visit)
        case Each() if isinstance(visit.node, Sequence):
            yield from view.children(visit)
        case Named(glob) if isinstance(visit.node, Sequence):
            yield from (below for below in view.children(visit) if fnmatchcase(view.text(below, "name") or "", glob))


def _note_for_object(view: View, item: _Object) -> str | None:
    if view.text(item.visit, "metadata", "annotations", "gitops-clone/ignore") == "true":
        return "annotation gitops-clone/ignore"
    return None


def _triggered(view: View, item: _Object) -> set[str]:
    """The containers whose images OpenShift sets from ImageStreams, by name, or by place such as `containers/0`."""
    text = view.text(item.visit, "metadata", "annotations", "image.openshift.io/triggers") or ""
    containers = set()
    if "ImageStreamTag" in text:  # JSON; its paths name containers by a filter or a number
        containers |= set(re.findall(_TRIGGER_NAME, text))
        containers |= {"/".join(place) for place in re.findall(_TRIGGER_PLACE, text)}
    triggers = view.at(item.visit, "spec", "triggers") if item.kind == "DeploymentConfig" else None
    for trigger in view.children(triggers) if triggers else ():
        if view.text(trigger, "imageChangeParams", "from", "kind") == "ImageStreamTag":
            names = view.at(trigger, "imageChangeParams", "containerNames")
            containers |= (
                {name.node.value for name in view.children(names) if isinstance(name.node, Scalar)} if names else set()
            )
    return containers


def _sentinel(view: View, visit: Visit, container: Visit, triggered: set[str]) -> str | None:
    """Values that a controller replaces; they parse as references, but nobody pulls them."""
    if visit.path[-1] != "image":
        return None
    if isinstance(visit.node, Scalar) and visit.node.value == "auto":
        return "Istio's injector replaces the image `auto`"
    place = "/".join(str(step) for step in container.path[-2:])
    if triggered and (place in triggered or view.text(container, "name") in triggered):
        return "an OpenShift ImageStream sets this image"
    return None


def _without_conflicts(view: View, spots: list[Spot]) -> list[Spot]:
    """Mark the spots whose text also serves places that are no image, or an image to be left alone."""
    if not spots or not has_alias(view.root.node):
        return spots
    images = {spot.path: spot for spot in spots}
    free = Counter(id(spot.scalar) for spot in spots if spot.note is None)
    elsewhere: dict[int, Path] = {}
    for visit in view.walk(view.root):
        if id(visit.node) not in free or hidden.is_yard(visit.path):
            continue
        if visit.path not in images or images[visit.path].note is not None:
            elsewhere.setdefault(id(visit.node), visit.path)
    return [
        replace(spot, note=f"its text also serves {_dotted(elsewhere[id(spot.scalar)])}, which is not to be changed")
        if spot.note is None and id(spot.scalar) in elsewhere
        else spot
        for spot in spots
    ]


def _dotted(path: Path) -> str:
    return "/" + "/".join(str(step) for step in path)
