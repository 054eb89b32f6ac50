"""What objects of Flux and Argo CD refer to, as far as it stands in the files: Flux's sources, and ConfigMaps.

A ConfigMap is found by its name: in the namespace that both sides have, or in the same folder where one has none. Of
several, none is taken. Secrets stay unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_clone.controllers.model import (
    Applied,
    ChartReference,
    ConfigReference,
    SourceReference,
    Values,
    ValuesForm,
)
from gitops_clone.controllers.objects import Object, inside, objects
from gitops_clone.documents.node import Scalar, is_null
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.view import TooManyAliases
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.layers.paths import resolve as resolve_path

SOURCE = "source.toolkit.fluxcd.io"
_KINDS = ("Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository")
_MARK = b"source.toolkit.fluxcd.io/"
_CONFIG_MARKS = (b"ConfigMap", b"configMapGenerator")


@dataclass(frozen=True, slots=True)
class Source:
    """An object that says where something comes from: its `url`, and at `pointer` that url.

    `oci`: a registry. `reference` is the tag, branch, version or digest, None where it is a range (then `versions`) or
    not given. `chart` and `source` are of a HelmChart.
    """

    file: str
    document: int
    line: int
    name: SourceReference
    url: str = ""
    pointer: str = ""
    oci: bool = False
    reference: str | None = None
    reference_pointer: str = ""
    versions: str | None = None
    chart: str = ""
    source: SourceReference | None = None
    optional: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Datum:
    """One key of a ConfigMap: its text, and where that stands; without a `pointer` it is the whole file.

    `part`: the text is only a part of what stands there (`key=value`).
    """

    text: str
    file: str
    document: int = 0
    pointer: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """A ConfigMap of the files, or one that a kustomization generates, by the keys of its data."""

    file: str
    name: str
    namespace: str | None
    data: Mapping[str, Datum] = field(hash=False)


def sources(files: Iterable[tuple[str, bytes]]) -> list[Source]:
    """The sources of Flux in files (name, bytes)."""
    found: list[Source] = []
    for file, data in files:
        for each in objects(file, data, (_MARK,)):
            if each.group == SOURCE and each.kind in _KINDS:
                try:
                    found.append(_source(each))
                except (TooManyAliases, RecursionError):
                    continue
    return found


def _source(each: Object) -> Source:
    name = SourceReference(each.kind, each.namespace, each.name)
    key, where = _exact(each)
    url = each.read("spec", "url") or each.read("spec", "endpoint") or ""
    parent = None
    if each.kind == "HelmChart" and (kind := each.read("spec", "sourceRef", "kind")):
        parent = SourceReference(kind, each.namespace, each.read("spec", "sourceRef", "name") or "")
    return Source(
        file=each.file,
        document=each.document,
        line=each.line(each.visit),
        name=name,
        url=url,
        pointer=each.pointer("spec", "url"),
        oci=each.kind == "OCIRepository" or each.read("spec", "type") == "oci",
        reference=key,
        reference_pointer=where,
        versions=each.read("spec", "ref", "semver"),
        chart=each.read("spec", "chart") or "",
        source=parent,
    )


def _exact(each: Object) -> tuple[str | None, str]:
    """The one version that a source has, and where it stands."""
    if each.kind == "HelmChart":
        return each.read("spec", "version"), each.pointer("spec", "version")
    for key in ("digest", "semver", "commit", "name", "tag", "branch"):  # the first that is given wins
        if (text := each.read("spec", "ref", key)) is not None:
            return None if key == "semver" else text, each.pointer("spec", "ref", key)
    return None, ""


def charts(applied: Iterable[Applied], found: Sequence[Source]) -> list[Applied]:
    """The applied with the repository of their charts, and the names and versions that a `chartRef` leaves to others.

    A chart in a GitRepository or Bucket is a folder, if a HelmChart says so.
    """
    named: dict[SourceReference, list[Source]] = {}
    for source in found:
        named.setdefault(source.name, []).append(source)
    return [_with_chart(each, named) for each in applied]


def _one(named: Mapping[SourceReference, list[Source]], wanted: SourceReference | None) -> Source | None:
    """The source of a name: in the namespace that it must have, or without one where a kustomization sets it."""
    if wanted is None:
        return None
    for namespace in dict.fromkeys((wanted.namespace, None)):
        found = named.get(replace(wanted, namespace=namespace), [])
        if len(found) == 1:
            return found[0]
    if wanted.namespace is None:
        every = [each for name, group in named.items() for each in group if replace(name, namespace=None) == wanted]
        return every[0] if len(every) == 1 else None
    return None


def _with_chart(each: Applied, named: Mapping[SourceReference, list[Source]]) -> Applied:
    chart = each.chart
    source = _one(named, chart.source) if chart is not None else None
    if chart is None or source is None:
        return each
    if source.name.kind == "HelmChart":
        parent = _one(named, source.source)
        if source.source is not None and source.source.kind in ("GitRepository", "Bucket"):
            return replace(each, path=inside(source.chart), chart=None, source=source.source)
        url = parent.url if parent is not None else None
        return replace(each, chart=ChartReference(source.chart, source.reference, url, source.name, chart.pointer))
    if source.name.kind == "OCIRepository":
        name = source.url.rpartition("/")[2]
        version = source.reference or source.versions
        return replace(each, chart=ChartReference(name, version, source.url, source.name, chart.pointer))
    return replace(each, chart=replace(chart, repository=source.url))


def config_maps(files: Iterable[tuple[str, bytes]], content: Callable[[str], bytes | None]) -> list[ConfigMap]:
    """The ConfigMaps in files (name, bytes), and those that kustomizations among them generate.

    `content` gives the bytes of a file of the repository, None where it is not in it.
    """
    found: list[ConfigMap] = []
    for file, data in files:
        for each in objects(file, data, _CONFIG_MARKS) if any(mark in data for mark in _CONFIG_MARKS) else ():
            try:
                if each.kind == "ConfigMap" and "/" not in (each.read("apiVersion") or ""):
                    found.append(ConfigMap(file, each.name, each.namespace, _data(each)))
                elif file.rpartition("/")[2] in NAMES:
                    found += _generated(each, content)
            except (TooManyAliases, RecursionError):
                continue
    return found


def _data(each: Object) -> dict[str, Datum]:
    data = each.at("data")
    if data is None or each.at("sops") is not None:
        return {}
    return {
        str(child.path[-1]): Datum(child.node.value, each.file, each.document, pointer(child.path))
        for child in each.view.children(data)
        if isinstance(child.node, Scalar) and not is_null(child.node)
    }


def _generated(each: Object, content: Callable[[str], bytes | None]) -> Iterator[ConfigMap]:
    """What `configMapGenerator` makes: of files, of literals, and of files with a `key=value` on each line."""
    for item in each.items(each.at("configMapGenerator")):
        view = each.view
        name = view.text(item, "name")
        if not name or view.text(item, "behavior") not in (None, "create"):
            continue
        data: dict[str, Datum] = {}
        envs = [text for text, _ in each.texts(view.child(item, "envs"))]
        for path in filter(None, (*envs, view.text(item, "env"))):
            if (raw := _beside(each, path, content)) is not None:
                data |= {key: Datum(value, raw[0], part=True) for key, value in _lines(raw[1])}
        for text, visit in each.texts(view.child(item, "literals")):
            key, _, value = text.partition("=")
            data[key] = Datum(_unquoted(value), each.file, each.document, pointer(visit.path), part=True)
        for text, _ in each.texts(view.child(item, "files")):
            key, equals, path = text.rpartition("=")
            if (raw := _beside(each, path, content)) is not None:
                data[key if equals else path.rpartition("/")[2]] = Datum(raw[1], raw[0])
        yield ConfigMap(each.file, name, view.text(item, "namespace") or each.read("namespace"), data)


def _beside(each: Object, path: str, content: Callable[[str], bytes | None]) -> tuple[str, str] | None:
    """The name and text of a file that a kustomization names; None where it is not in the repository."""
    file = resolve_path(each.file.rpartition("/")[0], path)
    data = content(file) if file is not None else None
    return (file, data.decode("utf-8", "replace")) if file is not None and data is not None else None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """The variables of an env file, as kustomize reads it (api/kv/kv.go): a bare key has no value here."""
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            yield key, value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def resolve(applied: Iterable[Applied], found: Sequence[ConfigMap]) -> list[Applied]:
    """The applied with the values and substitutions that stand in ConfigMaps.

    What of `substitute_from` is left is not known; a variable is in `substitute` only if nothing unknown may change it.
    """
    named: dict[str, list[ConfigMap]] = {}
    for each in found:
        named.setdefault(each.name, []).append(each)
    return [_resolved(each, named) for each in applied]


def _find(wanted: ConfigReference, file: str, named: Mapping[str, Sequence[ConfigMap]]) -> ConfigMap | None:
    """The ConfigMap that an object in a file refers to."""
    folder = file.rpartition("/")[0]
    candidates = named.get(wanted.name, ()) if wanted.kind == "ConfigMap" else ()
    same = [each for each in candidates if each.namespace == wanted.namespace and wanted.namespace is not None]
    if not same:
        same = [
            each
            for each in candidates
            if (each.namespace is None or wanted.namespace is None) and each.file.rpartition("/")[0] == folder
        ]
    return same[0] if len(same) == 1 else None


def _resolved(each: Applied, named: Mapping[str, Sequence[ConfigMap]]) -> Applied:
    values = tuple(_value(value, each.owner.file, named) for value in each.values)
    if not each.substitute_from:
        return replace(each, values=values) if values != each.values else each
    variables: dict[str, str] = {}
    unresolved: list[ConfigReference] = []
    for reference in each.substitute_from:
        config = _find(reference, each.owner.file, named)
        if config is None:
            unresolved.append(reference)
            variables.clear()  # it may set them too
        else:
            variables |= {key: datum.text.replace("\n", "") for key, datum in config.data.items()}
    return replace(
        each,
        values=values,
        substitute={**variables, **(each.substitute or {})},
        substitute_from=tuple(unresolved),
    )


def _value(value: Values, file: str, named: Mapping[str, Sequence[ConfigMap]]) -> Values:
    reference = value.reference
    config = _find(reference, file, named) if reference is not None and value.form is ValuesForm.REFERENCE else None
    datum = config.data.get(reference.key or "") if config is not None and reference is not None else None
    if datum is None or datum.part:
        return value
    if not datum.pointer:
        form = ValuesForm.CONTENT if value.path else ValuesForm.FILE
    else:
        form = ValuesForm.SCALAR if value.path else ValuesForm.TEXT
    return replace(value, form=form, file=datum.file, document=datum.document, pointer=datum.pointer)
