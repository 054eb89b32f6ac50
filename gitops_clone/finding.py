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


class Certainty(StrEnum):
    """How sure it is that a value is an image; from the surest on."""

    CERTAIN = "certain"
    """A field that is known to hold one. In the text of a scalar only where a row of the catalogue says so."""
    LIKELY = "likely"
    """It has the shape of one, in a place that configures a program; or a known field, in the text of a scalar."""
    POSSIBLE = "possible"
    """It has the shape of one."""

    def includes(self, other: Certainty) -> bool:
        """Whether what takes images of this certainty also takes those of the other."""
        order = list(Certainty)
        return order.index(other) <= order.index(self)


class RuleKind(StrEnum):
    """What makes a value an image."""

    GENERAL = "general rule"
    """The image of an item of `containers` and the like, or of a volume, in an object of any kind."""
    ROW = "catalogue row"
    PATCH = "JSON patch"
    """What an operation puts where the general rule has an image."""
    INLINE_PATCH = "patch in a kustomization"
    COPIED = "field of a kustomization"
    """A field that a kustomization copies to an image, or whose `configurations` name it as one."""
    ENTRY = "kustomization entry"
    """An item of a kustomization's `images`."""
    TEMPLATE = "line of a template"
    """The value of a key `image` in text that no YAML parser reads."""
    SHAPE = "shape"
    """A registry host, a path, and a tag or digest. `row` says in what place."""
    NAMED = "name of its key"
    """A key or a variable that is named as an image has a path and a tag or digest, and no registry host."""
    VALUES = "values of a chart"
    ARTIFACT = "chart or artifact in a registry"
    """No image: what Flux, Argo CD, kustomize or Helm pull."""


class Rule(NamedTuple):
    """Why a value is taken for an image; `row` has the group, kind and path of the catalogue, as people read them."""

    kind: RuleKind
    row: str = ""


class Level(NamedTuple):
    """A text that is read as a tree: how, and where in it the scalar stands that leads on (document, RFC 6901)."""

    reading: str
    document: int
    pointer: str


@dataclass(frozen=True, slots=True)
class Within:
    """Where in a scalar an image stands that is not all of it.

    `value` is the scalar's, `span` the image's in it (empty if it is not there in one piece). `levels` are the trees on
    the way, the outermost first; in the scalar that the last one leads to (without any, in `value`) the image has the
    span `inmost`, and if it is but a part of that one too, `number` counts it, from 0.
    """

    value: str
    span: Span
    image: str
    inmost: Span
    levels: tuple[Level, ...] = ()
    number: int | None = None

    @property
    def inner(self) -> str:
        """The way from the scalar to the image, as texts: `#DOCUMENT/POINTER` for each level, `#NUMBER`."""
        levels = "".join(f"#{level.document}{level.pointer}" for level in self.levels)
        return levels if self.number is None else f"{levels}#{self.number}"


@dataclass(frozen=True, slots=True)
class Part:
    """A scalar that is one part of a split reference: its role (repository, registry, tag, digest, sha), and its place.

    `value` is all of it, `raw` and `span` its text within its quotes; the pointers and `within` are as in `Place`.
    """

    role: str
    value: str
    raw: str
    span: Span
    pointer: str
    text_pointer: str
    within: Within | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one file that names an image.

    `pointer` is where the object has it, aliases and merge keys expanded; `text_pointer` is where its text stands
    (another place, if it is reached through an alias or merge key). Both are RFC 6901, both null outside YAML and JSON.
    `chunk` is the byte offset of the chunk of the file that the document was parsed from; `span` and `raw` are the text
    between the quotes within it, `image` its value. `note` says why the place must be left alone, and `ignored` whether
    a rule says so (state `ignored`) or a limit of the tool (state `unresolved`). `editable` is false where the text is
    not to be edited by itself: not rendered, or relocated elsewhere. `namespace` is the one that the object states,
    `policy` the Flux ImagePolicy (`namespace:name`) that owns the line. `rule` is why it is taken for an image,
    `certainty` how sure that is. Where the image is only a part of the scalar's value, `within` says which part. Where
    it is split over several scalars, `parts` has all of them, the repository first; `image` and `raw` are as composed.
    One that is `composed` of several texts has the place of one of them; amendments edit them all.
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
    certainty: Certainty = Certainty.CERTAIN
    within: Within | None = None
    composed: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def inner(self) -> str:
        """What follows the pointer on the way to an image that is a part of a scalar; empty for a whole one.

        Of a file of lines it is `=KEY`.
        """
        if self.within is None:
            return ""
        levels = self.within.levels
        if self.pointer is None and len(levels) == 1 and levels[0].reading == "properties":
            return f"={levels[0].pointer[1:]}" if self.within.number is None else self.within.inner
        return self.within.inner


def is_hidden(place: Place) -> bool:
    """Whether a place is no field of its own that is known to hold an image."""
    return place.within is not None or (place.rule is not None and place.rule.kind in (RuleKind.SHAPE, RuleKind.NAMED))


def is_artifact(place: Place) -> bool:
    """Whether a place names a chart or another artifact, and no image."""
    return place.rule is not None and place.rule.kind is RuleKind.ARTIFACT


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
