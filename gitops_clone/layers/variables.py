"""`vars` of a kustomization: texts for `$(NAME)`, put in when an entry point is complete (kustomize 5.7). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import View
from gitops_clone.layers.fields import FieldSpec, NotThere, matching, steps
from gitops_clone.layers.flow import Fill, Flow, variables
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.select import identified
from gitops_clone.layers.trees import Leaf, at


@dataclass(frozen=True, slots=True)
class Variable:
    """A name, and the field of an object that it stands for."""

    name: str
    source: Mapping[str, str] = field(hash=False)
    path: str


def read(view: View) -> Iterator[Variable]:
    """The variables of a kustomization."""
    listed = view.child(view.root, "vars")
    for item in view.children(listed) if listed is not None else ():
        group, _, version = (view.text(item, "objref", "apiVersion") or "").rpartition("/")
        parts = {key: view.text(item, "objref", key) or "" for key in ("kind", "name", "namespace")}
        path = view.text(item, "fieldref", "fieldpath") or view.text(item, "fieldref", "fieldPath") or "metadata.name"
        dotted = re.sub(r"\[(\d+)\]", r".\1", path)
        yield Variable(view.text(item, "name") or "", {**parts, "group": group, "version": version}, dotted)


def filled(flow: Flow, place: str, resource: Resource, fields: Sequence[FieldSpec], values: Mapping[str, Flow]) -> Flow:
    """A flow that ends at a place, with the variables in its text put in, if that field is one for variables."""
    assert flow.source is not None
    names = variables(flow.source.image) & values.keys()
    one = resource.id
    if not names or not any(spec.matches(one.group, one.version, one.kind, place) for spec in fields):
        return flow
    name = next(iter(names))
    if flow.source.image == f"$({name})":
        return replace(values[name], namespace=flow.namespace, taint=flow.taint or values[name].taint, named=True)
    taint = next((values[name].taint for name in sorted(names) if values[name].taint), None)
    chosen = tuple((name, values[name]) for name in sorted(names))
    return replace(flow, ops=(*flow.ops, Fill(chosen)), taint=flow.taint or taint, tail=0)


def values(here: Sequence[Resource], found: Sequence[Variable]) -> dict[str, Flow]:
    """The texts of variables that are known, as all layers have left them."""
    known: dict[str, Flow] = {}
    for each in found:
        owners = [one for one in here if one.tree is not None and identified(each.source, one)]
        flow = _field(owners[0], each.path) if len(owners) == 1 else None
        if flow is not None:
            known[each.name] = flow
    return known


def _field(owner: Resource, path: str) -> Flow | None:
    try:
        places = list(matching(owner.tree or {}, steps(path), regular=False))
    except NotThere:
        return None
    leaf = at(owner.tree, places[0]) if len(places) == 1 else None
    return owner.flow(pointer(places[0]), leaf) if isinstance(leaf, Leaf) else None
