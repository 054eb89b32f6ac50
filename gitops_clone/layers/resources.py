"""One object on its way through the layers: its tree, the ids it has had, and the layers of `images` it has passed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from gitops_clone.documents.proof import pointer
from gitops_clone.layers.fields import FieldSpec
from gitops_clone.layers.flow import Flow, Op, Pass, Source, Together
from gitops_clone.layers.joining import Style
from gitops_clone.layers.trees import Leaf, Path, Tree, leaves, text_at

# kustomize runs each entry twice over the places that both of its filters reach (a tagSuffix is then added twice).
_ANY_DEPTH = re.compile(r"/(?:containers|initContainers)/\d+/image\Z")
_POD_SPEC = re.compile(
    r"/spec(?:/template/spec)?/(?:(?:containers|initContainers)/\d+/image|volumes/\d+/image/reference)\Z"
)
# The kinds without a namespace, of those that kustomize knows and people write.
_CLUSTER_KINDS = frozenset(
    (
        "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
        "ComponentStatus", "CustomResourceDefinition", "FlowSchema", "IngressClass", "MutatingWebhookConfiguration",
        "Namespace", "Node", "PersistentVolume", "PodSecurityPolicy", "PriorityClass", "PriorityLevelConfiguration",
        "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration", "VolumeAttachment",
    )
)  # fmt: skip
_SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"
NEVER_PREFIXED = frozenset(("APIService", "CustomResourceDefinition", "Namespace"))


class Id(NamedTuple):
    """What kustomize knows an object by. The namespace is `default` where it has none, empty where it cannot."""

    group: str
    version: str
    kind: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Layer:
    """The entries of one list of `images`, and the fields that `configurations` add for it.

    `only` are the fields of a transformer's own configuration, which knows no others. `name` is that of the
    kustomization. `over` are the entries of an object that applies it.
    """

    name: str
    entries: tuple[str, ...]
    fields: tuple[FieldSpec, ...] = ()
    only: tuple[FieldSpec, ...] | None = None
    over: tuple[str, ...] = ()
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An object. `tree` is None where nobody looks into it: `images` then has its image leaves, by pointer.

    `ids` are all that it has had, the last is that of today. `passed` are the layers of images above it so far.
    """

    images: tuple[tuple[str, Leaf], ...] = ()
    tree: dict[str, Tree] | None = field(default=None, repr=False)
    ids: tuple[Id, ...] = ()
    namespace: str | None = None
    passed: tuple[Layer, ...] = ()
    taint: str | None = None
    hashed: bool = False

    @property
    def id(self) -> Id:
        return self.ids[-1]

    @property
    def kind(self) -> str:
        return self.ids[-1].kind if self.ids else ""

    @property
    def verbatim(self) -> bool:
        """Whether the object tells Flux to substitute nothing in it."""
        metadata = [text_at(self.tree, "metadata", key, _SUBSTITUTE) for key in ("annotations", "labels")]
        return "disabled" in metadata

    def grown(self, tree: dict[str, Tree]) -> Resource:
        """The resource with another tree, and the id that it has by it."""
        now = id_of(tree)
        ids = self.ids if self.ids and self.ids[-1] == now else (*self.ids, now)
        found = tuple((pointer(path), leaf) for path, leaf in leaves(tree) if is_image(path, leaf))
        return replace(self, tree=tree, ids=ids, images=found)

    def flows(self) -> Iterator[Flow]:
        """The ways of its images so far."""
        for place, leaf in self.images:
            yield from self.flows_of(place, leaf)

    def flows_of(self, place: str, leaf: Leaf) -> Iterator[Flow]:
        """The ways of the images that a leaf at a pointer holds."""
        for source in leaf.parts:
            yield Flow(source, (), self.namespace, leaf.taint or self.taint)
        flow = self.flow(place, leaf) if not leaf.parts else None
        if flow is not None:
            yield flow

    def flow(self, place: str, leaf: Leaf) -> Flow | None:
        """The way of one leaf that stands at a pointer; None of what no file holds."""
        if leaf.key is None:
            return None
        ops: list[Op] = [*leaf.before]
        for layer in self.passed[leaf.birth :]:
            if times := reach(place, self, layer):
                if layer.style is not None:
                    ops.append(Together(layer.entries, layer.over, layer.style, times))
                else:
                    ops += (Pass(entry, times) for entry in layer.entries)
        source, taint, named = Source(leaf.key, leaf.text), leaf.taint or self.taint, leaf.named or reach(place) > 0
        return Flow(source, tuple(ops), self.namespace, taint, named=named)

    def tail(self, place: str, leaf: Leaf, last: Layer) -> int:
        """How often an entry would be applied to a leaf that is added to the list of the `last` kustomization.

        None is, if anything else comes after its entries.
        """
        own = next((number for number, layer in enumerate(self.passed) if layer.name == last.name), None)
        late = own is not None and (leaf.birth > own or len(self.passed) > own + 1)
        return 0 if late or leaf.parts else reach(place, self, last)

    def frozen(self, place: str, leaf: Leaf) -> Leaf:
        """A leaf as it is after all layers so far, to be copied to elsewhere."""
        flow = self.flow(place, leaf)
        ops = flow.ops if flow is not None else leaf.before
        return replace(leaf, before=ops, birth=len(self.passed), taint=leaf.taint or self.taint)


def id_of(tree: Mapping[str, Tree]) -> Id:
    """The id of an object."""
    top = dict(tree)
    group, _, version = (text_at(top, "apiVersion") or "").rpartition("/")
    kind = text_at(top, "kind") or ""
    namespace = text_at(top, "metadata", "namespace") or "default"
    name = text_at(top, "metadata", "name") or ""
    return Id(group, version, kind, name, "" if kind in _CLUSTER_KINDS else namespace)


def is_image(path: Path, leaf: Leaf) -> bool:
    """Whether a leaf is an image: by the rules of the finders, or where kustomize looks for images."""
    return leaf.image or bool(leaf.parts) or (path[-1:] in (("image",), ("reference",)) and _is_at_image(path, leaf))


def _is_at_image(path: Path, leaf: Leaf) -> bool:
    return bool(leaf.text.strip()) and not leaf.null and _bare(pointer(path)) > 0


@cache
def _bare(place: str) -> int:
    return int(_ANY_DEPTH.search(place) is not None) + int(_POD_SPEC.fullmatch(place) is not None)


def reach(place: str, resource: Resource | None = None, layer: Layer | None = None) -> int:
    """How often each entry of a layer is applied to the image at a pointer: 0 where it does not go."""
    if layer is None or (layer.only is None and not layer.fields):
        return _bare(place)
    assert resource is not None
    if layer.only is not None:
        extra, times = layer.only, int(_ANY_DEPTH.search(place) is not None)
    else:
        extra, times = layer.fields, _bare(place)
    return times + sum(spec.matches(resource.id.group, resource.id.version, resource.kind, place) for spec in extra)
