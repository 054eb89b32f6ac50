"""The words the rooms share: a place in a file, a finding, a skipped file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Span(NamedTuple):
    """Start and end offset, in code points, within the text of the document's chunk of the file."""

    start: int
    end: int


class State(StrEnum):
    UPSTREAM = "upstream"
    BACKUP = "backup"
    OWN = "own"
    IGNORED = "ignored"
    UNRESOLVED = "unresolved"


class RuleKind(StrEnum):
    """What makes a value an image."""

    GENERAL = "general rule"
    """The image of an item of `containers` and the like, or of a volume, in an object of any kind."""
    ROW = "catalogue row"
    PATCH = "JSON patch"
    """What an operation puts where the general rule has an image."""
    INLINE_PATCH = "patch in a kustomization"
    ENTRY = "kustomization entry"
    """An item of a kustomization's `images`."""
    TEMPLATE = "line of a template"
    """The value of a key `image` in text that no YAML parser reads."""


class Rule(NamedTuple):
    """Why a value is taken for an image; `row` has the group, kind and path of the catalogue, as people read them."""

    kind: RuleKind
    row: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one file that names an image.

    `pointer` is where the object has it, aliases and merge keys expanded; `text_pointer` is where its text stands
    (another place, if it is reached through an alias or merge key). Both are RFC 6901, both null outside YAML and JSON.
    `chunk` is the byte offset of the chunk of the file that the document was parsed from; `span` and `raw` are the text
    between the quotes within it, `image` its value. `note` says why the place must be left alone, and `ignored` whether
    a rule says so (state `ignored`) or a limit of the tool (state `unresolved`). `editable` is false where a literal
    reference stands in text that is not yet rewritten (a Go template). `namespace` is the one that the object states,
    `policy` the Flux ImagePolicy (`namespace:name`) that owns the line. `rule` is why it is taken for an image.
    """

    file: str
    document: int
    pointer: str | None
    text_pointer: str | None
    line: int
    column: int
    image: str
    raw: str
    span: Span
    chunk: int = 0
    note: str | None = None
    ignored: bool = False
    editable: bool = True
    namespace: str | None = None
    policy: str | None = None
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A place, and what its image is: its upstream and backup (normalised texts), its state, and the reason for it.

    `entry_points` are the names of those that are made of it (the folder of a kustomization, `.` for the root), be it
    rendered as it is written or changed on the way; empty also where nothing is known above the file.
    """

    place: Place
    state: State
    upstream: str | None = None
    backup: str | None = None
    reason: str | None = None
    entry_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or document that was passed over. `fatal`: it could hold an image, so the exit code is 2."""

    file: str
    reason: str
    fatal: bool = False
    line: int | None = None
