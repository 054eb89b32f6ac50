"""The catalogue: which kinds hold images in which fields, as data (catalogue.json, catalogue.schema.json). Pure.

docs/catalogue.md tells what a row is and how to add one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

_DATA = Path(__file__).with_name("catalogue.json")


class Form(StrEnum):
    """What stands at the place of a row."""

    REFERENCE = "reference"
    """A whole image reference."""
    PODSPEC = "podspec"
    """A mapping like a PodSpec: containers, initContainers, ephemeralContainers, volumes[].image.reference."""
    PARAMETER = "parameter"
    """The value of the parameter that the key `name` beside it names: an image only if some image field of the same
    object is exactly `$(params.NAME)`, `{{inputs.parameters.NAME}}` or `{{workflow.parameters.NAME}}`."""
    REFERENCE_OR_TAG = "reference-or-tag"
    """A whole image reference if it holds a slash, else a tag or version."""
    LIST = "list"
    """Objects. One without a kind of its own has the list's, without its closing `List`."""
    NOT_IMAGE = "not-image"
    """Left alone with all that is below it, whatever other rows and the general rule say."""


@dataclass(frozen=True, slots=True)
class Key:
    """The value of one key of a mapping."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyKey:
    """The value of every key of a mapping."""


@dataclass(frozen=True, slots=True)
class Each:
    """Every item of a list."""


@dataclass(frozen=True, slots=True)
class Named:
    """The items of a list whose key `name` has this value."""

    name: str


Step = Key | AnyKey | Each | Named


@dataclass(frozen=True, slots=True)
class Row:
    """One place of one kind.

    `when` maps keys beside the last key of the path to globs that their values must match for the row to count.
    `note` is the reason that users read where the form is `not-image`. `example` is an image that could stand there.
    """

    group: str
    kind: str
    path: tuple[Step, ...]
    form: Form
    when: Mapping[str, str] = field(hash=False)
    note: str | None
    example: str


class _RawRow(TypedDict):
    group: str
    kind: str
    path: str
    form: str
    example: str
    when: NotRequired[dict[str, str]]
    note: NotRequired[str]


def rows_for(group: str, kind: str) -> tuple[Row, ...]:
    """The rows of a kind in an API group (without version, "" for core), then those of the kind in any group."""
    return _rows(group, kind) + _rows("*", kind)


def _rows(group: str, kind: str) -> tuple[Row, ...]:
    # Manifests can name any number of kinds: only those of the catalogue are remembered.
    return _parsed(group, kind) if (group, kind) in _index() else ()


@cache
def _parsed(group: str, kind: str) -> tuple[Row, ...]:
    return tuple(
        Row(
            group=group,
            kind=kind,
            path=parse_path(raw["path"]),
            form=Form(raw["form"]),
            when=raw.get("when", {}),
            note=raw.get("note"),
            example=raw["example"],
        )
        for raw in _index()[group, kind]
    )


@cache
def _index() -> dict[tuple[str, str], list[_RawRow]]:
    rows: list[_RawRow] = json.loads(_DATA.read_bytes())
    index: dict[tuple[str, str], list[_RawRow]] = {}
    for raw in rows:
        index.setdefault((raw["group"], raw["kind"]), []).append(raw)
    return index


@dataclass(frozen=True, slots=True)
class CandidatePattern:
    """Searches bytes as one pattern would. It is several because each begins with a literal, which `re` finds five
    times faster than their alternation."""

    patterns: tuple[re.Pattern[bytes], ...]

    def search(self, data: bytes) -> re.Match[bytes] | None:
        """The first match of any pattern, in time linear in the data."""
        for pattern in self.patterns:
            if match := pattern.search(data):
                return match
        return None


# A key that contains `image` (all spellings in use: image, dockerImage, images, initImageURL, `(image)`), and a value
# that may be an image: not empty, not `{}`, and not a mapping in block style, whose keys speak for themselves; but the
# mapping of an image volume counts. Possessive quantifiers, bounded where starts can overlap, keep it linear.
_IMAGE_KEY = re.compile(
    rb"""mage (?<=[iI]mage) (?!Pull(?:Policy|Secret)) [\w./-]{0,60}+ ["')]{0,2}+ \s*+ : [ \t]*+
    (?: [^\s{] | \{ \s*+ [^}\s]
      | [\r\n] \s*+ (?! (?:-[ \t]++)*+ (?!reference|pullPolicy) ["'(]?+ [\w./$-]++ ["')]*+ [ \t]*+ : \s ) \S )""",
    re.VERBOSE,
)
# The rows that the pattern above finds, by the end of their path.
_IMAGE_PATH = re.compile(r"""[iI]mage[^][.<>]*(?:"\])?(?:\[\])*(?:\.reference)?\Z""")


@cache
def candidate_pattern() -> CandidatePattern:
    """Tells whether a document's bytes can hold an image, by the general rule or by a row. Expects UTF-8.

    A match means that parsing may be worth it; no match means that there is no image: either a key that contains
    `image` has a value, or the kind is one whose rows end in keys like `package` or `version`.
    """
    kinds = "|".join(sorted({raw["kind"] for rows in _index().values() for raw in rows if _needs_kind(raw)}))
    kind = rf"""kind["']?+[ \t]*+:\s*+(?:[&!]\S{{0,99}}+\s++){{0,2}}+["']?+(?:{kinds})(?:List)?+(?![\w-])"""
    return CandidatePattern((_IMAGE_KEY, re.compile(kind.encode())))


def _needs_kind(raw: _RawRow) -> bool:
    """Whether the key pattern does not see the row, so that the kind must tell."""
    return raw["form"] in (Form.REFERENCE, Form.REFERENCE_OR_TAG) and not _IMAGE_PATH.search(raw["path"])


_STEP = re.compile(
    r"""\["(?P<quoted>[^"]+)"\] | \[name=(?P<named>[^]]+)\] | (?P<each>\[\])
      | (?:\A|(?<=.)\.)(?:(?P<any><key>) | (?P<key>[^]["<>.\s]+))""",
    re.VERBOSE,
)


def parse_path(text: str) -> tuple[Step, ...]:
    """Parse a path of the catalogue: keys joined by dots, `[]`, `[name=x]`, `<key>`, `["dotted.key"]`.

    Raises `ValueError` with the place where it is not one.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f'path {text!r}, character {position + 1}: expected .key, [], [name=x], <key> or ["key"]')
        steps.append(_step(match))
        position = match.end()
    if not steps:
        raise ValueError("a path needs at least one key")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if name := match["quoted"] or match["key"]:
        return Key(name)
    if match["named"]:
        return Named(match["named"])
    return Each() if match["each"] else AnyKey()


def format_path(path: Iterable[Step]) -> str:
    """The text of a path, as `parse_path` reads it."""
    text = ""
    for step in path:
        match step:
            case Key(name) if re.fullmatch(r'[^]["<>.\s]+', name):
                text += f".{name}"
            case Key(name):
                text += f'["{name}"]'
            case Named(name):
                text += f"[name={name}]"
            case Each():
                text += "[]"
            case AnyKey():
                text += ".<key>"
    return text.removeprefix(".")
