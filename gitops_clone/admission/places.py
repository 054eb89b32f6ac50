"""How parts of an object become the words of this room: patterns with their places, the name of the object."""

from __future__ import annotations

from gitops_clone.admission.model import Pattern
from gitops_clone.controllers.objects import Object
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.view import Visit


def pattern_at(each: Object, visit: Visit, text: str | None = None) -> Pattern:
    """A scalar as a pattern; `text` is what it means, where that is not what it says."""
    assert isinstance(visit.node, Scalar)
    start = visit.node.start
    column = start - each.text.rfind("\n", 0, start)
    return Pattern(visit.node.value if text is None else text, each.line(visit), column)


def patterns_at(each: Object, visit: Visit | None) -> list[Pattern]:
    """The patterns that a scalar, or a list of scalars, is."""
    if visit is not None and isinstance(visit.node, Scalar):
        return [pattern_at(each, visit)]
    return [pattern_at(each, item) for _, item in each.texts(visit)]


def owner_of(each: Object) -> str:
    """How reports name an object: `ClusterPolicy require-signatures`."""
    name = each.name or each.read("metadata", "generateName") or ""
    return f"{each.kind} {f'{each.namespace}/' if each.namespace and name else ''}{name}".rstrip()
