"""Charts that other tools apply: where the catalogue says that their objects hold values. Pure.

K3s, Fleet, Sveltos and Crossplane have kinds for it. Each says in fields of its own which chart that is; its name is
looked for beside the values, and above them.
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_clone.controllers.model import Applied, ChartReference, Values, ValuesForm
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Mapping, Scalar, Sequence
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.catalogue import Catalogue, Form, Row
from gitops_clone.finders.path import Each, Inside, Key, Reading
from gitops_clone.finders.view import TooManyAliases, Visit

_VALUES = Form.VALUES
_CHART = (("chart",), ("chart", "name"), ("chartName",), ("helm", "chart"))
_REPOSITORY = (("repo",), ("repositoryURL",), ("chart", "repository"), ("helm", "repo"))


def find(file: str, data: bytes, catalogue: Catalogue) -> Iterator[Applied]:
    """What such objects of one file apply. What does not parse has nothing, and the scan reports it."""
    for each in objects(file, data, catalogue.marks_of(_VALUES)):
        try:
            for row in catalogue.rows_for(each.group, each.kind):
                if row.form is _VALUES:
                    yield from _of_row(each, row)
        except (TooManyAliases, RecursionError):
            continue


def _of_row(found: Object, row: Row) -> Iterator[Applied]:
    """What the values at a row's path are given to; one source for each of them."""
    as_text = row.path[-1] == Inside(Reading.YAML)
    ways: list[tuple[Visit, ...]] = [(found.visit,)]
    for step in row.path[:-1] if as_text else row.path:
        ways = [(*way, below) for way in ways for below in _below(found, way[-1], step)]
    for way in ways:
        *above, values = way
        if isinstance(values.node, Scalar if as_text else Mapping):
            form = ValuesForm.TEXT if as_text else ValuesForm.TREE
            place = pointer(values.path)
            name = _first(found, above, _CHART) or found.name
            yield Applied(
                owner=found.owner(found.kind),
                pointer=place,
                chart=ChartReference(name, None, _first(found, above, _REPOSITORY), None, place),
                namespace=found.namespace,
                values=(Values(form, found.file, found.document, place),),
                obstacle=found.duplicate(values),
            )


def _below(found: Object, visit: Visit, step: object) -> Iterator[Visit]:
    if isinstance(step, Key):
        below = found.view.child(visit, step.name)
        if below is not None:
            yield below
    elif isinstance(step, Each) and isinstance(visit.node, Sequence):
        yield from found.view.children(visit)


def _first(found: Object, above: list[Visit], places: tuple[tuple[str, ...], ...]) -> str | None:
    """The first text at one of some places, from the innermost mapping on."""
    for visit in reversed(above):
        for place in places:
            if text := found.view.text(visit, *place):
                return text
    return None
