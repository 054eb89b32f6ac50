"""The releases of a repository: its charts, each with the ways in which values are given to it. Pure.

A chart is released with its own values, with each values file beside it, and by each object of Flux or Argo CD that
applies its folder. Subcharts and libraries are parts of other charts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from gitops_clone.controllers.model import Applied, Values, ValuesForm
from gitops_clone.releases.model import Release

CHART = "Chart.yaml"
_BESIDE = re.compile(r"(?:values[-.].+|.+[-.]values)\.ya?ml")
_LIBRARY = re.compile(rb"^type:[ \t]*[\"']?library\b", re.MULTILINE)


def chart_folders(names: Iterable[str]) -> list[str]:
    """The folders of charts that are no subcharts, sorted."""
    folders = sorted(name.removesuffix(CHART).rstrip("/") for name in names if name.rpartition("/")[2] == CHART)
    known = frozenset(folders)
    return [folder for folder in folders if not _is_part(folder, known)]


def _is_part(folder: str, folders: Collection[str]) -> bool:
    """Whether a chart lies in another chart's charts/."""
    parts = folder.split("/")
    return any(part == "charts" and "/".join(parts[:end]) in folders for end, part in enumerate(parts))


def without_chart(names: Collection[str], files: Collection[str]) -> list[str]:
    """The values files among `files` that stand beside templates, but without a Chart.yaml."""
    templated = {name.partition("/templates/")[0] for name in names if "/templates/" in name}
    found = (
        name for name in files if name.rpartition("/")[2] == "values.yaml" and name.rpartition("/")[0] in templated
    )
    return sorted(name for name in found if f"{name.rpartition('/')[0]}/{CHART}" not in names)


def is_library(data: bytes) -> bool:
    """Whether a Chart.yaml is that of a chart that only others use."""
    return _LIBRARY.search(data) is not None


def releases(folders: Sequence[str], names: Collection[str], applied: Iterable[Applied]) -> list[Release]:
    """The releases of charts in folders; `names` are the manifests of the repository."""
    by_path: dict[str, list[Applied]] = defaultdict(list)
    for each in applied:
        if each.path is not None:
            by_path[each.path].append(each)
    beside = _beside(folders, names)
    found: list[Release] = []
    for folder in folders:
        found.append(Release(folder))
        found += (Release(folder, (Values(ValuesForm.FILE, name),)) for name in beside[folder])
        found += (_applied(folder, each) for each in by_path[folder])
    return list(dict.fromkeys(found))


def _beside(folders: Sequence[str], names: Iterable[str]) -> Mapping[str, list[str]]:
    """The values files that stand beside a chart's own."""
    wanted = frozenset(folders)
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        folder, _, base = name.rpartition("/")
        if folder in wanted and _BESIDE.fullmatch(base):
            found[folder].append(name)
    return found


def _applied(folder: str, each: Applied) -> Release:
    release = Release(
        folder,
        each.values,
        each.owner,
        each.release or "release-name",
        each.namespace or each.default_namespace,
        each.replaces_values,
        each.images,
    )
    patched = any(patch.text is None or "image" in patch.text for patch in each.patches)
    return replace(release, obstacle=each.obstacle or ("its post-renderers patch images" if patched else None))
