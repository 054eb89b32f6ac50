"""HelmReleases as kustomizations apply them: with the values that patches of their layers add. Pure.

A patch of `spec.values` is merged into the release's values, as Helm merges one values file into another. One that
changes more than values is an obstacle: what the release is then, is not told here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from gitops_clone.controllers.model import Applied, Kind, Values, ValuesForm
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import Kustomization, Patch
from gitops_clone.layers.paths import resolve

Content = Callable[[str], bytes | None]

_KEY = re.compile(r"[\w-]+")
_VALUES = "/spec/values/"
# What of a HelmRelease says which chart it is, or what becomes of what it renders.
_MORE = ("chartRef", "postRenderers", "valuesFrom", "releaseName", "targetNamespace")


def variants(applied: Sequence[Applied], graph: Graph, content: Content) -> list[Applied]:
    """The applied as entry points have them: those that kustomizations include, once for each way to patch them."""
    by_file: dict[str, list[Applied]] = defaultdict(list)
    for each in applied:
        by_file[each.owner.file].append(each)
    reader = _Reader(by_file, graph, content)
    found: list[Applied] = []
    for folder in graph.entry_points:
        if folder not in graph.cyclic:
            found += reader.collect(folder)
    reached = {each.owner for each in found}
    return list(dict.fromkeys([*found, *(each for each in applied if each.owner not in reached)]))


class _Reader:
    def __init__(self, by_file: Mapping[str, Sequence[Applied]], graph: Graph, content: Content) -> None:
        self._by_file = by_file
        self._graph = graph
        self._content = content
        self._known: dict[str, list[Applied]] = {}

    def collect(self, folder: str) -> list[Applied]:
        """What a kustomization applies."""
        if folder not in self._known:
            self._known[folder] = []
            includes = self._graph.includes[folder]
            found = [each for file in includes.files for each in self._by_file.get(file, ())]
            found += (each for inner in includes.folders for each in self.collect(inner))
            for inner in includes.components:
                own = self.collect(inner)
                found = [*self._patched(self._graph.kustomizations[inner], found), *own]
            self._known[folder] = self._patched(self._graph.kustomizations[folder], found)
        return self._known[folder]

    def _patched(self, kustomization: Kustomization, found: Sequence[Applied]) -> list[Applied]:
        result = list(found)
        for patch in kustomization.patches if found else ():
            text, file, prefix = self._text(kustomization, patch)
            if "HelmRelease" not in f"{text}{patch.target}":
                continue
            try:
                roots = parse(text)
            except Unparsable:
                continue  # kustomize does not build it either
            for document, root in enumerate(roots):
                if root is not None:
                    result = [_with(each, patch, root, file, document, prefix) for each in result]
        return result

    def _text(self, kustomization: Kustomization, patch: Patch) -> tuple[str, str, str]:
        """A patch's text, the file it stands in, and the pointer of the scalar there that has it."""
        if patch.path is None:
            return patch.text or "", kustomization.file, patch.pointer
        name = resolve(kustomization.folder, patch.path)
        data = self._content(name) if name else None
        if name is None or data is None:
            return "", "", ""
        try:
            source = decode(data)
            check(source)
        except Undecodable:
            return "", "", ""
        return source.utf8.decode(), name, ""


def _with(each: Applied, patch: Patch, root: Node, file: str, document: int, prefix: str) -> Applied:
    """What an object applies once a document of a patch has been merged into it."""
    if each.owner.kind is not Kind.HELM_RELEASE:
        return each
    number, before = (0, f"{prefix}#{document}") if prefix else (document, "")
    if isinstance(root, SequenceNode):
        if patch.target is None or not _selects(patch.target, each):
            return each
        added = [
            value for index, item in enumerate(root.items) for value in _operation(View(item), f"{before}/{index}")
        ]
    else:
        view = View(root)
        named = {"kind": view.text(view.root, "kind") or "", "name": view.text(view.root, "metadata", "name") or ""}
        if not _selects(patch.target if patch.target is not None else named, each):
            return each
        added = list(_merged(view, before))
    values = [replace(value, file=file, document=number) for value in added if value is not None]
    changed = replace(each, values=(*each.values, *values)) if values else each
    if None in added and changed.obstacle is None:
        return replace(changed, obstacle=f"a patch changes more than its values: {file}")
    return changed


def _selects(target: Mapping[str, str], each: Applied) -> bool:
    """Whether a patch's target is an object: kustomize takes its texts as regular expressions."""
    kind, name = target.get("kind"), target.get("name")
    try:
        return (not kind or re.fullmatch(kind, each.owner.kind) is not None) and (
            not name or re.fullmatch(name, each.owner.name) is not None
        )
    except re.error:
        return True


def _merged(view: View, before: str) -> Iterator[Values | None]:
    """The values of a strategic merge patch; None for what else it changes."""
    spec = view.child(view.root, "spec")
    values = view.child(spec, "values") if spec is not None else None
    if values is not None and isinstance(values.node, MappingNode):
        yield None if _has_directive(view, values) else Values(ValuesForm.TREE, pointer=f"{before}/spec/values")
    if spec is not None and any(view.child(spec, key) is not None for key in _MORE):
        yield None
    chart = view.at(spec, "chart", "spec") if spec is not None else None
    if chart is not None and any(view.child(chart, key) for key in ("chart", "sourceRef", "valuesFiles")):
        yield None
    if view.child(view.root, "$patch") is not None:
        yield None


def _has_directive(view: View, values: Visit) -> bool:
    return any(visit.path and str(visit.path[-1]).startswith("$patch") for visit in view.walk(values))


def _operation(view: View, before: str) -> Iterator[Values | None]:
    """The value of an operation of a JSON patch; None for one that changes something else."""
    path, op = view.text(view.root, "path") or "", view.text(view.root, "op")
    if not path.startswith(("/spec/values", *(f"/spec/{key}" for key in _MORE), "/spec/chart/spec/chart")):
        return
    value = view.child(view.root, "value")
    keys = path.removeprefix(_VALUES).split("/")
    plain = path.startswith(_VALUES) and all(_KEY.fullmatch(key) and not key.isdigit() for key in keys)
    if op in ("add", "replace") and plain and value is not None and isinstance(value.node, Scalar):
        yield Values(ValuesForm.SCALAR, pointer=f"{before}/value", path=".".join(keys))
    else:
        yield None
