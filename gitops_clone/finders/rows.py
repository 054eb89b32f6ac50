"""Rows of the catalogue against an object: what stands at their paths, also inside texts, containers and metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.texts import Format
from gitops_clone.finders.catalogue import CONTAINER, METADATA, Catalogue, Form, Row
from gitops_clone.finders.objects import CONTAINER_LISTS, Object
from gitops_clone.finders.path import AnyKey, Each, Inside, Key, Named, Reading, Step, parse_path
from gitops_clone.finders.spots import Opened, open_text
from gitops_clone.finders.unhandled import unhandled_for
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.finding import Rule, RuleKind, Span

TEXT = "\0text"
"""The step of a path that goes on inside a text; the number of the document follows."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What stands at a row's path: a node, the mapping that holds it, in the innermost of some texts.

    `top` is where paths from the top of the object begin. Of a flag with its value in one item, `part` is the value.
    """

    row: Row
    view: View
    visit: Visit
    parent: Visit
    top: Visit
    texts: tuple[Opened, ...] = ()
    part: Span | None = None

    @property
    def place(self) -> Path:
        """The path from the top of the document, through all texts."""
        return (*place_in(self.texts), *self.visit.path)


def place_in(texts: Iterable[Opened]) -> Path:
    """The path of the innermost text's tree."""
    path: Path = ()
    for opened in texts:
        path = (*path, *opened.outer.path, TEXT, opened.document)
    return path


@cache
def rule_of(row: Row) -> Rule:
    """How people read a row."""
    return Rule(RuleKind.ROW, str(row))


def hits(view: View, item: Object, visits: Iterable[Visit], catalogue: Catalogue) -> list[Hit]:
    """What stands at the paths of all rows that speak of an object, of its containers or of its metadata.

    `visits` are the object's nodes, but for its status.
    """
    name = view.text(item.visit, "metadata", "name") or ""
    found = [
        hit
        for row in catalogue.rows_for(item.group, item.kind)
        if _leads_on(row) and (row.name is None or fnmatchcase(name, row.name))
        for hit in _expand(view, item.visit, item.visit, row)
    ]
    for visit in visits:
        if visit.path[-1:] == ("metadata",) and isinstance(visit.node, Mapping):
            found += _of_metadata(view, item, visit, catalogue)
        elif visit.path and visit.path[-1] in CONTAINER_LISTS and isinstance(visit.node, SequenceNode):
            for below in view.children(visit):
                found += _of_container(view, item, below, catalogue)
    return found


def _leads_on(row: Row) -> bool:
    """Whether a row says more than the general rule does, or another room."""
    if row.form in (Form.LIST, Form.VALUES):
        return False
    return row.form is not Form.PODSPEC or any(isinstance(step, Inside) for step in row.path)


def unhandled_hits(view: View, item: Object) -> Iterator[Hit]:
    """What stands where no rule takes an image, as `unhandled.json` has it, its reason as a row's note."""
    for row in _unhandled_rows(item.group, item.kind):
        yield from _expand(view, item.visit, item.visit, row)


@cache
def _unhandled_rows(group: str, kind: str) -> tuple[Row, ...]:
    rows = []
    for each in unhandled_for(group, kind):
        if (each.group, each.kind) == ("*", "*") or "by their shape" in each.reason:
            continue
        try:
            path = parse_path(each.path)
        except ValueError:
            continue  # words, where no path leads
        rows.append(Row(group, kind, path, Form.NOT_IMAGE, note=f"{each.form}: {each.reason}"))
    return tuple(rows)


def _of_metadata(view: View, item: Object, visit: Visit, catalogue: Catalogue) -> Iterator[Hit]:
    """Rows of metadata, those only that speak of an annotation which is there."""
    by_annotation, others = _metadata_rows(catalogue)
    annotations = view.child(visit, "annotations")
    keys = [str(below.path[-1]) for below in view.children(annotations)] if annotations else []
    for row in [*others, *(row for key in keys for row in by_annotation.get(key, ()))]:
        yield from _expand(view, item.visit, visit, row)


@cache
def _metadata_rows(catalogue: Catalogue) -> tuple[dict[str, list[Row]], list[Row]]:
    """The rows of metadata: by their annotation, and all others."""
    annotations: dict[str, list[Row]] = {}
    others: list[Row] = []
    for row in catalogue.rows_for("*", METADATA):
        match row.path:
            case (Key("annotations"), Key(name), *_):
                annotations.setdefault(name, []).append(row)
            case _:
                others.append(row)
    return annotations, others


