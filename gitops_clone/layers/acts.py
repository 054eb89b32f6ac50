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
    """A chart that a kustomization inflates: where it is from, and the values files, as they are written."""

    name: str
    repo: str = ""
    version: str = ""
    values: tuple[str, ...] = ()

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
    for item in _items(view, "helmCharts"):
        more = view.child(item, "additionalValuesFiles")
        files = [view.text(item, "valuesFile"), *(view.text(each) for each in (view.children(more) if more else ()))]
        yield Chart(
            view.text(item, "name") or "",
            view.text(item, "repo") or "",
            view.text(item, "version") or "",
            tuple(name for name in files if name),
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
