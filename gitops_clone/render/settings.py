"""Values that relocate what a chart from elsewhere makes, told with the chart at hand, given by who applies it.

Where to relocate an image in the chart's values is what `releases/` finds for a chart of the repository. What it would
write into the chart's own files, the object says instead, in values of its own that win over them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gitops_clone.amendments import Digest
from gitops_clone.controllers.model import Applied, ValuesForm
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.documents.amend import Amendment, Insert, Replace
from gitops_clone.documents.planned import Tree as Value
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import Path as Keys
from gitops_clone.helm.errors import BadChart
from gitops_clone.releases.charts import Charts
from gitops_clone.releases.judge import Looked, Render, look
from gitops_clone.releases.model import At, Release
from gitops_clone.releases.reading import Layer, Reading
from gitops_clone.releases.releases import Releases
from gitops_clone.releases.sources import Unknown
from gitops_clone.releases.survey import Image, images
from gitops_clone.render.tree import Tree
from gitops_clone.states import Rules

IN_TEMPLATES = "the chart's templates name it, and no value changes that"
NOT_AT_HAND = "the chart is not rendered without Helm"


@dataclass(frozen=True, slots=True)
class Settings:
    """The edits of files of the repository that relocate some images, and why others stay, by their texts."""

    amendments: Mapping[str, tuple[Amendment, ...]]
    images: frozenset[str]
    left: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AtHand:
    """A chart from elsewhere that was fetched: its folder among them, and what it makes of its values."""

    applied: Applied
    with_helm: bool
    folder: str
    looked: Looked
    images: tuple[Image, ...]
    rules: Rules
    render: Render

    def settings(self, files: Collection[str], upstreams: Collection[str], digest: Digest) -> Settings | str:
        """How the object can relocate some upstreams, in files that may be edited; or why not at all."""
        reading = self.looked.reading
        own = (name for name in reading.files if name.startswith(f"{self.folder}/"))
        made = Releases((self.looked,), self.images, self.rules, frozenset((*files, *own)), self.render)
        solution = made.solve(upstreams.__contains__, digest)
        try:
            edits = self._edits(made.amendments(upstreams.__contains__, digest))
        except Unknown as error:
            return str(error)
        left = {self.images[number].text: reason for number, reason in solution.left.items()}
        ways = solution.attempt.ways.items()
        fixed = {number for number, way in ways if any(at.place.startswith("~") for at in way.set)}
        left |= {self.images[number].text: IN_TEMPLATES for number in fixed}
        moved = frozenset(self.images[number].text for number, _ in ways if number not in fixed)
        return Settings({name: tuple(each) for name, each in edits.items()}, moved, left)

    def _edits(self, amendments: Mapping[str, Collection[Amendment]]) -> dict[str, list[Amendment]]:
        """The edits of files of the repository; those of the chart's own files become values of the object.

        Raises `Unknown` where that is not possible.
        """
        edits: dict[str, list[Amendment]] = {}
        wanted: dict[Keys, tuple[Value, Amendment]] = {}
        for file, listed in amendments.items():
            for each in listed:
                if not file.startswith(f"{self.folder}/"):
                    edits.setdefault(file, []).append(each)
                else:
                    wanted |= {path: (value, each) for path, value in _paths(self.looked.reading, file, each)}
        for amendment in _given(self, wanted):
            edits.setdefault(self.applied.owner.file, []).append(amendment)
        return edits


def at_hand(tree: Tree, applied: Applied, chart: Path, rules: Rules) -> AtHand | str:
    """A chart in a folder outside the tree with what an object gives to it; or why it is not understood."""
    home = chart.parents[1]
    folder = str(chart.relative_to(home))  # has a part that nothing of the tree is named like

    def content(name: str) -> bytes | None:
        try:
            return ((home if name.startswith(f"{folder}/") else tree.root) / name).read_bytes()
        except OSError:
            return None

    charts = Charts(home, content)
    release = Release(
        folder, tuple(_values(applied, folder)), applied.owner, applied.release or "release-name",
        applied.namespace or applied.default_namespace, applied.replaces_values,
    )  # fmt: skip
    try:
        reading = charts.reading(release)
        looked = look(reading, charts.render, rules.catalogue, charts.templates(release))
    except (BadChart, Unknown) as error:
        return f"{NOT_AT_HAND}: {error}"
    if looked.failure is not None:
        return f"{NOT_AT_HAND}: {looked.failure.reason}"
    with_helm = tree.at(applied.owner.file, applied.owner.document, f"{applied.pointer}/helm") is not None
    return AtHand(applied, with_helm, folder, looked, tuple(images([looked], rules, {})), rules, charts.render)


def _values(applied: Applied, folder: str) -> Iterator[Any]:
    """The values of an object, its files in the chart by their names from the tree."""
    for each in applied.values:
        of_chart = each.form is ValuesForm.FILE and not each.file and not each.path.startswith("$")
        yield replace(each, file=f"{folder}/{each.path}", path="") if of_chart else each


def _paths(reading: Reading, file: str, amendment: Amendment) -> Iterator[tuple[Keys, Value]]:
    """The keys of the release that an edit of one of the chart's files sets."""
    for layer in reading.layers:
        if layer.source.file != file:
            continue
        if isinstance(amendment, Replace):
            found = layer.source.paths.get(At(file, amendment.place), [])
            value: Value = amendment.new
        elif isinstance(amendment, Insert):
            above, _, key = amendment.place.rpartition("/")
            name = key.replace("~1", "/").replace("~0", "~")
            found = [(*path, name) for path, place in layer.source.maps.items() if place == above]
            value = amendment.value
        else:
            continue
        for path in found:
            if any(isinstance(key, int) for key in path):
                raise Unknown("a list of the chart's values has it, which can only be given as a whole")
            yield (*layer.prefix, *path), value


