"""Images in JSON Patches (RFC 6902) that stand in files of their own: what `replace` and `add` put where images are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from gitops_clone.documents.node import Node, Scalar, Sequence
from gitops_clone.documents.proof import pointer
from gitops_clone.finders import shape
from gitops_clone.finders.spots import Spot, part_of
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.finding import Certainty, Rule, RuleKind

# A document that is a list: comments and blank lines, then a dash or a bracket.
_LIST = re.compile(rb"(?:---[ \t]*\r?\n|[ \t]*#[^\n]*\n|\s)*+(?:- |-[\r\n]|\[)")
_RULE = Rule(RuleKind.PATCH)
_SHAPE = Rule(RuleKind.SHAPE, "in a JSON patch")
# Where what is put configures a program: arguments, variables, keys that speak of images.
_CONFIGURES = re.compile(r"/(?:args|command)/(?:\d+|-)\Z|/env/(?:\d+|-)(?:/value)?\Z|[iI]mage|IMAGE")
_IMAGE = re.compile(r"/(?:image|volumes/\d+/image/reference)\Z")


def may_hold(data: bytes) -> bool:
    """Whether bytes may be such a patch."""
    return _LIST.match(data) is not None and b"op" in data and (b"/image" in data or b"ontainers/" in data)


def find(root: Node) -> list[Spot]:
    """The images of one document that is a list of operations."""
    view = View(root)
    return find_at(view, view.root)


def find_at(view: View, start: Visit) -> list[Spot]:
    """The images of a list of operations somewhere in a document."""
    spots: list[Spot] = []
    for operation in view.children(start):
        known = [visit for visit, _ in images(view, operation)]
        spots += (Spot(each.path, each.node, each.alias, rule=_RULE) for each in known if isinstance(each.node, Scalar))
        spots += _shaped(view, operation, {each.path for each in known})
    return spots


def _shaped(view: View, operation: Visit, known: Collection[Path]) -> Iterator[Spot]:
    """What an operation puts elsewhere, told by its shape."""
    value, path = view.child(operation, "value"), view.text(operation, "path") or ""
    if value is None or view.text(operation, "op") not in ("replace", "add"):
        return
    for visit in view.walk(value):
        if not isinstance(visit.node, Scalar) or visit.path in known:
            continue
        text = visit.node.value
        likely = _CONFIGURES.search(path + pointer(visit.path[len(value.path) :])) is not None
        for number, span in enumerate(shape.find(text)):
            within = None if span == (0, len(text)) else part_of(visit, span, number)
            certainty = Certainty.LIKELY if likely else Certainty.POSSIBLE
            yield Spot(visit.path, visit.node, visit.alias, rule=_SHAPE, certainty=certainty, within=within)


def is_list(root: Node) -> bool:
    """Whether a document is a list of operations and nothing else."""
    view = View(root)
    return is_patch(view, view.root)


def is_patch(view: View, visit: Visit) -> bool:
    """Whether a node is a list of operations."""
    first = next(iter(view.children(visit)), None) if isinstance(visit.node, Sequence) else None
    return first is not None and view.text(first, "op") is not None and view.text(first, "path") is not None


def images(view: View, operation: Visit) -> Iterator[tuple[Visit, str]]:
    """The image scalars of one operation, with their pointers in the object that it patches."""
    value, path = view.child(operation, "value"), view.text(operation, "path")
    if view.text(operation, "op") not in ("replace", "add") or value is None or path is None:
        return
    start = re.sub(r"/-(?=/|\Z)", "/0", path)
    for visit in view.walk(value):
        place = start + pointer(visit.path[len(value.path) :])
        if isinstance(visit.node, Scalar) and visit.node.value and _IMAGE.search(place):
            yield visit, place
