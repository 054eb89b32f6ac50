"""Argo CD: sources that are a chart or an artifact in a registry. Pure.

A chart has a `repoURL` without scheme and a `chart`
(https://argo-cd.readthedocs.io/en/stable/user-guide/helm/). Since 3.1 an artifact, be it a chart or manifests, has all
of its name behind `oci://` and a `path` (https://argo-cd.readthedocs.io/en/stable/user-guide/oci/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.charts import versions
from gitops_clone.charts.model import Use, Wanted
from gitops_clone.charts.objects import Held, address, use
from gitops_clone.layers.trees import Path, at

GROUP = "argoproj.io"

_SPECS: dict[str, Path] = {"Application": ("spec",), "ApplicationSet": ("spec", "template", "spec")}
_REGISTRY = re.compile(r"[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:/[\w./-]+)?")
_BOTH = "Argo CD takes oci:// with a path, and a chart without oci://: which one is meant cannot be told"
_PATCHED = "the templatePatch of the ApplicationSet may change it"


def uses(held: Held) -> Iterator[Use]:
    """What an object of Argo CD uses."""
    spec = _SPECS.get(held.kind) if held.group == GROUP else None
    if spec is None:
        return
    for path in ((*spec, "source"), *held.items(*spec, "sources")):
        url: Path = (*path, "repoURL")
        written, chart = held.leaf(*url), held.text(*path, "chart")
        if written is None or (address(held, url) is None and not (chart and _REGISTRY.fullmatch(written.text))):
            continue
        yield from use(held, url, _wanted(held, spec, path, chart or ""))


def _wanted(held: Held, spec: Path, path: Path, chart: str) -> Wanted:
    refs: tuple[Path, ...] = ((*path, "targetRevision"), (*path, "chart"))
    with_scheme = address(held, (*path, "repoURL")) is not None
    read = versions.of_artifact if with_scheme else versions.of_chart
    version, why_not = read(held.text(*path, "targetRevision"))
    obstacle = held.doubt(*refs) or (_BOTH if with_scheme and chart else why_not)
    if held.kind == "ApplicationSet" and at(held.tree, ("spec", "templatePatch")) is not None:
        obstacle = _PATCHED
    spaces = tuple(filter(None, (held.text(*spec, "destination", "namespace"), held.namespace)))
    return Wanted(chart, version, obstacle, False, spaces, None, held.keys(*refs))
