"""What Flux and Argo CD apply from paths of the repository: which object, which path, with which values files. Pure.

Whether a source is this repository cannot be told from its URL; a path that is not in it means nothing here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.render.values import flow, parameter

_FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io/"
_FLUX_HELM = "helm.toolkit.fluxcd.io/"
_ARGO = "argoproj.io/"


@dataclass(frozen=True, slots=True)
class Application:
    """An object that applies `path`, a name relative to the root; None: what it applies is not in a repository.

    `values` are files relative to the root, `inline` texts of values; of all of them, the later win. `obstacle` says
    which values are not known here.
    """

    file: str
    name: str
    path: str | None
    values: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    obstacle: str | None = None
    release: bool = False


def find(file: str, data: bytes) -> list[Application]:
    """The applications of one file. What does not parse has none: `scan` reports it."""
    if b"toolkit.fluxcd.io/" not in data and b"argoproj.io/" not in data:
        return []
    try:
        source = decode(data)
        check(source)
    except Undecodable:
        return []
    found: list[Application] = []
    for chunk in split(source.utf8):
        if b"toolkit.fluxcd.io/" not in chunk.data and b"argoproj.io/" not in chunk.data:
            continue
        try:
            for root in parse(chunk.data.decode(), second_opinion=False):
                if root is not None:
                    found += _of_object(file, View(root))
        except (Unparsable, TooManyAliases, RecursionError):
            continue
    return found


def _of_object(file: str, view: View) -> Iterator[Application]:
    version, kind = view.text(view.root, "apiVersion") or "", view.text(view.root, "kind")
    namespace = view.text(view.root, "metadata", "namespace")
    name = f"{kind} {f'{namespace}/' if namespace else ''}{view.text(view.root, 'metadata', 'name')}"
    if version.startswith(_FLUX_KUSTOMIZE) and kind == "Kustomization":
        path = view.text(view.root, "spec", "path")
        yield Application(file, name, _inside(path or ""))
    elif version.startswith(_FLUX_HELM) and kind == "HelmRelease":
        yield _release(file, name, view)
    elif version.startswith(_ARGO) and kind == "Application":
        sources = view.at(view.root, "spec", "sources")
        single = view.at(view.root, "spec", "source")
        for source in view.children(sources) if sources else [single] if single else []:
            if view.text(source, "path") is not None or view.text(source, "chart") is not None:
                yield _argo(file, name, view, source)


def _release(file: str, name: str, view: View) -> Application:
    """A HelmRelease; the paths of its chart and values files are relative to the root of their GitRepository."""
    spec = view.at(view.root, "spec", "chart", "spec")
    in_git = spec is not None and view.text(spec, "sourceRef", "kind") == "GitRepository"
    chart = view.text(spec, "chart") if spec is not None and in_git else None
    if spec is None or chart is None:
        return Application(file, name, None, release=True)
    files = [_inside(written) for written in _texts(view, view.at(spec, "valuesFiles"))]
    values = view.at(view.root, "spec", "values")
    inline = (flow(view, values),) if values else ()
    obstacle = "its valuesFrom are not read" if view.at(view.root, "spec", "valuesFrom") else None
    return Application(file, name, _inside(chart), tuple(filter(None, files)), inline, obstacle, release=True)


def _argo(file: str, name: str, view: View, source: Visit) -> Application:
    path = view.text(source, "path")
    folder = _inside(path) if path is not None else None
    written = _texts(view, view.at(source, "helm", "valueFiles"))
    files = [_inside(posixpath.join(folder, each)) for each in written] if folder is not None else []
    inline: list[str | None] = []
    if text := view.text(source, "helm", "values"):
        inline.append(text)
    if tree := view.at(source, "helm", "valuesObject"):
        inline.append(flow(view, tree))
    listed = view.at(source, "helm", "parameters")
    for each in view.children(listed) if listed else ():
        inline.append(parameter(view.text(each, "name") or "", view.text(each, "value") or ""))
    known = tuple(text for text in inline if text is not None)
    obstacle = None if len(known) == len(inline) else "its parameters have names that are not understood"
    return Application(file, name, folder, tuple(filter(None, files)), known, obstacle)


def _texts(view: View, listed: Visit | None) -> list[str]:
    if listed is None:
        return []
    return [each.node.value for each in view.children(listed) if isinstance(each.node, Scalar)]


def _inside(path: str) -> str | None:
    """A path of a source as a name relative to the root, where "/" and "./" are the root too; None above it."""
    name = posixpath.normpath(path.lstrip("/") or ".")
    return None if name == ".." or name.startswith("../") else "" if name == "." else name
