"""What clusters would get of repositories: entry points, charts, and manifests that are applied as they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from gitops_clone.layers import graph
from gitops_clone.layers.near import read_all
from gitops_clone.layers.paths import resolve
from gitops_clone.releases.find import CHART, chart_folders, is_library, releases
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from tests.parts import helm, kustomize
from tests.parts.helm import Job

# The hash at the end of a generated name changes with the content (the alphabet is kustomize's).
_HASH = re.compile(r"-[2456789bcdfghkmt]{10}\b")
_COMMENT = re.compile(r"^[ \t]*#.*|(?<=[ \t])#.*", re.MULTILINE)
# So that each reference is a word of its own.
_BEFORE = re.compile(r"(?:oci|docker)://|\\\\(?=\")")
_MISSING = re.compile(r"(?:file|env) source\w*:? .* lstat (/\S+): no such file", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Point:
    """A kustomization; `reads` are the folders that it is made of, `below` what it includes."""

    folder: Path
    reads: tuple[Path, ...]
    below: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    job: Job

    @property
    def reads(self) -> tuple[Path, ...]:
        return (self.job.chart, *self.job.values)


@dataclass(frozen=True, slots=True)
class Plain:
    """A file of objects that no kustomization and no chart includes."""

    path: Path

    @property
    def reads(self) -> tuple[Path, ...]:
        return (self.path,)


Source = Point | Chart | Plain


def sources(repository: Path) -> Iterator[Source]:
    """What a repository applies. A chart counts with its own values, and with each values file beside it."""
    listed = Root(repository, git=False)
    names, _ = list_files(listed, [repository], [])
    layers = graph.build(read_all(repository, list_kustomizations(listed))[0], {*names})
    for folder in sorted(layers.entry_points):
        yield _point(repository, layers, folder)
    charts = [name for name in chart_folders(names) if not is_library((repository / name / CHART).read_bytes())]
    for release in releases(charts, frozenset(names), ()):
        values = tuple(repository / each.file for each in release.values)
        yield Chart(Job(repository / release.chart, values))
    included = {name for folder in layers.kustomizations for name in read_by(layers, folder)}
    inside = tuple(f"{folder}/" if folder else "" for folder in charts)
    for name in names:
        if name not in included and not name.startswith(inside) and _is_applied(repository / name):
            yield Plain(repository / name)


def read_by(layers: graph.Graph, folder: str) -> set[str]:
    """The files that an entry point is made of; one that reads none of the changed files renders as before."""
    read: set[str] = set()
    for inner in layers.closure(folder):
        each = layers.kustomizations[inner]
        patches = (resolve(inner, patch.path) for patch in each.patches if patch.path)
        read.update((each.file, *layers.includes[inner].files, *filter(None, patches)))
    return read


def _point(repository: Path, layers: graph.Graph, folder: str) -> Point:
    inner = (each for each in layers.includes[folder].folders if each not in layers.cyclic)
    below = tuple(_point(repository, layers, each) for each in inner)
    return Point(repository / folder, tuple(repository / each for each in layers.closure(folder)), below)


def _is_applied(path: Path) -> bool:
    """Whether a file holds objects, and nothing that hinders their parsing."""
    data = path.read_bytes()
    if b"apiVersion" not in data or b"kind" not in data:
        return False
    try:
        objects = [each for each in yaml.load_all(data, yaml.CBaseLoader) if each]
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return bool(objects) and all(isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys() for each in objects)


def render(found: Iterable[Source]) -> dict[Source, str]:
    """What each renders that does so offline, without what differs from one rendering to the next.

    Where a kustomization does not, what it includes stands for it. Files of generators and charts that are missing are
    put there, empty: a corpus may leave out what is no YAML.
    """
    everything = list(found)
    texts: dict[Source, str] = dict(_of_points([each for each in everything if isinstance(each, Point)]))
    charts = [each for each in everything if isinstance(each, Chart) and helm.add_dependencies(each.job.chart)]
    for chart, done in zip(charts, helm.template_all([each.job for each in charts]), strict=True):
        if done.text is not None:
            texts[chart] = helm.steady(done.text)
    for each in everything:
        if isinstance(each, Plain):
            texts[each] = _COMMENT.sub("", each.path.read_text("utf-8-sig"))
    return {each: _BEFORE.sub("", text) for each, text in texts.items()}


def touched(found: Iterable[Source], files: Collection[Path]) -> Iterator[Source]:
    """Those that read any of some files."""
    above = {parent for file in files for parent in (file, *file.parents)}
    return (each for each in found if not above.isdisjoint(each.reads))


def _of_points(points: Sequence[Point]) -> Iterator[tuple[Point, str]]:
    tried: set[Path] = set()
    while points:
        built = kustomize.build_all([each.folder for each in points], _put)
        tried |= {each.folder for each in points}
        yield from ((each, _HASH.sub("", built[each.folder])) for each in points if each.folder in built)
        below = {each.folder: each for point in points if point.folder not in built for each in point.below}
        points = [each for folder, each in below.items() if folder not in tried]


def _put(error: str) -> bool:
    """Whether kustomize failed for want of a file of a generator, which is now there."""
    missing = _MISSING.search(error)
    if missing is None or Path(missing[1]).exists():
        return False
    Path(missing[1]).parent.mkdir(parents=True, exist_ok=True)
    Path(missing[1]).touch()
    return True
