"""Charts in a registry that others take: kustomize, Helm itself, K3s, Crossplane, Cluster API, the Flux Operator. Pure.

kustomize and Helm pull nothing that lies beside the file already.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gitops_clone.charts import versions
from gitops_clone.charts.locks import FILES, ChartLock
from gitops_clone.charts.model import Use, Wanted
from gitops_clone.charts.objects import Held, address, use
from gitops_clone.layers.trees import Path

Exists = Callable[[str], bool]
"""Whether anything of the repository fits a pattern of names, relative to its root."""


class _Row(NamedTuple):
    """A kind whose objects name an artifact: where its address, its name and its version stand.

    Without a `chart`, the address has all of the name.
    """

    group: str
    kind: str
    url: Path
    chart: Path | None
    version: Path


ROWS = (
    _Row("helm.cattle.io", "HelmChart", ("spec", "chart"), None, ("spec", "version")),
    _Row(
        "helm.crossplane.io",
        "Release",
        ("spec", "forProvider", "chart", "repository"),
        ("spec", "forProvider", "chart", "name"),
        ("spec", "forProvider", "chart", "version"),
    ),
    _Row(
        "addons.cluster.x-k8s.io", "HelmChartProxy", ("spec", "repoURL"), ("spec", "chartName"), ("spec", "version")
    ),
    _Row("fluxcd.controlplane.io", "FluxInstance", ("spec", "sync", "url"), None, ("spec", "sync", "ref")),
)  # fmt: skip


def uses(held: Held) -> Iterator[Use]:
    """What an object of such a kind uses."""
    for row in ROWS:
        if (row.group, row.kind) == (held.group, held.kind) and address(held, row.url) is not None:
            read = versions.of_chart if row.chart or row.kind == "HelmChart" else versions.of_artifact
            version, why_not = read(held.text(*row.version))
            chart = held.text(*row.chart) or "" if row.chart else ""
            obstacle = held.doubt(row.version, *([row.chart] if row.chart else [])) or why_not
            spaces = (held.namespace,) if held.namespace else ()
            keys = held.keys(row.version)
            yield from use(held, row.url, Wanted(chart, version, obstacle, False, spaces, None, keys))


def of_kustomization(held: Held, file: str, exists: Exists) -> Iterator[Use]:
    """The charts that a kustomization inflates."""
    home = held.text("helmGlobals", "chartHome") or "charts"
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(file), home))
    for path in held.items("helmCharts"):
        name = held.text(*path, "name") or ""
        version, why_not = versions.of_chart(held.text(*path, "version"))
        beside = next((each for each in (name, f"{name}-{version}/{name}") if exists(f"{folder}/{each}")), None)
        yield from _named(held, (*path, "repo"), name, version, why_not, beside and f"{folder}/{beside}")


def of_chart(held: Held, file: str, exists: Exists, lock: ChartLock | str | None) -> Iterator[Use]:
    """What a chart depends on: the locked versions, if it has a lock file. That may be why it cannot change with it."""
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(file), "charts"))
    for path in held.items("dependencies"):
        name = held.text(*path, "name") or ""
        locked = lock.version(int(path[-1])) if isinstance(lock, ChartLock) else None
        version, why_not = versions.of_chart(locked or held.text(*path, "version"))
        if isinstance(lock, str):
            why_not = f"{FILES[posixpath.basename(file)]} {lock}: run `helm dependency update`"
        beside = next((each for each in (f"{name}-{version}.tgz", name) if exists(f"{folder}/{each}")), None)
        yield from _named(held, (*path, "repository"), name, version, why_not, beside and f"{folder}/{beside}")


def _named(
    held: Held, path: Path, name: str, version: str | None, why_not: str | None, beside: str | None
) -> Iterator[Use]:
    """A chart by name at an address, which is pulled unless it lies `beside`."""
    if address(held, path) is None:
        return
    wanted = Wanted(name, version, why_not)
    if beside is not None and name:
        wanted = wanted._replace(obstacle=f"nothing is pulled: {beside} is there", ignored=True)
    yield from use(held, path, wanted)
