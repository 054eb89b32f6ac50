"""What Helm makes of a chart with the values that an object gives to it; and what a HelmRelease's post-renderers do."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from gitops_clone.controllers.model import Applied
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.split import split
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.render.amended import Additions
from gitops_clone.render.charts import Charts
from gitops_clone.render.given import given
from gitops_clone.render.kustomized import patch_lists, post_render
from gitops_clone.render.tools import Program, Refused, Tools
from gitops_clone.render.tree import Tree

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,52}")
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_HOOK = b"helm.sh/hook"
_WITH_HOOKS = ("combined", "separate")


def template(
    tools: Tools, tree: Tree, chart: Path, words: tuple[str, ...], applied: Applied | None = None
) -> str | Refused:
    """What `helm template` prints, under the release's name and in its namespace if there is one."""
    name, namespace = (applied.release, applied.namespace or applied.default_namespace) if applied else (None, None)
    release = name if name and _NAME.fullmatch(name) else "release-name"
    where = (f"--namespace={namespace}",) if namespace and _NAMESPACE.fullmatch(namespace) else ()
    return tools.helm(tree.root, "template", release, str(chart), *where, *words)


def release(tools: Tools, charts: Charts, tree: Tree, applied: Applied) -> str | Refused:
    """What an object of Flux or Argo CD makes of its chart."""
    chart = charts.pull(applied.chart) if applied.chart is not None else charts.complete(tree, applied.path or "")
    if isinstance(chart, Refused):
        return chart
    work = tools.folder()
    values = given(tree, applied, chart, work)
    if isinstance(values, Refused):
        return values
    if values.instead:
        chart = shutil.copytree(chart, work / "chart")
        (chart / "values.yaml").write_text("{}\n")
    text = template(tools, tree, chart, values.words, applied)
    shutil.rmtree(work, ignore_errors=True)
    if isinstance(text, Refused) or applied.owner.kind is not Controller.HELM_RELEASE:
        return text
    return _post_rendered(tools, tree, text, applied)


def _post_rendered(tools: Tools, tree: Tree, text: str, applied: Applied) -> str | Refused:
    """What becomes of rendered objects. Helm-controller always gives them to kustomize, for labels of its own.

    Hooks go there only from Flux 2.9 on, or where `postRenderStrategy` says so.
    """
    found = tree.at(applied.owner.file, applied.owner.document, applied.pointer)
    try:
        renderers = list(_renderers(*found)) if found is not None else []
    except TooManyAliases as error:
        return Refused(str(error))
    if not renderers and not tools.has(Program.KUSTOMIZE):
        return text
    strategy = found[0].text(found[1], "postRenderStrategy") if found is not None else None
    hooks, others = _hooks(text) if strategy not in _WITH_HOOKS else ("", text)
    made = post_render(tools, tree, others, renderers or [Additions()])
    return made if isinstance(made, Refused) else f"{made}{hooks}"


def _renderers(view: View, spec: Visit) -> list[Additions]:
    listed = view.child(spec, "postRenderers")
    items = [view.child(item, "kustomize") for item in view.children(listed)] if listed is not None else []
    return [Additions(lists={**patch_lists(view, item), **_images(view, item)}) for item in items if item is not None]


def _images(view: View, renderer: Visit) -> dict[str, list[str]]:
    from gitops_clone.render.values import flow

    listed = view.child(renderer, "images")
    return {"images": [flow(view, item) for item in view.children(listed)]} if listed is not None else {}


def _hooks(text: str) -> tuple[str, str]:
    """The documents of hooks, each with its `---`, and all others."""
    hooks: list[bytes] = []
    others: list[bytes] = []
    for chunk in split(text.encode()):
        data = chunk.data if chunk.data.startswith(b"---") else b"---\n" + chunk.data
        (hooks if _is_hook(chunk.data) else others).append(data)
    return b"".join(hooks).decode(), b"".join(others).decode()


def _is_hook(data: bytes) -> bool:
    if _HOOK not in data:
        return False
    try:
        views = [View(root) for root in parse(data.decode(), second_opinion=False) if root is not None]
    except Unparsable:
        return False
    return any(view.at(view.root, "metadata", "annotations", _HOOK.decode()) is not None for view in views)
