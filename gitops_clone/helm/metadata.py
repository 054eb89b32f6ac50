"""Chart.yaml: its fields with the types that Helm gives them, checked as Helm checks them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.helm import yaml_values
from gitops_clone.helm.errors import BadChart
from gitops_clone.helm.formatting import general, is_print
from gitops_clone.helm.gotypes import StringMap, Value
from gitops_clone.helm.semver import BadVersion, Version

_TEXTS = (
    "name",
    "home",
    "version",
    "description",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "kubeVersion",
    "type",
)
_LISTS = ("sources", "keywords")
_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a chart asks for: `alias` is another name for it, `import_values` are names or child and parent paths."""

    name: str
    version: str = ""
    repository: str = ""
    condition: str = ""
    tags: tuple[str, ...] = ()
    alias: str = ""
    import_values: tuple[str | tuple[str, str], ...] = ()


class Metadata(NamedTuple):
    values: dict[str, Value]
    dependencies: tuple[Dependency, ...]


def parse(text: str, requirements: str | None, folder: str) -> Metadata:
    """Chart.yaml, and the requirements.yaml that charts of version 1 have beside it. Raises `BadChart`."""
    found = _load(text, f"{folder}/Chart.yaml")
    if requirements is not None:
        found = {**found, **_load(requirements, f"{folder}/requirements.yaml")}
    reader = _Reader(f"{folder}/Chart.yaml")
    values: dict[str, Value] = dict(found)
    for name in _TEXTS:
        values[name] = _printable(reader.text(found, name))
    for name in _LISTS:
        values[name] = [_printable(reader.as_text(item, name)) for item in reader.items(found, name)]
    values["apiVersion"] = values["apiVersion"] or "v1"
    values["deprecated"] = found.get("deprecated") is True
    values["annotations"] = StringMap(
        {key: reader.as_text(value, "annotations") for key, value in reader.mapping(found, "annotations").items()}
    )
    values["maintainers"] = [
        {name: _printable(reader.text(item, name)) for name in ("name", "email", "url")}
        for item in reader.mappings(found, "maintainers")
    ]
    dependencies = tuple(_dependency(reader, item) for item in reader.mappings(found, "dependencies"))
    _check(values, dependencies, reader)
    return Metadata(values, dependencies)


def _load(text: str, name: str) -> dict[str, Value]:
    try:
        found = yaml_values.load(text)
    except yaml_values.NotValues as error:
        raise BadChart(str(error), name, error.line) from None
    if found is not None and not isinstance(found, dict):
        raise BadChart("is no mapping", name)
    return found or {}


def _dependency(reader: _Reader, item: dict[str, Value]) -> Dependency:
    imports: list[str | tuple[str, str]] = []
    for value in reader.items(item, "import-values"):
        if isinstance(value, dict):
            imports.append((_path(value.get("child")), _path(value.get("parent"))))
        elif isinstance(value, str):
            imports.append(value)
    return Dependency(
        name=_printable(reader.text(item, "name")),
        version=_printable(reader.text(item, "version")),
        repository=_printable(reader.text(item, "repository")),
        condition=_printable(reader.text(item, "condition")),
        tags=tuple(_printable(reader.as_text(tag, "tags")) for tag in reader.items(item, "tags")),
        alias=reader.text(item, "alias"),
        import_values=tuple(imports),
    )


def _path(value: Value) -> str:
    return value if isinstance(value, str) else "<nil>"


def _check(values: dict[str, Value], dependencies: tuple[Dependency, ...], reader: _Reader) -> None:
    if values["apiVersion"] not in ("v1", "v2"):
        raise reader.error(f"chart apiVersion {values['apiVersion']!r} is not supported by Helm")
    for name in ("name", "version"):
        if not values[name]:
            raise reader.error(f"chart.metadata.{name} is required")
    if values["name"] in (".", "..") or "/" in values["name"]:
        raise reader.error(f"chart.metadata.name {values['name']!r} is invalid")
    try:
        Version.parse(values["version"])
    except BadVersion:
        raise reader.error(f"chart.metadata.version {values['version']!r} is invalid") from None
    if values["type"] not in ("", "application", "library"):
        raise reader.error("chart.metadata.type must be application or library")
    names = set()
    for dependency in dependencies:
        if dependency.alias and not _ALIAS.fullmatch(dependency.alias):
            raise reader.error(f"dependency {dependency.name!r} has disallowed characters in the alias")
        name = dependency.alias or dependency.name
        if name in names:
            raise reader.error(f"more than one dependency with name or alias {name!r}")
        names.add(name)


def _printable(text: str) -> str:
    return "".join(
        " " if character.isspace() else character for character in text if character.isspace() or is_print(character)
    )


class _Reader:
    """Takes fields out of plain values. A scalar where a string is asked for becomes one, anything else is refused."""

    def __init__(self, name: str) -> None:
        self._name = name

    def error(self, reason: str) -> BadChart:
        return BadChart(reason, self._name)

    def text(self, found: dict[str, Value], name: str) -> str:
        return self.as_text(found.get(name), name)

    def as_text(self, value: Value, name: str) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 2**63 else general(value)
        raise self.error(f"{name} is no string")

    def items(self, found: dict[str, Value], name: str) -> list[Value]:
        value = found.get(name)
        if value is not None and not isinstance(value, list):
            raise self.error(f"{name} is no list")
        return value or []

    def mapping(self, found: dict[str, Value], name: str) -> dict[str, Value]:
        value = found.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.error(f"{name} is no mapping")
        return value or {}

    def mappings(self, found: dict[str, Value], name: str) -> list[dict[str, Value]]:
        items = self.items(found, name)
        if not all(isinstance(item, dict) for item in items):
            raise self.error(f"{name} must be mappings")
        return items