def _of_container(view: View, item: Object, visit: Visit, catalogue: Catalogue) -> Iterator[Hit]:
    """Rows of containers, those only that speak of a flag or a variable which is there."""
    by_flag, by_variable, others = _container_rows(catalogue)
    for name, found in _flags(view, visit):
        for row in by_flag.get(name, ()):
            yield from (Hit(row, view, value, visit, item.visit, (), part) for value, part in found)
    names = {view.text(entry, "name") or "" for entry in _items(view, visit, "env")}
    if names:
        for row, glob, literal in by_variable:
            if glob in names if literal else any(fnmatchcase(name, glob) for name in names):
                yield from _expand(view, item.visit, visit, row)
    for row in others:
        yield from _expand(view, item.visit, visit, row)


@cache
def _container_rows(catalogue: Catalogue) -> tuple[dict[str, list[Row]], list[tuple[Row, str, bool]], list[Row]]:
    """The rows of containers: by their flag without dashes; with the glob of their variable; all others.

    With a glob comes whether it is a name as it stands.
    """
    flags: dict[str, list[Row]] = {}
    variables: list[tuple[Row, str, bool]] = []
    others: list[Row] = []
    for row in catalogue.rows_for("*", CONTAINER):
        match row.path:
            case (Key("args"), Inside(Reading.FLAGS), Key(flag)):
                flags.setdefault(flag.lstrip("-"), []).append(row)
            case (Key("env"), Named(glob), *_):
                variables.append((row, glob, not any(mark in glob for mark in "*?[")))
            case _:
                others.append(row)
    return flags, variables, others


def _flags(view: View, container: Visit) -> Iterator[tuple[str, list[tuple[Visit, Span | None]]]]:
    """The flags of a container, without dashes, with their values: a whole item, or the rest of the flag's own."""
    found: dict[str, list[tuple[Visit, Span | None]]] = {}
    for key in ("command", "args"):
        items = [item for item in _items(view, container, key) if isinstance(item.node, Scalar)]
        for number, item in enumerate(items):
            after = items[number + 1] if number + 1 < len(items) else None
            assert isinstance(item.node, Scalar)
            text = item.node.value
            if not text.startswith("-"):
                continue
            name, equals, value = text.partition("=")
            if equals:
                span = Span(len(text) - len(value), len(text))
                found.setdefault(name.lstrip("-"), []).append((item, span))
            elif after is not None and isinstance(after.node, Scalar) and not after.node.value.startswith("-"):
                found.setdefault(name.lstrip("-"), []).append((after, None))
    yield from found.items()


def _items(view: View, visit: Visit, key: str) -> Sequence[Visit]:
    listed = view.child(visit, key)
    return list(view.children(listed)) if listed is not None and isinstance(listed.node, SequenceNode) else []


def _expand(view: View, top: Visit, start: Visit, row: Row) -> list[Hit]:
    """The nodes at a row's path, where the row's conditions are met."""
    level = [Hit(row, view, start, start, top)]
    for step in row.path:
        level = [below for hit in level for below in _step(hit, step)]
    return [
        hit
        for hit in level
        if all(fnmatchcase(hit.view.text(hit.parent, key) or "", glob) for key, glob in row.when.items())
    ]


def _step(hit: Hit, step: Step) -> Iterator[Hit]:
    if isinstance(step, Inside):
        for opened in open_text(hit.visit, Format(step.reading.value)) if step.reading is not Reading.FLAGS else ():
            root = opened.view.root
            # The mapping that holds the text stays the one whose keys count, until the next key.
            yield Hit(hit.row, opened.view, root, hit.parent, root, (*hit.texts, opened))
        return
    for below in _below(hit.view, hit.visit, step):
        yield Hit(hit.row, hit.view, below, hit.visit, hit.top, hit.texts)


def _below(view: View, visit: Visit, step: Step) -> Iterator[Visit]:
    match step:
        case Key(name):
            if (below := view.child(visit, name)) is not None:
                yield below
        case AnyKey() if isinstance(visit.node, Mapping):
            yield from view.children(visit)
        case Each() if isinstance(visit.node, SequenceNode):
            yield from view.children(visit)
        case Named(glob) if isinstance(visit.node, SequenceNode):
            yield from (below for below in view.children(visit) if fnmatchcase(view.text(below, "name") or "", glob))
