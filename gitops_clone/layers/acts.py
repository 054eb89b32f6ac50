"""What a kustomization does to objects besides patches and images: names, labels, copies of fields, new objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gitops_clone.finders.view import View, Visit
from gitops_clone.layers import generators, replacements, variables
from gitops_clone.layers.flow import Key
from gitops_clone.layers.generators import Generator
from gitops_clone.layers.replacements import Replacement, texts
from gitops_clone.layers.variables import Variable


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that a kustomization inflates: where it is from, and the values files, as they are written.

    It stands at `pointer`. `folders` are those that kustomize looks into first, `inline` is where values stand in the
    kustomization itself. `merge`: how these go with the first of the files, which `first` says is not the chart's own.
    """

    name: str
    repo: str = ""
    version: str = ""
    values: tuple[str, ...] = ()
    pointer: str = ""
    folders: tuple[str, ...] = ()
    inline: str | None = None
    merge: str = "override"
    first: bool = False
    namespace: str | None = None

    def __str__(self) -> str:
        version = f" {self.version}" if self.version else ""
        repo = f" from {self.repo}" if self.repo else ""
        values = f", values from {', '.join(self.values)}" if self.values else ""
        return f"{self.name}{version}{repo}{values}"


@dataclass(frozen=True, slots=True)
class Acts:
    """What one kustomization says of these. `copies` are replacements, `copy_files` the files that hold more of them.

    `openapi` says whether it brings rules for merging of its own.
    """

    prefix: str = ""
    suffix: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    copies: tuple[Replacement | str, ...] = ()
    variables: tuple[Variable, ...] = ()
    generators: tuple[Generator, ...] = ()
    charts: tuple[Chart, ...] = ()
    openapi: bool = False


_NOTHING = Acts()
_FIELDS = frozenset(
    (
        "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations", "replacements", "vars",
        "configMapGenerator", "secretGenerator", "helmCharts", "helmChartInflationGenerator", "openapi",
    )
)  # fmt: skip


def read(file: str, view: View) -> Acts:
    """What the kustomization of a file says."""
    root = view.root
    if not any(visit.path[0] in _FIELDS for visit in view.children(root)):
        return _NOTHING
    labels: dict[str, str] = {}
    for item in _items(view, "labels"):
        labels |= texts(view, view.child(item, "pairs"))
    labels |= texts(view, view.child(root, "commonLabels"))
    return Acts(
        view.text(root, "namePrefix") or "",
        view.text(root, "nameSuffix") or "",
        labels,
        texts(view, view.child(root, "commonAnnotations")),
        tuple(_copies(file, view)),
        tuple(variables.read(view)),
        tuple(generators.read(view)),
        tuple(_charts(view)),
        view.child(root, "openapi") is not None,
    )


def _copies(file: str, view: View) -> Iterator[Replacement | str]:
    for number, item in enumerate(_items(view, "replacements")):
        path = view.text(item, "path")
        yield path or replacements.read_item(file, view, item, Key(file, 0, f"/replacements/{number}"))


def _charts(view: View) -> Iterator[Chart]:
    home = view.text(view.root, "helmGlobals", "chartHome") or "charts"
    for number, item in enumerate(_items(view, "helmCharts")):
        name, repo = view.text(item, "name") or "", view.text(item, "repo") or ""
        version, pointer = view.text(item, "version") or "", f"/helmCharts/{number}"
        more = view.child(item, "additionalValuesFiles")
        first = view.text(item, "valuesFile")
        files = [first, *(view.text(each) for each in (view.children(more) if more else ()))]
        # What it has fetched lies in a folder of that version.
        fetched = (f"{home}/{name}-{version}/{name}",) if repo and version else ()
        yield Chart(
            name,
            repo,
            version,
            tuple(file for file in files if file),
            pointer,
            (*fetched, f"{home}/{name}"),
            f"{pointer}/valuesInline" if view.child(item, "valuesInline") is not None else None,
            view.text(item, "valuesMerge") or "override",
            bool(first),
            view.text(item, "namespace"),
        )
    for item in _items(view, "helmChartInflationGenerator"):
        values = view.text(item, "values")
        yield Chart(
            view.text(item, "chartName") or "",
            view.text(item, "chartRepoUrl") or "",
            view.text(item, "chartVersion") or "",
            (values,) if values else (),
        )


def _items(view: View, key: str) -> Iterator[Visit]:
    listed = view.child(view.root, key)
    return view.children(listed) if listed is not None else iter(())
