"""The Kubernetes objects of a document, and what an object says of all its images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence
from gitops_clone.finders.view import Path, View, Visit

CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TRIGGER_NAME = r"""@\.name\s*==\s*\\?["']([^"'\\]+)"""
_TRIGGER_PLACE = r"(containers|initContainers)\[(\d+)\]"


class TwoObjects(ValueError):
    """One mapping has two kinds: two objects without a line `---` between them. `offset` is where the second begins."""

    def __init__(self, offset: int) -> None:
        super().__init__('two objects in one document, key "kind" stands twice: put a line `---` between them')
        self.offset = offset


class Object(NamedTuple):
    """Group and kind (empty for a tree without a kind, in a text), and where the object stands in its document."""

    group: str
    kind: str
    visit: Visit


def objects(view: View, visit: Visit, listed: Object | None = None) -> Iterator[Object]:
    """The object at a visit, or the objects of a list; items of a typed list may take their kind from it.

    Raises `TwoObjects`.
    """
    named = view.child(visit, "kind")
    kind = view.text(visit, "kind") or (listed.kind.removesuffix("List") if listed else "")
    if named is not None and named.duplicate == "kind":
        _refuse_two(visit.node)
    if not _KIND.fullmatch(kind):
        return
    version = view.text(visit, "apiVersion")
    group = version.rpartition("/")[0] if version is not None else listed.group if listed else ""
    item = Object(group, kind, visit)
    items = view.child(visit, "items") if kind.endswith("List") else None
    if items is None or not isinstance(items.node, Sequence):
        yield item
        return
    for entry in view.children(items):
        yield from objects(view, entry, item)


def _refuse_two(node: Node) -> None:
    """Raise `TwoObjects` where a mapping has two kinds of its own, at least one of them the name of a kind."""
    pairs = node.pairs if isinstance(node, Mapping) else ()
    kinds = [(key, value) for key, value in pairs if isinstance(key, Scalar) and key.value == "kind"]
    if len(kinds) > 1 and any(isinstance(value, Scalar) and _KIND.fullmatch(value.value) for _, value in kinds):
        raise TwoObjects(kinds[-1][0].start)


def is_yard(path: Path) -> bool:
    """Whether a path is in a place where people keep anchors, and that no application reads: `x-common: &common`."""
    return bool(path) and str(path[0]).startswith(("x-", ".", "_"))


def ignore_note(view: View, item: Object) -> str | None:
    """Why the whole object is to be left alone."""
    if view.text(item.visit, "metadata", "annotations", "gitops-clone/ignore") == "true":
        return "annotation gitops-clone/ignore"
    return None


def triggered(view: View, item: Object) -> set[str]:
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


def sentinel(view: View, visit: Visit, container: Visit, by_streams: set[str]) -> str | None:
    """Why a value is none that anybody pulls, though it parses as a reference: a controller replaces it."""
    if visit.path[-1:] != ("image",):
        return None
    if isinstance(visit.node, Scalar) and visit.node.value == "auto":
        return "Istio's injector replaces the image `auto`"
    place = "/".join(str(step) for step in container.path[-2:])
    if by_streams and (place in by_streams or view.text(container, "name") in by_streams):
        return "an OpenShift ImageStream sets this image"
    return None