def _given(chart: AtHand, wanted: Mapping[Keys, tuple[Value, Amendment]]) -> Iterator[Amendment]:
    """The values of an object with keys added: where a mapping of them stands already, else in a new one."""
    layer = _own(chart)
    by_place: dict[str, Value] = {}
    asked: dict[str, Amendment] = {}
    for path, (value, amendment) in wanted.items():
        size, place = _room(layer, path) if layer is not None else (0, "")
        where = f"{place}{pointer((path[size],))}" if place else ""
        for key in reversed(path[size + 1 :] if place else path):
            value = {str(key): value}
        asked.setdefault(where, amendment)
        by_place[where] = _merged(by_place[where], value) if where in by_place else value
    for where, value in by_place.items():
        told = (asked[where].upstream, asked[where].becomes)
        yield Insert(where, value, *told) if where else Insert(*_new(chart, value), *told)


def _own(chart: AtHand) -> Layer | None:
    """The layer of values that stands in the object itself, as a tree or a text."""
    file = chart.applied.owner.file
    layers = chart.looked.reading.layers
    own = [each for each in layers if each.given and each.source.file == file and () in each.source.maps]
    return own[-1] if own else None


def _room(layer: Layer, path: Keys) -> tuple[int, str]:
    """How many of the keys of a path are there already, as mappings, and the place of the last of these."""
    size = max(size for size in range(len(path)) if path[:size] in layer.source.maps)
    taken = path[: size + 1]
    if taken in layer.source.spots or taken in layer.source.empty:
        raise Unknown(f"{'.'.join(map(str, taken))} is something else in the values of the object")
    return size, layer.source.maps[path[:size]]


def _new(chart: AtHand, value: Value) -> tuple[str, Value]:
    """Where an object that gives no values can give some."""
    base = f"{chart.applied.owner.document}{chart.applied.pointer}"
    if chart.applied.owner.kind is Controller.HELM_RELEASE:
        return f"{base}/values", value
    return (f"{base}/helm/valuesObject", value) if chart.with_helm else (f"{base}/helm", {"valuesObject": value})


def _merged(one: Value, other: Value) -> Value:
    """Two trees as one; of two values, the other."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other
    return {**one, **{key: _merged(one[key], value) if key in one else value for key, value in other.items()}}
