"""One entry point to its objects as YAML: what kustomize and Helm make, and what Flux and Argo CD do around that."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatch

from gitops_clone.controllers.model import Applied, Directory
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.controllers.substitution import Unsubstituted, substitute
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.split import split
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.render.amended import Additions
from gitops_clone.render.charts import Charts
from gitops_clone.render.kustomized import build, patch_lists, post_render
from gitops_clone.render.model import EntryPoint, Kind
from gitops_clone.render.released import release, template
from gitops_clone.render.tools import Refused, Tools
from gitops_clone.render.tree import Tree
from gitops_clone.render.values import flow

_EXTENSIONS = (".yaml", ".yml", ".json")
_KEPT = re.compile(rb"^    [\"']?kustomize\.toolkit\.fluxcd\.io/substitute[\"']?: [\"']?disabled[\"']?$", re.MULTILINE)


class Renderer:
    """Renders with the tools and the charts of a run; the catalogue tells images. Safe to use from several threads."""

    def __init__(self, tools: Tools, charts: Charts, catalogue: Catalogue = SHIPPED) -> None:
        self.tools, self.charts, self.catalogue = tools, charts, catalogue

    def render(self, tree: Tree, point: EntryPoint) -> str | Refused:
        """The objects of an entry point, as YAML."""
        if point.obstacle is not None:
            return Refused(point.obstacle)
        if point.applied is None:
            return self._alone(tree, point)
        if point.kind is Kind.CHART:
            return release(self.tools, self.charts, tree, point.applied)
        if point.kind is Kind.MANIFESTS:
            return "---\n".join(_plain(tree, point.folder, point.applied.directory))
        return self._kustomized(tree, point.folder, point.applied)

    def _alone(self, tree: Tree, point: EntryPoint) -> str | Refused:
        if point.kind is Kind.KUSTOMIZATION:
            return build(self.tools, tree, point.folder)
        chart = self.charts.complete(tree, point.folder)
        if isinstance(chart, Refused):
            return chart
        # Absolute paths: no name of a folder or file can be taken for an option.
        return template(self.tools, tree, chart, tuple(f"--values={tree.root / name}" for name in point.values))

    def _kustomized(self, tree: Tree, folder: str, applied: Applied) -> str | Refused:
        found = tree.at(applied.owner.file, applied.owner.document, applied.pointer)
        flux = applied.owner.kind is Controller.KUSTOMIZATION
        try:
            added = (_of_flux if flux else _of_argo)(applied, *found) if found is not None else Additions()
        except TooManyAliases as error:
            return Refused(str(error))
        text = build(self.tools, tree, folder, added)
        if not isinstance(text, Refused) and applied.substitute is not None:
            text = _substituted(text, applied)
        metadata = _common_metadata(*found) if flux and found is not None else ()
        return text if isinstance(text, Refused) or not metadata else post_render(self.tools, tree, text, metadata)


def _of_flux(applied: Applied, view: View, spec: Visit) -> Additions:
    lists = patch_lists(view, spec)
    lists["components"] = [flow(view, item) for item in _children(view, spec, "components")]
    names = {key: view.text(spec, key) for key in ("namePrefix", "nameSuffix")}
    keys = {"namespace": applied.namespace, **names}
    return Additions({key: text for key, text in keys.items() if text}, lists, applied.images)


def _of_argo(applied: Applied, view: View, source: Visit) -> Additions:
    own = view.child(source, "kustomize")
    if own is None:
        return Additions()
    keys = {key: view.text(own, key) for key in ("namePrefix", "nameSuffix", "namespace")}
    lists = {key: [flow(view, item) for item in _children(view, own, key)] for key in ("patches", "components")}
    maps = {key: _texts(view, view.child(own, key)) for key in ("commonLabels", "commonAnnotations")}
    if maps["commonLabels"] and view.text(own, "labelWithoutSelector") == "true":
        templates = view.text(own, "labelIncludeTemplates") == "true"
        lists["labels"] = [json.dumps({"pairs": maps.pop("commonLabels"), "includeTemplates": templates})]
    forcing = {"commonLabels": "forceCommonLabels", "commonAnnotations": "forceCommonAnnotations"}
    return Additions(
        {key: text for key, text in keys.items() if text},
        lists,
        applied.images,
        sort=True,
        maps=maps,
        forced=frozenset(key for key, force in forcing.items() if view.text(own, force) == "true"),
        replicas=dict(_replicas(view, own)),
    )


def _texts(view: View, visit: Visit | None) -> dict[str, str]:
    below = view.children(visit) if visit is not None else ()
    return {str(child.path[-1]): child.node.value for child in below if isinstance(child.node, Scalar)}


def _replicas(view: View, own: Visit) -> Iterator[tuple[str, str]]:
    for item in _children(view, own, "replicas"):
        name, count = view.text(item, "name"), view.child(item, "count")
        if name and count is not None:
            yield name, flow(view, count).strip('"')


def _common_metadata(view: View, spec: Visit) -> list[Additions]:
    """The labels and annotations that kustomize-controller gives each object itself, behind all else."""
    added = []
    for key, kind in (("labels", "LabelTransformer"), ("annotations", "AnnotationsTransformer")):
        texts = _texts(view, view.at(spec, "commonMetadata", key))
        if texts:
            transformer = {
                "apiVersion": "builtin",
                "kind": kind,
                "metadata": {"name": "common-metadata"},
                key: texts,
                "fieldSpecs": [{"path": f"metadata/{key}", "create": True}],
            }
            added.append(json.dumps(json.dumps(transformer)))
    return [Additions(lists={"transformers": added})] if added else []


def _children(view: View, parent: Visit, key: str) -> Iterator[Visit]:
    listed = view.child(parent, key)
    yield from view.children(listed) if listed is not None else ()


def _substituted(text: str, applied: Applied) -> str | Refused:
    """The objects with the variables that are known, but for those that say that they want none."""
    variables, complete = applied.substitute or {}, not applied.substitute_from
    if not variables and complete:
        return text
    parts = []
    try:
        for chunk in split(text.encode()):
            kept = _KEPT.search(chunk.data) is not None
            part = chunk.data.decode()
            clean = {name: value.replace("\n", "") for name, value in variables.items()}
            parts.append(part if kept else substitute(part, clean, complete=complete))
    except Unsubstituted as error:
        return Refused(f"its variables cannot be substituted: {error}")
    return "".join(parts)


def _plain(tree: Tree, folder: str, chosen: Directory) -> Iterator[str]:
    """The manifests of a folder, as Argo CD takes them."""
    prefix = f"{folder}/" if folder else ""
    for name in sorted(tree.names):
        below = name.removeprefix(prefix)
        if not name.startswith(prefix) or not name.endswith(_EXTENSIONS) or ("/" in below and not chosen.recurse):
            continue
        if chosen.exclude and _fits(below, chosen.exclude):
            continue
        if chosen.include and not _fits(below, chosen.include):
            continue
        text = tree.read(name).decode("utf-8", "replace")
        yield text if text.endswith("\n") else f"{text}\n"


def _fits(name: str, glob: str) -> bool:
    """Whether a name, or its last part, fits a glob in which `{a,b}` stands for one of several."""
    braces = re.search(r"\{([^{}]*)\}", glob)
    if braces:
        return any(
            _fits(name, f"{glob[: braces.start()]}{each}{glob[braces.end() :]}") for each in braces[1].split(",")
        )
    return fnmatch(name, glob) or fnmatch(posixpath.basename(name), glob)
