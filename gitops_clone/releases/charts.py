"""Charts of the repository, read once, and rendered with what releases give them and with edits that are tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gitops_clone.controllers.model import Values, ValuesForm
from gitops_clone.documents.amend import Replace, amend
from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.planned import Tree, Unfit
from gitops_clone.finders import templates as template_lines
from gitops_clone.finders.templates import TemplateSpot
from gitops_clone.finding import Span
from gitops_clone.helm import chart as charts
from gitops_clone.helm import render
from gitops_clone.helm.chart import Chart
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.lines import Lines
from gitops_clone.releases import sources
from gitops_clone.releases.judge import Failure
from gitops_clone.releases.model import At, Release, Spot
from gitops_clone.releases.reading import Layer, Reading
from gitops_clone.releases.rendering import Texts
from gitops_clone.releases.sources import Source, Unknown
from gitops_clone.releases.typed import changed
from gitops_clone.repo.files import SUFFIXES

Content = Callable[[str], bytes | None]
"""The bytes of a file of the repository, None where it is not in it."""


@dataclass(slots=True)
class Charts:
    """The charts of a repository, each read when it is first asked for."""

    root: Path
    content: Content
    _charts: dict[str, Chart] = field(default_factory=dict)
    _sources: dict[Values, Source] = field(default_factory=dict)

    def chart(self, folder: str) -> Chart:
        """The chart in a folder. Raises `BadChart`."""
        if folder not in self._charts:
            self._charts[folder] = charts.read(self.root, folder)
        return self._charts[folder]

    def reading(self, release: Release) -> Reading:
        """A release with its values, layer upon layer. Raises `BadChart` and `Unknown`."""
        top = self.chart(release.chart)
        layers = list(self._layers(top, (), own=not release.replaces_values))
        layers += (Layer((), self.source(values)) for values in release.known if not self._is_missing(values))
        return Reading(release, tuple(layers), tuple(self._literals(top)), dict(_absent(top)))

    def foreign(self, release: Release, name: str) -> Reading:
        """A release of a chart that is not in the repository. Raises `Unknown`."""
        layers = (Layer((), self.source(values)) for values in release.known if not self._is_missing(values))
        return Reading(release, tuple(layers), absent={(): name})

    def templates(self, release: Release) -> dict[str, str]:
        """The files of a release's templates, by the names that they have when rendered. Raises `BadChart`."""
        found: dict[str, str] = {}

        def walk(chart: Chart, path: str) -> None:
            for name in chart.templates:
                found[f"{path}/{name}"] = f"{chart.folder}/{name}".removeprefix("/")
            for child in chart.subcharts:
                for name in _names(chart, child):
                    walk(child, f"{path}/charts/{name}")

        top = self.chart(release.chart)
        walk(top, top.name)
        return found

    def source(self, values: Values) -> Source:
        """One source of values. Raises `Unknown`."""
        if values not in self._sources:
            data = self.content(values.file) if values.file else None
            if data is None:
                raise Unknown(f"{values.file or values.path} is not in the repository", values.file)
            self._sources[values] = sources.read(data, values)
        return self._sources[values]

    def render(self, reading: Reading, texts: Mapping[At, str], added: Mapping[At, Tree]) -> Texts | Failure:
        """What a release renders, with some scalars replaced and some added; by templates' names."""
        return self._render(self.chart(reading.release.chart), reading, texts, added)

    def render_marked(self, reading: Reading, file: str, line: int, mark: str) -> Texts | Failure:
        """What a release renders with a text at the end of a line (1-based) of one of its templates."""
        return self._render(_marked(self.chart(reading.release.chart), file, line, mark), reading, {}, {})

    def _render(
        self, chart: Chart, reading: Reading, texts: Mapping[At, str], added: Mapping[At, Tree]
    ) -> Texts | Failure:
        release = reading.release
        try:
            top = self._edited(chart, reading, texts, added, own=not release.replaces_values)
            given = [_tree(layer.source, texts, added) for layer in reading.layers if layer.given]
            named = render.Release(release.release, release.namespace or "default")
            return render.render(top, given, named, without_missing=True, without=reading.failing)
        except Refused as error:
            return Failure(error.reason, refused=True, failing=error.failing)
        except Unsupported as error:
            return Failure(error.reason)
        except Unfit as error:
            return Failure(str(error))

    def _is_missing(self, values: Values) -> bool:
        return values.optional and values.form is ValuesForm.FILE and self.content(values.file) is None

    def _layers(self, chart: Chart, prefix: tuple[str, ...], *, own: bool = True) -> Iterator[Layer]:
        """The defaults of a chart's subcharts, then its own, which win."""
        for child in chart.subcharts:
            for name in _names(chart, child):
                yield from self._layers(child, (*prefix, name))
        file = f"{chart.folder}/values.yaml".removeprefix("/")
        if own and ".tgz" not in chart.folder and self.content(file) is not None:
            yield Layer(prefix, self.source(Values(ValuesForm.FILE, file)), given=False)

    def _edited(
        self, chart: Chart, reading: Reading, texts: Mapping[At, str], added: Mapping[At, Tree], *, own: bool = True
    ) -> Chart:
        """A chart with its files edited: values, and literal references in templates."""
        file = f"{chart.folder}/values.yaml".removeprefix("/")
        layer = next((each for each in reading.layers if not each.given and each.source.file == file), None)
        values = {} if not own else _tree(layer.source, texts, added, chart.values) if layer else chart.values
        found = {
            name: _spliced(f"{chart.folder}/{name}".removeprefix("/"), text, texts)
            for name, text in chart.templates.items()
        }
        children = tuple(self._edited(child, reading, texts, added) for child in chart.subcharts)
        return replace(chart, values=values, templates=found, subcharts=children)

    def _literals(self, chart: Chart) -> Iterator[Spot]:
        """The references that stand in templates as they are."""
        for name, text in chart.templates.items():
            file = f"{chart.folder}/{name}".removeprefix("/")
            if ".tgz" not in chart.folder:
                yield from literals(file, text)
        for child in chart.subcharts:
            yield from self._literals(child)


