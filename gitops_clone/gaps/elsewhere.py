"""What comes from elsewhere: the charts and manifests that Flux, Argo CD and kustomizations bring in. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from gitops_clone.controllers.model import Applied, ChartReference
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.gaps.model import Gap, Kind
from gitops_clone.layers.kustomization import Kustomization
from gitops_clone.layers.paths import resolve

_CHART = "a chart from elsewhere: its templates and default values name images"
_RENDER = (
    "`gitops-clone rewrite --render` takes it in (`verify --network` lists it); or `helm pull --untar` it into Git"
)
_REMOTE = "a remote base: its manifests name images"
_FETCH = "`gitops-clone rewrite --render` takes it in (`verify --network` lists it); or copy it into the repository"
_ELSEWHERE = "applied from another repository or bucket: its manifests name images"
_THERE = "run gitops-clone there"
_INFLATED = "kustomize inflates a chart from elsewhere: its templates and default values name images"

_SHOWN_BY: Mapping[str, str] = {
    Controller.APPLICATION_SET: "`argocd appset generate FILE` writes its Applications out: run gitops-clone on these",
    Controller.APPLICATION: "`argocd app manifests NAME` shows what it applies",
    Controller.KUSTOMIZATION: "`flux build kustomization NAME` shows what it applies",
    Controller.HELM_RELEASE: "`helm get manifest NAME` shows what it applies",
}


def of_controller(applied: Applied, folders: Container[str], backup_registry: str) -> Gap | None:
    """The gap that one source of an object of Flux or Argo CD is; `folders` answers which are in the repository.

    A chart whose images are relocated by entries has been rendered: it is none.
    """
    owner = applied.owner

    def gap(kind: Kind, says: str, remedy: str, pulls: str | None = None) -> Gap:
        return Gap(kind, owner.file, owner.line, str(owner), says, remedy, pulls)

    if applied.chart is not None:
        if any(image.new_name.startswith(f"{backup_registry}/") for image in applied.images):
            return None
        return gap(Kind.CHART, _CHART, _RENDER, _chart(applied.chart))
    if applied.obstacle is not None:
        return gap(Kind.UNKNOWN, f"what it applies cannot be told: {applied.obstacle}", _SHOWN_BY[owner.kind])
    if applied.path is None or (applied.path and applied.path not in folders):
        where = applied.path or (str(applied.source) if applied.source else None)
        return gap(Kind.SOURCE, _ELSEWHERE, _THERE, where)
    return None


def _chart(chart: ChartReference) -> str:
    """A chart as people write it: name, version, and where it comes from."""
    name = chart.name or "a chart"
    version = f" {chart.version}" if chart.version else ""
    origin = chart.repository or (str(chart.source) if chart.source else "")
    return f"{name}{version}{f' from {origin}' if origin else ''}"


def of_kustomization(each: Kustomization) -> Iterator[Gap]:
    """The remote bases and the charts of a kustomization."""
    for written in (*each.resources, *each.components):
        if resolve(each.folder, written) is None:
            line = _line(each.text, written)
            yield Gap(Kind.SOURCE, each.file, line, "kustomization", _REMOTE, _FETCH, written)
    for chart in each.acts.charts:
        line = _line(each.text, chart.name)
        yield Gap(Kind.CHART, each.file, line, "kustomization", _INFLATED, _RENDER, str(replace(chart, values=())))


def _line(text: str, part: str) -> int:
    return text.count("\n", 0, max(text.find(part), 0)) + 1
