"""Images in JSON Patches (RFC 6902) that stand in files of their own: what `replace` and `add` put where images are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.documents.node import Scalar, Sequence
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.spots import Spot
from gitops_clone.finders.view import View, Visit
from gitops_clone.finding import Rule, RuleKind

# A document that is a list: comments and blank lines, then a dash or a bracket.
_LIST = re.compile(rb"(?:---[ \t]*\r?\n|[ \t]*#[^\n]*\n|\s)*+(?:- |-[\r\n]|\[)")
_RULE = Rule(RuleKind.PATCH)
_IMAGE = re.compile(r"/(?:image|volumes/\d+/image/reference)\Z")


def may_hold(data: bytes) -> bool:
    """Whether bytes may be such a patch."""
    return _LIST.match(data) is not None and b"op" in data and (b"/image" in data or b"ontainers/" in data)


def find(root: Sequence) -> list[Spot]:
    """The images of one document that is a list of operations."""
    view = View(root)
    return find_at(view, view.root)


def find_at(view: View, start: Visit) -> list[Spot]:
    """The images of a list of operations somewhere in a document."""
    return [
        Spot(visit.path, visit.node, visit.alias, rule=_RULE)
        for operation in view.children(start)
        for visit, _ in images(view, operation)
        if isinstance(visit.node, Scalar)
    ]


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
