"""What Flux applies: Kustomizations (kustomize-controller) and HelmReleases (helm-controller). Pure.

https://fluxcd.io/flux/components/kustomize/kustomizations/ and https://fluxcd.io/flux/components/helm/helmreleases/,
with the fields of older versions (`patchesStrategicMerge`, `patchesJson6902`, `valuesFile`).
"""

from __future__ import annotations

from collections.abc import Iterator

from gitops_clone.controllers.model import (
    Applied,
    ChartReference,
    ConfigReference,
    Directory,
    ImageOverride,
    Kind,
    Patch,
    SourceReference,
    Values,
    ValuesForm,
)
from gitops_clone.controllers.objects import Object, inside, unknown
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import Visit

KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"

# Their charts and values files are folders and files of the source, and not of a chart repository.
_IN_FILES = ("GitRepository", "Bucket")
_MAX_RELEASE = 53


def read(found: Object) -> Iterator[Applied]:
    """What an object applies; nothing for other kinds."""
    if found.group == KUSTOMIZE and found.kind == Kind.KUSTOMIZATION:
        yield _kustomization(found)
    elif found.group == HELM and found.kind == Kind.HELM_RELEASE:
        yield _release(found)


def _kustomization(found: Object) -> Applied:
    spec = found.at("spec")
    written = found.read("spec", "path") or ""
    namespace = found.read("spec", "targetNamespace") or None
    build = found.at("spec", "postBuild")
    references = found.items(found.at("spec", "postBuild", "substituteFrom"))
    obstacle = unknown({"path": written, "targetNamespace": namespace}) or found.duplicate(spec)
    return Applied(
        owner=found.owner(Kind.KUSTOMIZATION),
        pointer=found.pointer("spec"),
        path=inside(written) if not obstacle else None,
        source=_source(found, found.at("spec", "sourceRef")),
        directory=Directory(recurse=True),
        namespace=namespace,
        images=tuple(_images(found, spec)),
        patches=tuple(_patches(found, spec)),
        components=tuple(text for text, _ in found.texts(found.at("spec", "components"))),
        substitute=found.flat(found.at("spec", "postBuild", "substitute")) if build is not None else None,
        substitute_from=tuple(_config(found, item) for item in references),
        obstacle=obstacle,
    )


def _release(found: Object) -> Applied:
    chart, path, source, obstacle = _chart(found)
    renderers = [found.view.child(item, "kustomize") for item in found.items(found.at("spec", "postRenderers"))]
    target = found.read("spec", "targetNamespace") or None
    name = found.read("spec", "releaseName") or "-".join(filter(None, (target, found.name)))
    values, replaces = _values(found, path)
    return Applied(
        owner=found.owner(Kind.HELM_RELEASE),
        pointer=found.pointer("spec"),
        path=path,
        chart=chart,
        source=source,
        namespace=target or found.namespace,
        release=name if len(name) <= _MAX_RELEASE else None,
        values=values,
        replaces_values=replaces,
        images=tuple(image for renderer in renderers for image in _images(found, renderer)),
        patches=tuple(patch for renderer in renderers for patch in _patches(found, renderer)),
        obstacle=obstacle or unknown({"namespace": target}) or found.duplicate(found.at("spec")),
    )


def _chart(found: Object) -> tuple[ChartReference | None, str | None, SourceReference | None, str | None]:
    """A release's chart: one from elsewhere, or a folder of the repository; its source; why it cannot be told."""
    if (reference := found.at("spec", "chartRef")) is not None:
        named = _source(found, reference)
        return ChartReference("", None, None, named, found.pointer("spec", "chartRef")), None, named, None
    spec = found.at("spec", "chart", "spec")
    if spec is None:
        return None, None, None, "it names no chart"
    source = _source(found, found.view.child(spec, "sourceRef"))
    name, version = found.view.text(spec, "chart") or "", found.view.text(spec, "version")
    obstacle = unknown({"chart": name, "version": version})
    if source is not None and source.kind in _IN_FILES:
        return None, inside(name) if not obstacle else None, source, obstacle
    where = found.pointer("spec", "chart", "spec", "chart")
    return ChartReference(name, version, None, source, where), None, source, obstacle


def _values(found: Object, path: str | None) -> tuple[tuple[Values, ...], bool]:
    """The values of a release, and whether its values files stand instead of the chart's own."""
    spec = found.at("spec", "chart", "spec")
    files: list[Values] = []
    if spec is not None:
        older = found.view.child(spec, "valuesFile")
        listed = found.texts(found.view.child(spec, "valuesFiles"))
        written = [older.node.value] if older is not None and isinstance(older.node, Scalar) else []
        ignored = found.view.text(spec, "ignoreMissingValuesFiles") == "true"
        for text in filter(None, (*written, *(text for text, _ in listed))):
            name = inside(text) if path is not None else None
            files.append(Values(ValuesForm.FILE, name or "", path="" if name else text, optional=ignored))
    values = list(files)
    for item in found.items(found.at("spec", "valuesFrom")):
        reference = _config(found, item)
        target = found.view.text(item, "targetPath") or ""
        values.append(
            Values(
                ValuesForm.REFERENCE, found.file, found.document, pointer(item.path), target,
                reference=reference, optional=reference.optional,
            )
        )  # fmt: skip
    if (tree := found.at("spec", "values")) is not None and not isinstance(tree.node, Scalar):
        values.append(Values(ValuesForm.TREE, found.file, found.document, found.pointer("spec", "values")))
    return tuple(values), bool(files)


def _source(found: Object, reference: Visit | None) -> SourceReference | None:
    if reference is None:
        return None
    kind, name = found.view.text(reference, "kind") or "", found.view.text(reference, "name") or ""
    return SourceReference(kind, found.view.text(reference, "namespace") or found.namespace, name)


def _config(found: Object, item: Visit) -> ConfigReference:
    """An item of `valuesFrom` or of `substituteFrom`."""
    view = found.view
    values = item.path[-2] == "valuesFrom"
    return ConfigReference(
        view.text(item, "kind") or "",
        view.text(item, "name") or "",
        (view.text(item, "valuesKey") or "values.yaml") if values else None,
        view.text(item, "targetPath") or None,
        view.text(item, "optional") == "true",
        found.namespace,
    )


def _images(found: Object, parent: Visit | None) -> Iterator[ImageOverride]:
    """The entries of `images`, which have the keys of kustomize."""
    if parent is None:
        return
    for item in found.items(found.view.child(parent, "images")):
        texts = found.flat(item)
        if texts.get("name"):
            yield ImageOverride(
                pointer(item.path),
                found.line(item),
                texts["name"],
                texts.get("newName", ""),
                texts.get("newTag", ""),
                texts.get("digest", ""),
            )


def _patches(found: Object, parent: Visit | None) -> Iterator[Patch]:
    """All patches, in the order in which the controllers give them to kustomize."""
    if parent is None:
        return
    view = found.view
    for item in found.items(view.child(parent, "patches")):
        text = view.text(item, "patch")
        target = view.child(item, "target")
        yield Patch(pointer((*item.path, "patch")), text, found.flat(target) if target is not None else None)
    for item in found.items(view.child(parent, "patchesStrategicMerge")):
        yield Patch(pointer(item.path), None, tree=True)
    for item in found.items(view.child(parent, "patchesJson6902")):
        yield Patch(pointer((*item.path, "patch")), None, found.flat(view.child(item, "target")), tree=True)
