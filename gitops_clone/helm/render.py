"""A chart and values to text, template by template: what `helm template` would print, or why it would not."""

from __future__ import annotations

import gc
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gitops_clone.helm import dependencies, functions
from gitops_clone.helm.capabilities import CAPABILITIES, KUBE_VERSION
from gitops_clone.helm.chart import Chart, merge
from gitops_clone.helm.charts import Loaded, load, set_paths
from gitops_clone.helm.coalesce import coalesce, table
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.evaluate import Template, compiled, define
from gitops_clone.helm.files import Files
from gitops_clone.helm.frame import Frame, Run, call
from gitops_clone.helm.gotypes import StringMap, Value, Values
from gitops_clone.helm.manifests import rendered_text
from gitops_clone.helm.metadata import Dependency
from gitops_clone.helm.semver import is_compatible

__all__ = ["Release", "render", "rendered_text"]

_NOTES = "NOTES.txt"


@dataclass(frozen=True, slots=True)
class Release:
    """What `helm template` calls a release unless told otherwise."""

    name: str = "release-name"
    namespace: str = "default"


def render(
    chart: Chart,
    values: Sequence[Mapping[str, Value]] = (),
    release: Release = Release(),
    *,
    seconds: float = 10.0,
    without_missing: bool = False,
    without: Container[str] = (),
) -> dict[str, str]:
    """The text of each template by its name (`chart/templates/service.yaml`), sorted; hooks and tests are among them,
    NOTES.txt and partials are not. Of several values the later win; a null takes a default away.

    The schema of the values is not checked. `without_missing` renders a chart whose dependencies are not all in
    charts/, without those; the templates that `without` names are not rendered. Raises `Refused` where Helm would,
    `Unsupported` where that cannot be told.
    """
    functions.load()
    try:
        with _no_collections():
            return _render(chart, values, release, seconds, without_missing, without)
    except (Refused, Unsupported):
        raise
    except RecursionError:
        raise Unsupported("templates or values are nested too deeply") from None
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        # A function was given what it does not expect: Helm would most likely refuse, but that is not known.
        raise Unsupported(f"a function fails here: {type(error).__name__}: {error}".splitlines()[0]) from error


@contextmanager
def _no_collections() -> Iterator[None]:
    """Trees and values have no cycles: looking for some takes as long as parsing a large chart does."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _render(
    chart: Chart,
    values: Sequence[Mapping[str, Value]],
    release: Release,
    seconds: float,
    without_missing: bool,
    without: Container[str],
) -> dict[str, str]:
    run = Run(seconds)
    if chart.is_library:
        raise Refused("library charts are not installable")
    given: dict[str, Value] = {}
    for layer in values:
        given = merge(given, _real(layer))
    top = load(chart)
    if (lacking := dependencies.missing(top)) and not without_missing:
        names = ", ".join(lacking)
        raise Refused(f"found in Chart.yaml, but missing in charts/ directory: {names}")
    dependencies.process(top, given)
    set_paths(top)
    wanted = str(chart.metadata.get("kubeVersion") or "")
    if wanted and not is_compatible(wanted, KUBE_VERSION):
        raise Refused(f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {KUBE_VERSION}")
    found = Values(coalesce(top, given))
    units: dict[str, _Unit] = {}
    _collect(top, {"Values": found, "Release": _release(release)}, units)
    return _execute(units, run, without)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A template's text, what its dot is, and its chart's path."""

    text: str
    dot: dict[str, Value]
    path: str


def _release(release: Release) -> dict[str, Value]:
    return {
        "Name": release.name,
        "Namespace": release.namespace,
        "IsUpgrade": False,
        "IsInstall": True,
        "Revision": 1,
        "Service": "Helm",
    }