def _marked(chart: Chart, file: str, line: int, mark: str) -> Chart:
    """A chart with a text at the end of a line of a template."""
    found = dict(chart.templates)
    for name, text in chart.templates.items():
        lines = text.split("\n")
        if f"{chart.folder}/{name}".removeprefix("/") == file and line <= len(lines):
            rest = lines[line - 1].rstrip("\r")
            lines[line - 1] = rest + mark + lines[line - 1][len(rest) :]
            found[name] = "\n".join(lines)
    children = tuple(_marked(child, file, line, mark) for child in chart.subcharts)
    return replace(chart, templates=found, subcharts=children)


def _absent(chart: Chart, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The subcharts that a chart asks for and that are not in its charts/, by the keys of their values."""
    known = {child.name for child in chart.subcharts}
    for wanted in chart.dependencies:
        if wanted.name not in known:
            yield (*prefix, wanted.alias or wanted.name), wanted.name
    for child in chart.subcharts:
        for name in _names(chart, child):
            yield from _absent(child, (*prefix, name))


def literals(file: str, text: str) -> Iterator[Spot]:
    """The references that stand in a template as they are."""
    if file.endswith(SUFFIXES):
        for spot, place in _lines(text):
            if not spot.templated:
                yield Spot(At(file, place), spot.image)


def _lines(text: str) -> Iterator[tuple[TemplateSpot, str]]:
    """The images of a template, each with its place."""
    lines = Lines(text)
    for spot in template_lines.find(text):
        line, column = lines.position(spot.start)
        yield spot, f"~{line}:{column}"


def _spliced(file: str, text: str, texts: Mapping[At, str]) -> str:
    """A template with the references at some of its places replaced."""
    if not any(at.file == file for at in texts):
        return text
    edits = [
        Edit(Span(spot.start, spot.end), texts[at]) for spot, place in _lines(text) if (at := At(file, place)) in texts
    ]
    return splice(text, edits)


def _names(parent: Chart, child: Chart) -> list[str]:
    """The names that a parent has for a subchart: its aliases, or its own."""
    wanted = [each.alias or each.name for each in parent.dependencies if each.name == child.name]
    return wanted or [child.name]


def _tree(source: Source, texts: Mapping[At, str], added: Mapping[At, Tree], tree: Any = None) -> Any:
    """A source's values, edited."""
    values: dict[tuple[str | int, ...], Any] = {
        path: texts[at] for at in texts if at.file == source.file for path in source.paths.get(at, ())
    }
    inside: dict[At, list[Replace]] = defaultdict(list)
    for at, text in texts.items():
        if at in source.embedded:
            outer, _, inner = at.place.rpartition("#")
            inside[At(at.file, outer)].append(Replace(inner, source.embedded[at].text, text))
    for at, replaced in inside.items():
        for path in source.paths[at]:
            values[path] = amend(source.spots[path].text.encode(), replaced).after.decode()
    if any(at.file == source.file for at in added):
        by_place = {place: path for path, place in source.maps.items()}
        for at, value in added.items():
            parent, _, key = at.place.rpartition("/")
            if at.file == source.file and parent in by_place:
                values[(*by_place[parent], key.replace("~1", "/").replace("~0", "~"))] = value
    return changed(source.tree if tree is None else tree, values)
