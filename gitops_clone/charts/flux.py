"""Flux: OCIRepositories, and HelmRepositories in a registry with the HelmReleases and HelmCharts that use them. Pure.

https://fluxcd.io/flux/components/source/ocirepositories/ and /helmrepositories/: a digest goes before a range, a range
before a tag, and `latest` is taken without any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gitops_clone.charts import versions
from gitops_clone.charts.model import Use, Wanted
from gitops_clone.charts.objects import ANNOTATED, Held, address, use
from gitops_clone.layers.trees import Path, at

SOURCE = "source.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"

_URL: Path = ("spec", "url")
# What of a source is for its own registry, and would be wrong for another one.
_BOUND = {
    "certSecretRef": "its certSecretRef is for the certificate of the upstream",
    "proxySecretRef": "its proxySecretRef is for the way to the upstream",
    "insecure": "its insecure: true is for an upstream without TLS",
}
_SIGNED = "its verify asks for a signature, and copies have none"
_UNUSED = "no HelmRelease or HelmChart of this repository uses it, so that its charts are not known"


class _Chart(NamedTuple):
    """A chart that an object takes from a repository: below `path` stand its name, version and source."""

    held: Held
    path: Path

    @property
    def name(self) -> str:
        return self.held.text(*self.path, "chart") or ""

    def is_from(self, repository: Held) -> bool:
        """Whether a repository has the name that is meant, in the namespace that is meant or in one that is unknown."""
        name = self.held.text(*self.path, "sourceRef", "name")
        space = self.held.text(*self.path, "sourceRef", "namespace") or self.held.namespace
        known = {space, repository.namespace}
        return name in repository.names and (len(known) == 1 or None in known)


def uses(found: Sequence[Held]) -> Iterator[Use]:
    """What the objects of Flux use."""
    sources = [each for each in found if each.group == SOURCE]
    yield from (one for each in sources if each.kind == "OCIRepository" for one in _artifact(each))
    repositories = [each for each in sources if each.kind == "HelmRepository"]
    charts = [chart for each in found if (chart := _chart(each)) is not None]
    users: dict[int, list[_Chart]] = {}
    for chart in charts:
        for number in _repositories(chart, repositories):
            users.setdefault(number, []).append(chart)
    # What one entry point does not use, another one may, at the same place.
    used = {repositories[number].key(*_URL) for number in users}
    for number, repository in enumerate(repositories):
        if address(repository, _URL) is None:
            continue
        for chart in users.get(number, ()):
            yield from use(repository, _URL, _of_chart(repository, chart), chart.held.point)
        if repository.key(*_URL) not in used:
            yield from use(repository, _URL, Wanted(obstacle=_UNUSED, namespaces=_spaces(repository)))


def _artifact(each: Held) -> Iterator[Use]:
    """What an OCIRepository takes: a chart or anything else."""
    if address(each, _URL) is None:
        return
    refs: tuple[Path, ...] = tuple(("spec", "ref", key) for key in ("digest", "semver", "tag"))
    texts = [each.text(*path) for path in refs]
    obstacle = each.doubt(*refs) or _bound(each)
    version = texts[0] or texts[2] or "latest"
    if texts[1] and not texts[0]:
        version, obstacle = "", obstacle or f"its version is a range: {texts[1]}"
    yield from use(each, _URL, Wanted("", version or None, obstacle, False, _spaces(each), None, each.keys(*refs)))


def _chart(each: Held) -> _Chart | None:
    """The chart that an object takes from a HelmRepository."""
    path: Path | None = None
    if each.group == HELM and each.kind == "HelmRelease":
        path = ("spec", "chart", "spec")
    elif each.group == SOURCE and each.kind == "HelmChart":
        path = ("spec",)
    if path is None or each.text(*path, "sourceRef", "kind") != "HelmRepository":
        return None
    return _Chart(each, path)


def _repositories(chart: _Chart, repositories: Sequence[Held]) -> list[int]:
    """Those that a chart may be from: of the same entry point, if that has it."""
    found = [number for number, each in enumerate(repositories) if chart.is_from(each)]
    same = [number for number in found if repositories[number].point == chart.held.point]
    return same or found


def _of_chart(repository: Held, chart: _Chart) -> Wanted:
    held, path = chart.held, chart.path
    refs: tuple[Path, ...] = ((*path, "version"), (*path, "chart"))
    version, why_not = versions.of_chart(held.text(*path, "version"))
    signed = _SIGNED if at(held.tree, (*path, "verify")) is not None else None
    obstacle = held.doubt(*refs) or signed or _bound(repository) or why_not
    spaces = tuple(dict.fromkeys((*_spaces(held), *_spaces(repository))))
    wanted = Wanted(chart.name, version, obstacle, False, spaces, held.key(*path, "chart"), held.keys(*refs))
    return wanted._replace(obstacle=f"{ANNOTATED} of {held.kind}", ignored=True) if held.annotated else wanted


def _spaces(each: Held) -> tuple[str, ...]:
    return tuple(filter(None, (each.text("spec", "targetNamespace"), each.namespace)))


def _bound(each: Held) -> str | None:
    """Why a source cannot be at another registry."""
    if at(each.tree, ("spec", "verify")) is not None:
        return _SIGNED
    for key, why in _BOUND.items():
        found = at(each.tree, ("spec", key))
        if found is not None and each.text("spec", key) != "false":
            return why
    provider = each.text("spec", "provider")
    return f"its provider {provider} logs in to the upstream" if provider not in (None, "", "generic") else None
