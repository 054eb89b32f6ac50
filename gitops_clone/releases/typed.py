"""A YAML node as the values that Helm reads, and values with some of them changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.helm.yaml_values import scalar

__all__ = ["changed", "scalar", "typed"]


def typed(view: View, visit: Visit) -> Any:
    """A node as plain values; of duplicate keys, the last counts. Raises `helm.yaml_values.NotValues`."""
    if isinstance(visit.node, Scalar):
        return scalar(visit.node)
    if isinstance(visit.node, MappingNode):
        return {str(child.path[-1]): typed(view, child) for child in view.children(visit)}
    return [typed(view, child) for child in view.children(visit)]


def changed(tree: Any, values: Mapping[Path, Any]) -> Any:
    """Values with others at some paths; what is not on the way to them is shared. A path of nothing leads nowhere."""
    here = next((value for path, value in values.items() if not path), None)
    if here is not None:
        return here
    below: dict[str | int, dict[Path, Any]] = {}
    for path, value in values.items():
        below.setdefault(path[0], {})[path[1:]] = value
    if isinstance(tree, dict):
        return {**tree, **{str(key): changed(tree.get(str(key), {}), inner) for key, inner in below.items()}}
    if isinstance(tree, list):
        return [changed(item, below[number]) if number in below else item for number, item in enumerate(tree)]
    return tree
