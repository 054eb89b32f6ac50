"""The catalogue: which kinds hold images in which fields, as data (catalogue.json, catalogue.schema.json). Pure.

docs/catalogue.md tells what a row is and how to add one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from gitops_clone.finders.path import Key, Step, format_path, parse_path

_DATA = Path(__file__).with_name("catalogue.json")

CONTAINER = "container"
"""The pseudo-kind of each container in a workload, whatever the kind of the object: its rows' paths begin there."""
METADATA = "metadata"
"""The pseudo-kind of each `metadata` mapping, that of an object or of a pod template: its rows' paths begin there."""


class Form(StrEnum):
    """What stands at the place of a row."""

    REFERENCE = "reference"
    """A whole image reference."""
    SPLIT = "split"
    """A repository, whose registry, tag or digest stand in other fields, which `parts` names. One that has a tag or
    digest of its own stands for itself, whatever the others say. Where neither is given, here or in the parts, or where
    the registry has a field that is empty, a program adds what Git does not show: reported, never rewritten."""
    URL = "url"
    """A reference after one of the texts of `schemes`. With another one, or another beginning, it is no image."""
    NAME = "name"
    """A repository to which a program adds a tag that Git does not show: reported, never rewritten. One with a tag or
    digest of its own is a whole reference."""
    PREFIX = "prefix"
    """A registry, or the front part of several names, which a program completes. Reported, never rewritten."""
    PODSPEC = "podspec"
    """A mapping like a PodSpec: containers, initContainers, ephemeralContainers, volumes[].image.reference."""
    OBJECT = "object"
    """A Kubernetes object, with the places of its own kind."""
    PATCH = "patch"
    """A JSON Patch (RFC 6902): the values that it puts where images are."""
    VALUES = "values"
    """Values of a Helm chart: images by what the chart makes of them, or by the shapes that charts have in common."""
    TEXT = "text"
    """A script, an expression, or another text with no structure to follow, in which whole references stand. They are
    told by their shape, so they are likely and not certain."""
    PARAMETER = "parameter"
    """The value of the parameter that the key `name` beside it names: an image only if some image field of the same
    object is exactly `$(params.NAME)`, `{{inputs.parameters.NAME}}`, `{{workflow.parameters.NAME}}` or `${NAME}`."""
    REFERENCE_OR_TAG = "reference-or-tag"
    """A whole image reference if it holds a slash, else a tag or version."""
    LIST = "list"
    """Objects. One without a kind of its own has the list's, without its closing `List`."""
    MENTION = "mention"
    """Names images without pulling them: a pattern, a selector, a list of what is allowed. Left alone with all that is
    below it; where what it names is relocated, it has to follow by hand."""
    NOT_IMAGE = "not-image"
    """Left alone with all that is below it, whatever other rows and the general rule say."""


