"""What Argo CD applies: the sources of an Application, and of the template of an ApplicationSet. Pure.

https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/. Values: files, then `valuesObject` or
else `values`, then parameters (reposerver/repository/repository.go, helmTemplate).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from gitops_clone.controllers.model import (
    Applied,
    ChartReference,
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

GROUP = "argoproj.io"

_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*://")
_TAGGED = re.compile(r"(?P<name>.*):(?P<tag>[a-zA-Z0-9._-]*|\*)")


def read(found: Object) -> Iterator[Applied]:
    """What an object applies, one for each source that brings objects; nothing for other kinds."""
    if found.group != GROUP or found.kind not in (Kind.APPLICATION, Kind.APPLICATION_SET):
        return
    kind = Kind(found.kind)
    keys = ("spec",) if kind is Kind.APPLICATION else ("spec", "template", "spec")
    sources = list(found.items(found.at(*keys, "sources")))
    if not sources:
        single = (found.at(*keys, "source"), found.at(*keys, "sourceHydrator", "drySource"))
        sources = [source for source in single if source is not None]
    patched = kind is Kind.APPLICATION_SET and found.at("spec", "templatePatch") is not None
    namespace = found.read(*keys, "destination", "namespace") or None
    view = found.view
    refs = frozenset(filter(None, (view.text(source, "ref") for source in sources)))
    for source in sources:
        if view.text(source, "ref") and view.text(source, "path") is None and view.text(source, "chart") is None:
            continue  # only files that others refer to
        yield _source(found, kind, source, refs, namespace, "its templatePatch changes it" if patched else None)


def image_override(text: str, where: str, line: int) -> ImageOverride:
    """One text of `kustomize.images`, as `kustomize edit set image` takes it apart (commands/edit/set/setimage.go)."""
    name, equals, new = text.partition("=")
    if equals:
        new_name, tag, digest = _parts(new)
        return ImageOverride(where, line, name, new_name, tag, digest, text=True)
    name, tag, digest = _parts(text)
    return ImageOverride(where, line, name, "", tag, digest, text=True)


def _parts(text: str) -> tuple[str, str, str]:
    """Name, tag, digest."""
    if "@" in text:
        name, digest = text.split("@")[:2]
        return name, "", digest
    match = _TAGGED.fullmatch(text)
    return (match["name"], match["tag"], "") if match else (text, "", "")


def _source(
    found: Object, kind: Kind, source: Visit, refs: frozenset[str], namespace: str | None, obstacle: str | None
) -> Applied:
    view = found.view
    chart = view.text(source, "chart")
    artifact = None if chart else _artifact(found, source)
    path = view.text(source, "path") if artifact is None else None
    texts = {
        "path": path,
        "chart": chart,
        "repoURL": view.text(source, "repoURL") if chart else None,
        "targetRevision": view.text(source, "targetRevision") if chart else None,
        "destination.namespace": namespace,
        "kustomize.namespace": view.text(source, "kustomize", "namespace"),
    }
    obstacle = obstacle or unknown(texts) or _unknown_below(found, source) or found.duplicate(source)
    if view.child(source, "plugin") is not None:
        obstacle = obstacle or "a plugin makes what it applies"
    folder = inside(path) if path is not None and not unknown({"path": path}) else None
    directory = view.child(source, "directory")
    helm = view.child(source, "helm")
    return Applied(
        owner=found.owner(kind),
        pointer=pointer(source.path),
        path=folder,
        chart=_chart(found, source, chart) if chart else artifact,
        source=SourceReference("", None, view.text(source, "repoURL") or "") if path is not None else None,
        directory=_directory(found, directory),
        namespace=view.text(source, "kustomize", "namespace") or None,
        default_namespace=(view.text(helm, "namespace") if helm is not None else None) or namespace,
        release=(view.text(helm, "releaseName") if helm is not None else None) or found.name,
        values=tuple(_values(found, helm, folder, refs)) if helm is not None else (),
        images=tuple(
            image_override(text, pointer(item.path), found.line(item))
            for text, item in found.texts(view.at(source, "kustomize", "images"))
        ),
        patches=tuple(_patches(found, view.at(source, "kustomize", "patches"))),
        components=tuple(text for text, _ in found.texts(view.at(source, "kustomize", "components"))),
        obstacle=obstacle,
    )


def _unknown_below(found: Object, source: Visit) -> str | None:
    """Why what is given to Helm or kustomize cannot be told: a generator fills in a part of it."""
    for key in ("helm", "kustomize", "directory"):
        below = found.view.child(source, key)
        for visit in found.view.walk(below) if below is not None else ():
            if isinstance(visit.node, Scalar) and "{{" in visit.node.value:
                name = ".".join(str(step) for step in visit.path[len(source.path) :])
                if reason := unknown({name: visit.node.value}):
                    return reason
    return None


def _chart(found: Object, source: Visit, name: str) -> ChartReference:
    view = found.view
    repository, version = view.text(source, "repoURL") or None, view.text(source, "targetRevision") or None
    return ChartReference(name, version, repository, None, pointer((*source.path, "chart")))


def _artifact(found: Object, source: Visit) -> ChartReference | None:
    """What `oci://` with a path names: an artifact, all of it in the URL. It is taken for a chart, as most are."""
    url = found.view.text(source, "repoURL") or ""
    if not url.startswith("oci://"):
        return None
    version = found.view.text(source, "targetRevision") or None
    name = SourceReference("OCIRepository", None, url)
    return ChartReference(url.rpartition("/")[2], version, url, name, pointer((*source.path, "repoURL")))


def _directory(found: Object, directory: Visit | None) -> Directory:
    if directory is None:
        return Directory()
    texts = found.flat(directory)
    return Directory(texts.get("recurse") == "true", texts.get("include") or None, texts.get("exclude") or None)


def _values(found: Object, helm: Visit, folder: str | None, refs: frozenset[str]) -> Iterator[Values]:
    view = found.view
    optional = view.text(helm, "ignoreMissingValueFiles") == "true"
    for text, item in found.texts(view.child(helm, "valueFiles")):
        file, inner = _file(folder, text, refs)
        yield Values(ValuesForm.FILE, file, 0, pointer(item.path), path=inner, optional=optional)
    place = (found.file, found.document)
    tree, values = view.child(helm, "valuesObject"), view.child(helm, "values")
    if tree is not None and not isinstance(tree.node, Scalar):
        yield Values(ValuesForm.TREE, *place, pointer(tree.path))
    elif values is not None and isinstance(values.node, Scalar) and values.node.value.strip():
        yield Values(ValuesForm.TEXT, *place, pointer(values.path))
    for item in found.items(view.child(helm, "parameters")):
        if name := view.text(item, "name"):
            forced = view.text(item, "forceString") == "true"
            yield Values(ValuesForm.SCALAR, *place, pointer((*item.path, "value")), name, forced)
    for item in found.items(view.child(helm, "fileParameters")):
        if name := view.text(item, "name"):
            file, inner = _file(folder, view.text(item, "path") or "", refs)
            yield Values(ValuesForm.CONTENT, file, 0, "", name if file else inner, string=True)


def _file(folder: str | None, written: str, refs: frozenset[str]) -> tuple[str, str]:
    """A values file's name relative to the root (`$ref/…` is the root of another source), else its name elsewhere."""
    if written.startswith("$"):
        name, _, path = written[1:].partition("/")
        found = inside(path) if name in refs else None
    elif _REMOTE.match(written) or folder is None:
        found = None
    else:
        found = inside(written if written.startswith("/") else posixpath.join(folder, written))
    return (found, "") if found else ("", written)


def _patches(found: Object, listed: Visit | None) -> Iterator[Patch]:
    view = found.view
    for item in found.items(listed):
        target = view.child(item, "target")
        text = view.text(item, "patch") or None
        path = (view.text(item, "path") or None) if text is None else None
        where = pointer((*item.path, "patch"))
        yield Patch(where, text, found.flat(target) if target is not None else None, path=path)
