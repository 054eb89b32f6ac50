"""A chart on its way to be rendered: its name may be an alias, its subcharts those that are enabled."""

from __future__ import annotations

from dataclasses import dataclass, field

from gitops_clone.helm.chart import Chart
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.metadata import Dependency


@dataclass(slots=True, eq=False)
class Loaded:
    """`values` are the chart's own; import-values add to them. `path` is what its templates' names begin with."""

    chart: Chart
    name: str
    values: dict[str, Value]
    dependencies: list[Dependency]
    children: list[Loaded] = field(default_factory=list)
    path: str = ""


def load(chart: Chart, name: str = "") -> Loaded:
    """A chart with all that is in its charts/, nothing decided yet."""
    return Loaded(
        chart, name or chart.name, chart.values, list(chart.dependencies), [load(sub) for sub in chart.subcharts]
    )


def set_paths(chart: Loaded, above: str = "") -> None:
    """Name the templates' folders, when names are known: `parent/charts/alias`."""
    chart.path = f"{above}/charts/{chart.name}" if above else chart.name
    for child in chart.children:
        set_paths(child, chart.path)
