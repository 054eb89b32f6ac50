"""A chart's folder, or a packed one, to what rendering needs of it. Reads files below a root, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.helm import archive, ignore, metadata, yaml_values
from gitops_clone.helm.errors import BadChart
from gitops_clone.helm.gotypes import Value, from_octets
from gitops_clone.helm.metadata import Dependency

_MOST_FILES = 20_000
_MOST_LEVELS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A chart as it was read; rendering changes nothing of it.

    `templates` and `files` have names below the chart (`templates/service.yaml`); bytes that are no UTF-8 are
    surrogate escapes. `dependencies` is what Chart.yaml asks for, `subcharts` what is in charts/. The `schema` of the
    values is kept, but not checked: there is no library for it among the dependencies.
    """

    folder: str
    metadata: Mapping[str, Value]
    values: dict[str, Value]
    templates: Mapping[str, str]
    files: Mapping[str, str]
    crds: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[Dependency, ...] = ()
    subcharts: tuple[Chart, ...] = ()
    schema: str | None = None

    @property
    def name(self) -> str:
        return str(self.metadata["name"])

    @property
    def version(self) -> str:
        return str(self.metadata["version"])

    @property
    def is_library(self) -> bool:
        return str(self.metadata.get("type") or "").lower() == "library"


def read(root: Path, folder: str) -> Chart:
    """The chart in a folder (or a .tgz) below the root, named relative to it. Raises `BadChart`.

    A symlink that leads out of the root is refused; others are followed, as Helm does.
    """
    top = os.path.realpath(root)
    path = os.path.join(top, folder)
    room = archive.Room()
    if folder.endswith(".tgz") and os.path.isfile(path):
        _check_inside(path, top, folder)
        return _assemble(archive.unpack(_content(path, folder, archive.MOST_BYTES), folder, room), folder, 0, room)
    return _assemble(_read_folder(top, folder), folder, 0, room)


def _read_folder(top: str, folder: str) -> dict[str, bytes]:
    start = os.path.normpath(os.path.join(top, folder))
    _check_inside(start, top, folder)
    listed = os.path.join(start, ".helmignore")
    try:
        # An ignore file that a symlink leads to may stand anywhere below the root.
        text = from_octets(_content(listed, folder, archive.MOST_BYTES_OF_FILE)) if os.path.isfile(listed) else ""
        rules = ignore.rules(text)
    except ValueError as error:
        raise BadChart(f"its .helmignore: {error}", folder) from None
    files: dict[str, bytes] = {}
    left = archive.MOST_BYTES
    for name, path in _walk(start, top, rules, folder):
        files[name] = _content(path, f"{folder}/{name}", archive.MOST_BYTES_OF_FILE).removeprefix(b"\xef\xbb\xbf")
        left -= len(files[name])
        if left < 0 or len(files) > _MOST_FILES:
            raise BadChart("holds more than a chart may: too many or too large files", folder)
    return files


def _walk(start: str, top: str, rules: list[ignore.Rule], folder: str) -> Iterator[tuple[str, str]]:
    """The files of a folder, by names below it, that no rule ignores; sorted."""
    stack: list[tuple[str, str, frozenset[str]]] = [("", start, frozenset())]
    while stack:
        name, path, above = stack.pop()
        if os.path.islink(path):
            _check_inside(path, top, f"{folder}/{name}")
        is_folder = os.path.isdir(path)
        if name and ignore.is_ignored(rules, name, is_folder):
            continue
        if not is_folder:
            yield name, path
            continue
        real = os.path.realpath(path)
        if real in above:
            raise BadChart("a symlink leads back to where it came from", f"{folder}/{name}")
        try:
            entries = sorted(os.listdir(path), reverse=True)
        except OSError as error:
            raise BadChart(error.strerror or "cannot be read", f"{folder}/{name}".rstrip("/")) from None
        for entry in entries:
            stack.append((f"{name}/{entry}" if name else entry, os.path.join(path, entry), above | {real}))


def _check_inside(path: str, top: str, name: str) -> None:
    real = os.path.realpath(path)
    if real != top and not real.startswith(top.rstrip("/") + "/"):
        raise BadChart("a symlink leads out of the repository", name)
    if not os.path.lexists(path) or not os.path.exists(real):
        raise BadChart("no such file or folder", name)


def _content(path: str, name: str, most: int) -> bytes:
    try:
        # A pipe would block: look before opening.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise BadChart("is no regular file", name)
        with open(path, "rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise BadChart(error.strerror or "cannot be read", name) from None
    if len(data) > most:
        raise BadChart(f"is larger than the {most // 2**20} MB that Helm takes", name)
    return data


def _assemble(files: dict[str, bytes], folder: str, level: int, room: archive.Room) -> Chart:
    """A chart from its files; `room` is what its archives may take. Raises `BadChart`."""
    if level > _MOST_LEVELS:
        raise BadChart(f"charts are nested deeper than {_MOST_LEVELS} levels", folder)
    if "Chart.yaml" not in files:
        raise BadChart("Chart.yaml file is missing", folder)
    texts = {name: from_octets(data) for name, data in files.items() if not name.startswith("charts/")}
    found = metadata.parse(texts["Chart.yaml"], texts.get("requirements.yaml"), folder)
    own = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json")
    moved = () if found.values["apiVersion"] == "v1" else ("requirements.yaml", "requirements.lock")
    return Chart(
        folder=folder,
        metadata=found.values,
        values=_values(texts.get("values.yaml", ""), f"{folder}/values.yaml"),
        templates={name: text for name, text in texts.items() if name.startswith("templates/")},
        files={
            name: text
            for name, text in texts.items()
            if not name.startswith("templates/") and name not in own and name not in moved
        },
        crds={name: text for name, text in texts.items() if name.startswith("crds/")},
        dependencies=found.dependencies,
        subcharts=tuple(_subcharts(files, folder, level, room)),
        schema=texts.get("values.schema.json"),
    )


def _values(text: str, name: str) -> dict[str, Value]:
    """values.yaml: all its documents, merged."""
    merged: dict[str, Value] = {}
    try:
        documents = yaml_values.load_all(text)
    except yaml_values.NotValues as error:
        raise BadChart(str(error), name, error.line) from None
    for document in documents:
        if document is not None and not isinstance(document, dict):
            raise BadChart("is no mapping", name)
        merged = merge(merged, document or {})
    return merged


def merge(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    """Two values files, the latter wins; maps are merged at every level."""
    merged = dict(one)
    for key, value in other.items():
        before = merged.get(key)
        merged[key] = merge(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return merged


def _subcharts(files: dict[str, bytes], folder: str, level: int, room: archive.Room) -> Iterator[Chart]:
    groups: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        if name.startswith("charts/") and not name.endswith(".prov"):
            chart, _, rest = name.removeprefix("charts/").partition("/")
            groups.setdefault(chart, {})[rest] = data
    for chart, inner in sorted(groups.items()):
        place = f"{folder}/charts/{chart}"
        if chart.startswith(("_", ".")):
            continue
        if chart.endswith(".tgz"):
            if "" not in inner:
                raise BadChart("is no chart archive (.tgz)", place)
            inner = archive.unpack(inner[""], place, room)
        yield _assemble({name: data for name, data in inner.items() if name}, place, level + 1, room)
