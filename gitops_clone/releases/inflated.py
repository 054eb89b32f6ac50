"""Charts that kustomizations inflate (`helmCharts`), with their values, and what is done to what they render. Pure.

As kustomize 5.7 does it (api/internal/builtins/HelmChartInflationGenerator.go): Helm gets the values file, with the
inline values merged into it, then the additional files. What it renders passes the rest of the kustomization, and all
layers above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from gitops_clone.controllers.model import Applied, ChartReference, ImageOverride, Owner, Values, ValuesForm
from gitops_clone.layers.acts import Chart
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import Kustomization, Patch
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.simulate import rule_of

MARK = b"helmCharts"


def inflated(
    graph: Graph, folders: Collection[str], applied: Sequence[Applied], content: Callable[[str], bytes | None]
) -> list[Applied]:
    """The charts, as something that a kustomization applies. `folders` are the charts of the repository.

    `applied` is what objects apply: these may change what kustomizations render, too.
    """
    found: list[Applied] = []
    above: Mapping[str, list[str]] | None = None
    for folder, each in graph.kustomizations.items():
        for chart in each.acts.charts if folder not in graph.over else ():
            if not chart.pointer:
                continue  # of the old form, whose charts are from elsewhere
            above = above if above is not None else _above(graph)
            layers = list(_layers(graph, folder, above))
            found.append(_applied(each, chart, layers, folders, applied, content))
    return found


def _applied(
    each: Kustomization,
    chart: Chart,
    layers: Sequence[Kustomization],
    folders: Collection[str],
    applied: Sequence[Applied],
    content: Callable[[str], bytes | None],
) -> Applied:
    local = [name for name in (resolve(each.folder, written) for written in chart.folders) if name in folders]
    places = {layer.folder for layer in layers}
    objects = [one for one in applied if one.path in places and one.chart is None]
    overrides = [_override(layer, number) for layer in layers for number in range(len(layer.images))]
    overrides += [image for one in objects for image in one.images]
    obstacles = (reason for layer in layers if (reason := _obstacle(layer, content)) is not None)
    obstacle = next(obstacles, None) or next((f"{one.owner} patches it" for one in objects if one.patches), None)
    return Applied(
        Owner(each.file, 0, 1, "kustomization", each.folder or "."),
        chart.pointer,
        path=local[0] if local else None,
        chart=None if local else ChartReference(chart.name, chart.version, chart.repo, None, chart.pointer),
        namespace=chart.namespace or each.namespace,
        values=tuple(_values(each, chart, local[0] if local else None)),
        images=tuple(overrides),
        obstacle=obstacle,
    )


def _values(each: Kustomization, chart: Chart, local: str | None) -> Iterator[Values]:
    """The values in order, the later win."""
    files = [Values(ValuesForm.FILE, _inside(each.folder, written) or "", path=written) for written in chart.values]
    first, more = (files[:1], files[1:]) if chart.first else ([], files)
    inline = [Values(ValuesForm.TREE, each.file, 0, chart.inline)] if chart.inline is not None else []
    if inline and chart.merge == "replace":
        first = []
    if inline and chart.merge == "merge":
        own = [Values(ValuesForm.FILE, f"{local}/values.yaml", optional=True)] if local and not first else []
        yield from (*inline, *first, *own, *more)
    else:
        yield from (*first, *inline, *more)


def _override(layer: Kustomization, number: int) -> ImageOverride:
    entry = layer.images[number]
    rule = rule_of(entry)
    return ImageOverride(
        entry.pointer, entry.line, rule.name, rule.new_name, rule.new_tag, rule.digest, file=layer.file
    )  # fmt: skip


def _obstacle(layer: Kustomization, content: Callable[[str], bytes | None]) -> str | None:
    """Why it cannot be told what a layer makes of the images of a chart."""
    if any(_brings_image(layer, patch, content) for patch in layer.patches):
        return f"{layer.file} patches images"
    for what, there in (
        ("replacements", layer.acts.copies),
        ("vars", layer.acts.variables),
        ("transformers", layer.transformers),
        ("configurations", layer.configurations),
    ):
        if there:
            return f"{what} of {layer.file} may change what it renders"
    return None


def _brings_image(layer: Kustomization, patch: Patch, content: Callable[[str], bytes | None]) -> bool:
    if patch.text is not None:
        return "image" in patch.text
    name = _inside(layer.folder, patch.path or "")
    return b"image" in ((content(name) if name else None) or b"")


def _inside(folder: str, written: str) -> str | None:
    """A path of a kustomization as a name relative to the root; None where it is remote, or leads out of it."""
    name = resolve(folder, written)
    return None if name is None or name == ".." or name.startswith(("../", "/")) else name


def _above(graph: Graph) -> dict[str, list[str]]:
    """The kustomizations that include each."""
    found: dict[str, list[str]] = {}
    for folder, includes in graph.includes.items():
        for inner in (*includes.folders, *includes.components):
            found.setdefault(inner, []).append(folder)
    return found


def _layers(graph: Graph, folder: str, above: Mapping[str, Iterable[str]]) -> Iterator[Kustomization]:
    """The kustomizations that see what one of them brings: itself, those above, and the components of all these."""
    seen = {folder}
    pending = [folder]
    while pending:
        current = pending.pop()
        yield graph.kustomizations[current]
        for other in (*above.get(current, ()), *graph.includes[current].components):
            if other not in seen:
                seen.add(other)
                pending.append(other)
