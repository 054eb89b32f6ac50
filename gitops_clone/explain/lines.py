"""What stands on a line of a file that has no finding, and why it is none. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fnmatch import fnmatchcase

from gitops_clone.documents.node import Node, Scalar, is_null
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import Chunk, split
from gitops_clone.documents.standing import Standing, scalars
from gitops_clone.explain import inside
from gitops_clone.explain.inside import Inner
from gitops_clone.explain.suggest import path_of
from gitops_clone.finders import shape
from gitops_clone.finders.catalogue import Catalogue, Form, shipped_rows
from gitops_clone.finders.path import format_path
from gitops_clone.finders.templates import is_template
from gitops_clone.finders.unhandled import unhandled, unhandled_for
from gitops_clone.finders.whereabouts import Along, Whereabouts, below, locate, rows_along
from gitops_clone.image import DOCKER_HUB, InvalidReference
from gitops_clone.image import parse as parse_image
from gitops_clone.repo.files import KUSTOMIZATION_NAMES

_NEAREST = 3
_ENTRIES = (("images",), ("imageTags",))
_LEFT = (Form.NOT_IMAGE, Form.MENTION)
_HOLDING = (Form.PODSPEC, Form.OBJECT, Form.LIST)
_SECRET = re.compile(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?Secret\b""", re.MULTILINE)
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*=(.+)")
_SHAPE = "it has not the shape of one either (a registry host, a path, and a tag or digest)"


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands on a line: its text, why it is no image, where it is in which object, which rows come nearest.

    `inner` is where it is in a text that is a tree itself. `could_be`: a row could make it an image. `first` and `last`
    are the lines of its document.
    """

    text: str
    why: str
    column: int | None = None
    path: tuple[str | int, ...] | None = None
    place: Whereabouts | None = None
    inner: Inner | None = None
    rows: tuple[str, ...] = ()
    could_be: bool = False
    first: int = 1
    last: int = 1

    @property
    def pointer(self) -> str | None:
        return pointer(self.path) if self.path is not None else None


class NoSuchLine(ValueError):
    """The file ends before the line; the message says how many it has."""


def look(name: str, data: bytes, number: int, catalogue: Catalogue) -> Stands:
    """What is to say of a line (1-based) without a finding. Raises `NoSuchLine`."""
    try:
        source = decode(data)
        check(source)
    except Undecodable as error:
        return Stands("", f"the file is {error}")
    lines = source.utf8.decode().split("\n")
    count = len(lines) - (not lines[-1])
    if number > count:
        raise NoSuchLine(f"it has {count} line{'s' if count != 1 else ''}")
    chunk, before = _chunk_at(source.utf8, number)
    text = chunk.data.decode()
    told = _in_chunk(name, text, number - before, lines[number - 1].strip(), catalogue)
    shown = "(not shown: a Secret)" if _SECRET.search(text) else told.text
    return replace(told, text=shown, first=before + 1, last=before + max(text.count("\n"), 1))


def _in_chunk(name: str, text: str, number: int, line: str, catalogue: Catalogue) -> Stands:
    """What is to say of a line of a chunk; `line` is its text, `number` counts within the chunk."""
    try:
        roots = [root for root in parse(text) if root is not None]
    except Unparsable as error:
        if is_template(text):
            return Stands(line, "a line of a template: `image: …` is read, and references that are all of a value")
        return Stands(line, f"the document does not parse: {error} (line {error.line} of the document)")
    found = _standing(roots, text, number)
    if found is None:
        what = "a comment" if line.startswith("#") else "no value" if line.strip("-.") else "nothing"
        return Stands(line, f"{what} stands here")
    root, standing = found
    scalar = standing.scalar
    place = locate(root, standing.path)
    start = _start_of(text, number)
    inner = None if standing.is_key else inside.look(text, scalar, start)
    if inner is not None and "\n" not in scalar.value.strip() and not _could_be(inner.value):
        inner = None
    value = inner.value if inner is not None else _value(standing)
    column = scalar.start - start + 1 if scalar.start >= start else None
    why, rows, could_be = _why(name, place, standing, inner, value, catalogue)
    return Stands(value if "\n" not in value else line, why, column, standing.path, place, inner, rows, could_be)


def _value(standing: Standing) -> str:
    """What could be an image of a scalar: of an argument, what it gives to a flag."""
    value = standing.scalar.value.rstrip("\n")
    if len(standing.path) > 1 and standing.path[-2] in ("args", "command") and (match := _FLAG.fullmatch(value)):
        return match[1]
    return value


def _start_of(text: str, number: int) -> int:
    """The offset at which a line begins."""
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
    return start


def _chunk_at(utf8: bytes, number: int) -> tuple[Chunk, int]:
    """The chunk that a line is in, and how many lines are before it."""
    before = 0
    chunks = split(utf8)
    for chunk in chunks[:-1]:
        lines = chunk.data.count(b"\n")
        if number <= before + lines:
            return chunk, before
        before += lines
    return chunks[-1], before


def _standing(roots: Iterable[Node], text: str, number: int) -> tuple[Node, Standing] | None:
    """The scalar that a line is about: a value that could be an image before another one, a value before a key."""
    start = _start_of(text, number)
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    here = [
        (root, each) for root in roots for each in scalars(root) if each.scalar.start < end and each.scalar.end > start
    ]
    return min(here, key=lambda item: (item[1].is_key, not _could_be(item[1].scalar.value)), default=None)


def _could_be(value: str) -> bool:
    """Whether a text could be meant for an image: it has a registry, a tag or a digest."""
    try:
        reference = parse_image(value)
    except InvalidReference:
        return False
    return bool(reference.tag or reference.digest or reference.registry != DOCKER_HUB)


def _why(
    name: str, place: Whereabouts, standing: Standing, inner: Inner | None, value: str, catalogue: Catalogue
) -> tuple[str, tuple[str, ...], bool]:
    """Why a value is no image, the rows of the catalogue that come nearest, and whether a row could make it one."""
    if reason := _why_never(name, place):
        return reason, (), False
    along = rows_along(place, catalogue)
    nearest = _nearest(along, path_of(place, inner))
    if standing.is_key:
        return _why_key(place, standing), nearest, False
    left = next((each.row for each in along if each.reaches and each.row.form in _LEFT), None)
    if left is not None:
        return f"a row of the catalogue leaves it alone: {left.note}", (str(left),), False
    if not value.strip() or (is_null(standing.scalar) and inner is None):
        return "it has no value", nearest, False
    if reason := _why_no_reference(value):
        return reason, nearest, "\n" in value and shape.may_hold(value.encode())
    could_be = standing.path[-1:] != ("apiVersion",) and _could_be(value)
    exact = next((each.row for each in along if each.exact and each.row.form not in _HOLDING), None)
    if exact is not None and inner is None:
        return "a row of the catalogue has this place, but its conditions are not met", (str(exact),), could_be
    why = _why_no_row(place, inner, catalogue)
    return why, (nearest or tuple(_other_groups(place))[:_NEAREST]) if could_be else (), could_be


def _nearest(along: Iterable[Along], path: str) -> tuple[str, ...]:
    """The rows that lead farthest towards a path; of those that lead as far, the ones that are spelled most like it."""
    ranked = sorted(
        (each for each in along if not each.reaches),
        key=lambda each: (-each.steps, -SequenceMatcher(None, format_path(each.row.path), path).ratio()),
    )
    return tuple(str(each.row) for each in ranked[:_NEAREST])


def _why_never(name: str, place: Whereabouts) -> str | None:
    """Why nothing at a place, whatever it is, can be an image; None where something could."""
    if place.kind == "CustomResourceDefinition":
        return "a custom resource definition says what objects may hold: nothing in it is pulled"
    if name.rpartition("/")[2] in KUSTOMIZATION_NAMES and place.path[:1] in _ENTRIES:
        return "it selects images: what an entry of `images` makes of them is told at its newName, newTag or digest"
    if not place.kind:
        return _why_no_object(name, place)
    if place.path[:1] == ("status",):
        return "a status: what was, not what is to be"
    return None


def _why_no_reference(value: str) -> str | None:
    """Why a text is no image, or no whole one; None for a text that could be one."""
    if "\n" in value.strip():
        return "a text of several lines: what is in it counts by its shape, or by a row that says how to read it"
    try:
        parse_image(value)
    except InvalidReference as error:
        return f"the value is no image reference: {error}"
    return None


def _why_no_object(name: str, place: Whereabouts) -> str:
    base, path = name.rpartition("/")[2], path_of(place)
    for each in unhandled():
        if each.path == path and (fnmatchcase(base, each.kind) or fnmatchcase(name, each.kind)):
            return f"known, and not taken: {each.form}, {each.reason}"
    return "the document is no Kubernetes object: it has no `kind`"


def _why_key(place: Whereabouts, standing: Standing) -> str:
    node: Node | None = place.root
    for step in place.path:
        node = below(node, step)
    key = standing.scalar.value
    if isinstance(node, Scalar):
        return f"the value of the key `{key}` stands elsewhere" if node.value else f"the key `{key}` has no value"
    return f"the key `{key}` has more than one text below it"


def _why_no_row(place: Whereabouts, inner: Inner | None, catalogue: Catalogue) -> str:
    kind = f"{place.group}/{place.kind}" if place.group else place.kind
    path = path_of(place, inner)
    for each in unhandled_for(place.group, place.kind):
        if each.path == path:
            return f"known, and not taken: {each.form}, {each.reason}"
    where = f" {path}" if catalogue.rows_for(place.group, place.kind) else ""
    return f"no row of the catalogue for {kind}{where}, and {_SHAPE}"


def _other_groups(place: Whereabouts) -> Iterator[str]:
    """The rows of a kind of the same name in other groups: `apiVersion` may be wrong."""
    for raw in shipped_rows():
        if raw["kind"] == place.kind and raw["group"] not in (place.group, "*"):
            yield f"{raw['group']}/{raw['kind']} {raw['path']}".lstrip("/")