def _collect(
    chart: Loaded, above: Mapping[str, Value], units: dict[str, _Unit], *, is_root: bool = True
) -> dict[str, Value]:
    """The templates of a chart and its subcharts, each chart with values of its own."""
    own = above["Values"] if is_root else table(above["Values"], chart.name)
    subcharts: dict[str, Value] = {}
    dot = Values(
        {
            "Chart": _metadata(chart, is_root),
            "Files": Files(chart.chart.files),
            "Release": above["Release"],
            "Capabilities": CAPABILITIES,
            "Values": Values() if own is None else own,
            "Subcharts": subcharts,
        }
    )
    for child in chart.children:
        subcharts[child.name] = _collect(child, dot, units, is_root=False)
    for name, text in chart.chart.templates.items():
        if not chart.chart.is_library or name.rpartition("/")[2].startswith("_"):
            units[f"{chart.path}/{name}"] = _Unit(text, dot, f"{chart.path}/templates")
    return dot


def _metadata(chart: Loaded, is_root: bool) -> dict[str, Value]:
    """.Chart: the fields of Chart.yaml by their names in Go."""
    found = chart.chart.metadata
    return {
        "Name": chart.name,
        "Home": found["home"],
        "Sources": list(found["sources"]),
        "Version": found["version"],
        "Description": found["description"],
        "Keywords": list(found["keywords"]),
        "Maintainers": [
            {"Name": item["name"], "Email": item["email"], "URL": item["url"]} for item in found["maintainers"]
        ],
        "Icon": found["icon"],
        "APIVersion": found["apiVersion"],
        "Condition": found["condition"],
        "Tags": found["tags"],
        "AppVersion": found["appVersion"],
        "Deprecated": found["deprecated"],
        "Annotations": StringMap(found["annotations"]),
        "KubeVersion": found["kubeVersion"],
        "Dependencies": [_dependency(wanted) for wanted in chart.dependencies],
        "Type": found["type"],
        "IsRoot": is_root,
    }


def _dependency(wanted: Dependency) -> dict[str, Value]:
    return {
        "Name": wanted.name,
        "Version": wanted.version,
        "Repository": wanted.repository,
        "Condition": wanted.condition,
        "Tags": list(wanted.tags),
        "Enabled": True,
        "ImportValues": [
            StringMap(child=f"exports.{name}", parent=".")
            if isinstance(name, str)
            else StringMap(child=name[0], parent=name[1])
            for name in wanted.import_values
        ],
        "Alias": wanted.alias,
    }


def _execute(units: Mapping[str, _Unit], run: Run, without: Container[str]) -> dict[str, str]:
    """Parse all, then write each, in Helm's order: the deepest first, so that definitions of the upper charts win.

    Where one is refused the others are tried all the same, so that all that fail are known.
    """
    names = sorted(units, key=lambda name: (name.count("/"), name), reverse=True)
    templates: dict[str, Template] = {}
    for name in names:
        run.tick()
        define(templates, compiled(units[name].text, name), name)
    rendered: dict[str, str] = {}
    refused: dict[str, Refused] = {}
    for name in names:
        if name.rpartition("/")[2].startswith("_") or name in without:
            continue
        unit = units[name]
        unit.dot["Template"] = {"Name": name, "BasePath": unit.path}
        try:
            text = call(templates[name], Frame(run, templates, [], str), unit.dot)
        except Refused as error:
            refused[name] = error
            continue
        if not name.endswith(_NOTES):
            rendered[name] = text.replace("<no value>", "")
    for first in refused.values():
        first.failing = {name: error.reason for name, error in refused.items()}
        raise first
    return dict(sorted(rendered.items()))


def _real(layer: Mapping[str, Value]) -> dict[str, Value]:
    """Values as Helm has them: numbers are float64, as they come from YAML by way of JSON."""
    return {key: _number(value) for key, value in layer.items()}


def _number(value: Value) -> Value:
    if isinstance(value, Mapping):
        return _real(value)
    if isinstance(value, (list, tuple)):
        return [_number(item) for item in value]
    return float(value) if type(value) is int else value