class Role(StrEnum):
    """What a field beside a repository adds to the reference: `REGISTRY/repository:TAG@DIGEST`.

    An empty or missing field adds nothing.
    """

    REGISTRY = "registry"
    """What stands before the repository, with a slash between: a host, or a host and the front of the path."""
    TAG = "tag"
    """A tag, perhaps with `@` and a digest, or a digest alone, told by its `sha256:`. A `+` stands for `-`."""
    DIGEST = "digest"
    """A digest: `sha256:` and its hexadecimal figures, or these alone."""
    SHA = "sha"
    """The hexadecimal figures of a SHA-256 digest, without `sha256:`."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where a part of a split reference stands: a path of keys from the mapping that holds the last key of the row's
    path, or from the top of the object."""

    path: tuple[Key, ...]
    from_top: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One place of one kind.

    `name` is a glob that the object's `metadata.name` must match. `when` maps keys beside the last key of the path to
    globs that their values must match for the row to count; an empty glob means that there is no value. `parts` says
    for a split reference where its other parts stand: each role with its fields, of which the first that is there
    counts. `schemes` are what may stand before a reference of the form `url`, as text (`docker://`); an empty one
    allows a bare reference. `note` is the reason that users read where the form is one that is never rewritten.
    `example` is an image that could stand there.
    """

    group: str
    kind: str
    path: tuple[Step, ...]
    form: Form
    example: str | None = None
    name: str | None = None
    when: Mapping[str, str] = field(default_factory=dict, hash=False)
    parts: Mapping[Role, tuple[Part, ...]] = field(default_factory=dict, hash=False)
    schemes: tuple[str, ...] = ()
    note: str | None = None

    def __str__(self) -> str:
        """Group, kind and path, as people read them."""
        return f"{f'{self.group}/' if self.group else ''}{self.kind} {format_path(self.path)}"


class RawRow(TypedDict):
    """A row as the data have it."""

    group: str
    kind: str
    path: str
    form: str
    example: NotRequired[str]
    name: NotRequired[str]
    when: NotRequired[dict[str, str]]
    parts: NotRequired[dict[str, str | list[str]]]
    schemes: NotRequired[list[str]]
    note: NotRequired[str]


def parse_row(raw: RawRow) -> Row:
    """The row that data mean. Raises `ValueError` where a path, a form or a role is none."""
    return Row(
        group=raw["group"],
        kind=raw["kind"],
        path=parse_path(raw["path"]),
        form=Form(raw["form"]),
        example=raw.get("example"),
        name=raw.get("name"),
        when=raw.get("when", {}),
        parts={
            Role(role): tuple(parse_part(text) for text in ([texts] if isinstance(texts, str) else texts))
            for role, texts in raw.get("parts", {}).items()
        },
        schemes=tuple(raw.get("schemes", ())),
        note=raw.get("note"),
    )


def parse_part(text: str) -> Part:
    """Parse where a part stands: a path of keys; one that begins with a dot counts from the top of the object.

    Raises `ValueError`.
    """
    steps = parse_path(text.removeprefix("."))
    keys = tuple(step for step in steps if isinstance(step, Key))
    if len(keys) < len(steps):
        raise ValueError(f"path {text!r}: the path of a part has keys only")
    return Part(keys, text.startswith("."))


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The rows that are shipped, and those that a user adds. Equal only to itself, so that caches find it at once."""

    added: tuple[Row, ...] = ()

    def rows_for(self, group: str, kind: str) -> tuple[Row, ...]:
        """The rows of a kind in an API group (without version, "" for core), then those of the kind in any group.

        A user's row takes the place of a shipped one with the same group, kind, name and path.
        """
        rows = _shipped(group, kind) + _shipped("*", kind)
        added = tuple(row for row in self.added if row.kind == kind and row.group in (group, "*"))
        if not added:
            return rows
        places = {(row.group, row.name, row.path) for row in added}
        return tuple(row for row in rows if (row.group, row.name, row.path) not in places) + added

    def marks_of(self, form: Form) -> tuple[bytes, ...]:
        """What the bytes of objects with rows of a form have: the group that begins their version, or the kind."""
        places = (*_of_form(form), *((row.group, row.kind) for row in self.added if row.form is form))
        return tuple(sorted({(kind if group in ("", "*") else f"{group}/").encode() for group, kind in places}))


SHIPPED = Catalogue()


def shipped_rows() -> Iterator[RawRow]:
    """Every shipped row as the data have it, in their order."""
    for rows in _index().values():
        yield from rows


def _shipped(group: str, kind: str) -> tuple[Row, ...]:
    # Manifests can name any number of kinds: only those of the catalogue are remembered.
    return _parsed(group, kind) if (group, kind) in _index() else ()


@cache
def _of_form(form: Form) -> tuple[tuple[str, str], ...]:
    return tuple((raw["group"], raw["kind"]) for raw in shipped_rows() if raw["form"] == form)


@cache
def _parsed(group: str, kind: str) -> tuple[Row, ...]:
    return tuple(parse_row(raw) for raw in _index()[group, kind])


@cache
def _index() -> dict[tuple[str, str], list[RawRow]]:
    rows: list[RawRow] = json.loads(_DATA.read_bytes())
    index: dict[tuple[str, str], list[RawRow]] = {}
    for raw in rows:
        index.setdefault((raw["group"], raw["kind"]), []).append(raw)
    return index
