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


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one file that names an image.

    `pointer` is where the object has it, aliases and merge keys expanded; `text_pointer` is where its text stands
    (another place, if it is reached through an alias or merge key). Both are RFC 6901, both null outside YAML and JSON.
    `chunk` is the byte offset of the chunk of the file that the document was parsed from; `span` and `raw` are the text
    between the quotes within it, `image` its value. `note` says why the place must be left alone, and `ignored` whether
    a rule says so (state `ignored`) or a limit of the tool (state `unresolved`). `editable` is false where a literal
    reference stands in text that is not yet rewritten (a Go template). `namespace` is the one that the object states,
    `policy` the Flux ImagePolicy (`namespace:name`) that owns the line.
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


@dataclass(frozen=True, slots=True)
class Finding:
    """A place, and what its image is: its upstream and backup (normalised texts), its state, and the reason for it."""

    place: Place
    state: State
    upstream: str | None = None
    backup: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or document that was passed over. `fatal`: it could hold an image, so the exit code is 2."""

    file: str
    reason: str
    fatal: bool = False
    line: int | None = None
