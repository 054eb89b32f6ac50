"""Which subcharts are part of a release, under which names, and the values that a parent imports from them."""

from __future__ import annotations

from dataclasses import replace

from gitops_clone.helm.charts import Loaded, load
from gitops_clone.helm.coalesce import at, coalesce, coalesce_tables, table
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.metadata import Dependency
from gitops_clone.helm.semver import is_compatible
from gitops_clone.helm.walk import copied


def missing(chart: Loaded) -> list[str]:
    """The dependencies that Chart.yaml asks for and charts/ has not: Helm refuses to render then."""
    there = {child.name for child in chart.children}
    return [dependency.name for dependency in chart.dependencies if dependency.name not in there]


def process(chart: Loaded, values: dict[str, Value]) -> None:
    """Decide on subcharts by conditions, tags and aliases, then import values."""
    _enable(chart, values, "")
    _import_all(chart)


def _enable(chart: Loaded, values: dict[str, Value], path: str) -> None:
    if not chart.dependencies:
        return
    chart.children = _named(chart)
    # From here on a dependency goes by its alias.
    chart.dependencies = [replace(wanted, name=wanted.alias or wanted.name) for wanted in chart.dependencies]
    found = coalesce(chart, values)
    enabled = [wanted for wanted in chart.dependencies if _is_enabled(wanted, found, path)]
    off = {wanted.name for wanted in chart.dependencies} - {wanted.name for wanted in enabled}
    chart.children = [child for child in chart.children if child.name not in off]
    for child in chart.children:
        _enable(child, found, f"{path}{child.name}.")
    chart.dependencies = enabled


def _named(chart: Loaded) -> list[Loaded]:
    """The subcharts that nobody asks for, then one for each dependency: a chart may come twice, under two names."""
    children = [child for child in chart.children if not any(_matches(child, wanted) for wanted in chart.dependencies)]
    for wanted in chart.dependencies:
        child = next((child for child in chart.children if _matches(child, wanted)), None)
        if child is not None:
            children.append(load(child.chart, wanted.alias or child.name))
    return children


def _matches(child: Loaded, wanted: Dependency) -> bool:
    return child.name == wanted.name and is_compatible(wanted.version, child.chart.version)


def _is_enabled(wanted: Dependency, values: dict[str, Value], path: str) -> bool:
    """The first condition that is a bool decides, else the tags: on, unless all that are set are off."""
    for condition in wanted.condition.strip().split(","):
        there, value = at(values, path + condition) if condition else (False, None)
        if there and isinstance(value, bool):
            return value
    tags = table(values, "tags") or {}
    states = [tags[tag] for tag in wanted.tags if isinstance(tags.get(tag), bool)]
    return any(states) or not states


def _import_all(chart: Loaded) -> None:
    for child in chart.children:
        _import_all(child)
    if chart.dependencies:
        _import(chart)


def _import(chart: Loaded) -> None:
    """What a chart imports counts less than its own values."""
    found = coalesce(chart, {}, keep_nulls=True)
    imported: dict[str, Value] = {}
    for dependency in chart.dependencies:
        for name in dependency.import_values:
            child, parent = name if isinstance(name, tuple) else (f"exports.{name}", ".")
            values = table(found, f"{dependency.name}.{child}")
            if values is not None:
                imported = coalesce_tables(imported, _under(parent, values), keep_nulls=True)
    chart.values = coalesce_tables(copied(found), imported, keep_nulls=True)


def _under(path: str, values: dict[str, Value]) -> dict[str, Value]:
    if path == ".":
        return values
    for key in reversed(path.split(".")):
        values = {key: values}
    return values
