"""Names, namespaces, labels and annotations that a layer gives to objects: later layers select by them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_clone.documents.proof import pointer
from gitops_clone.layers.fields import FieldSpec
from gitops_clone.layers.kustomization import Kustomization
from gitops_clone.layers.resources import NEVER_PREFIXED, Id, Resource
from gitops_clone.layers.trees import Leaf, Tree, leaves, replaced


@dataclass(frozen=True, slots=True)
class Names:
    """What one layer says of them."""

    prefix: str = ""
    suffix: str = ""
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)


def of(each: Kustomization) -> Names:
    """What a kustomization says of them."""
    acts = each.acts
    return Names(acts.prefix, acts.suffix, each.namespace, acts.labels, acts.annotations)


def changed(here: Sequence[Resource], said: Names) -> Sequence[Resource]:
    """The objects under the names of a layer."""
    if said == Names():
        return here
    return [_changed(resource, said) for resource in here]


def _changed(resource: Resource, said: Names) -> Resource:
    resource = replace(resource, namespace=said.namespace or resource.namespace)
    if resource.tree is None:
        return resource
    last = resource.id
    steps: list[Id] = []
    if said.namespace and last.namespace:
        steps.append(last._replace(namespace=said.namespace))
    if last.kind not in NEVER_PREFIXED:
        for before, behind in ((said.prefix, ""), ("", said.suffix)):
            if before or behind:
                last = steps[-1] if steps else last
                steps.append(last._replace(name=f"{before}{last.name}{behind}"))
    metadata = resource.tree.get("metadata")
    new: dict[str, Tree] = dict(metadata) if isinstance(metadata, dict) else {}
    if steps and steps[-1].name != resource.id.name:
        new["name"] = Leaf(steps[-1].name)
    if steps and said.namespace:
        new["namespace"] = Leaf(steps[-1].namespace)
    for key, pairs in (("labels", said.labels), ("annotations", said.annotations)):
        if pairs:
            old = new.get(key)
            new[key] = {**(old if isinstance(old, dict) else {}), **{name: Leaf(text) for name, text in pairs.items()}}
    ids = (*resource.ids, *steps[:-1])
    return replace(resource, ids=ids).grown({**resource.tree, "metadata": new})


def fields_marked(resource: Resource, fields: Sequence[FieldSpec]) -> Resource:
    """An object whose fields that `configurations` name are image places."""
    if resource.tree is None:
        return resource
    one = resource.id
    found = {
        path: leaf
        for path, leaf in leaves(resource.tree)
        if not leaf.image
        and leaf.text
        and not leaf.null
        and any(spec.matches(one.group, one.version, one.kind, pointer(path)) for spec in fields)
    }
    tree: Tree = resource.tree
    for path, leaf in found.items():
        tree = replaced(tree, path, replace(leaf, image=True, named=True))
    return resource.grown(tree) if found and isinstance(tree, dict) else resource
