"""The lock file, read: which upstream is backed up where, under which digest, and how it was spelled before.

YAML for people and for git's union merge: one line an image, in which key and value are JSON, so that `json` reads it.
It arrives in pull requests of strangers: everything in it is checked, and no message repeats its content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gitops_clone.errors import UsageError
from gitops_clone.image import is_normalised, parse

LOCK_NAME = ".gitops-clone.lock"
VERSION = "1"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.:/_-]*[A-Za-z0-9]")  # the same text to every YAML parser, unquoted

_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_HEADER = re.compile(r"(version|backup-registry|images|changes):(?:[ \t]+(.*))?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DECODE = json.JSONDecoder().raw_decode
# What a change may bring back: nothing, a part of an image, or one key of an image entry, with a value without white
# space. A part may be empty in quotes, and have a scheme, the `=` of Argo CD's overrides, or variables.
_UNDO = re.compile(
    r"""|(?!\{)[\w./:@+=$(){}-]+|"[\w./:@+=$(){}-]*"|'[\w./:@+=$(){}-]*'
    |(?:["']?)(?:name|newName|newTag|digest)(?:["']?)[ \t]*:[ \t]+["']?[\w./:@{}-]+["']?""",
    re.VERBOSE,
)
_FIELDS = {"backup", "digest", "written"}
_REMEDY = "delete the line, and the next run writes it anew"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text that was replaced, raw. Without places it is the default, that of every place no other spelling lists."""

    text: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One image: its backup (`host/repository:tag`), the digest that was copied (None after `--no-mirror`)."""

    backup: str
    digest: str | None
    written: tuple[Spelling, ...] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text of an image entry, of chart values, or of an override that was replaced (empty where it was added)."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock file's content; `images` has normalised upstream texts as keys.

    `changes` has, by place, what no spelling can undo: the text that stood there, and the text that stands there now.
    """

    backup_registry: str
    images: Mapping[str, Entry]
    changes: Mapping[str, Replaced] = field(default_factory=dict)


class _Broken(ValueError):
    """What is wrong with the line at hand, and the remedy."""


def place_key(file: str, document: int, pointer: str) -> str:
    """How `written` names a place: `FILE#DOCUMENT/POINTER`, the pointer as in RFC 6901."""
    return f"{file}#{document}{pointer}"


def read(path: Path) -> Lock | None:
    """Read the lock file; None where there is none.

    Takes what a union merge leaves: unsorted lines, repeated headers, duplicates that differ only in `written`.
    Raises `UsageError` naming file, line and remedy for everything else that `lock_writer.render` would not write.
    """
    if path.is_symlink():
        raise UsageError(f"{path.name}: a symbolic link; replace it by a regular file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name}: not UTF-8; restore it from git") from None
    except OSError as error:
        raise UsageError(f"{path.name}: cannot be read: {error.strerror}") from None
    return _Reader(path.name).read(text)


def join_spellings(first: tuple[Spelling, ...], second: tuple[Spelling, ...]) -> tuple[Spelling, ...]:
    """All spellings, each text once: the default is that of `first`, a place is where `second` has it."""
    both = first + second
    everywhere = dict.fromkeys(spelling.text for spelling in both if not spelling.places)
    owner = {place: spelling.text for spelling in both for place in spelling.places}
    places: dict[str, list[str]] = {spelling.text: [] for spelling in both}
    for place in sorted(owner):
        places[owner[place]].append(place)
    others = (Spelling(text, tuple(listed)) for text, listed in places.items() if listed or text in everywhere)
    default = next(iter(everywhere), None)
    if default is None:
        return tuple(others)
    return (Spelling(default), *(spelling for spelling in others if spelling.text != default))


class _Reader:
    """Reads line by line, and keeps what later lines are compared with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.headers: dict[str, str] = {}
        self.images: dict[str, Entry] = {}
        self.lines: dict[str, int] = {}
        self.changes: dict[str, Replaced] = {}

    def read(self, text: str) -> Lock:
        number = 0
        try:
            for number, line in enumerate(text.split("\n"), 1):
                self._take(line.rstrip(), number)
        except _Broken as error:
            raise UsageError(f"{self.name}:{number}: {error}") from None
        missing = [key for key in ("version", "backup-registry") if key not in self.headers]
        if missing:
            raise UsageError(f"{self.name}:1: no `{missing[0]}` line; restore the file from git")
        registry = self.headers["backup-registry"]
        home = f"{registry}/"
        for upstream, entry in self.images.items():
            if not entry.backup.startswith(home):
                line_number = self.lines[upstream]
                raise UsageError(f"{self.name}:{line_number}: the backup is not on the backup-registry; {_REMEDY}")
        return Lock(registry, self.images, self.changes)

    def _take(self, line: str, number: int) -> None:
        if line.startswith(" "):
            if not (content := line.lstrip()).startswith("#"):
                self._take_item(content, number)
        elif line.startswith(_CONFLICT):
            raise _Broken("an unresolved merge conflict; keep the lines of both sides and delete the markers")
        elif line and not line.startswith("#") and line != "---":
            self._take_header(line)

    def _take_item(self, content: str, number: int) -> None:
        # A union merge may mix the lines of both lists: a line tells by itself which one it belongs to.
        key, fields = _pair(content)
        if isinstance(key, str) and isinstance(fields, dict) and fields.keys() == {"old", "new"}:
            self._take_change(key, fields["old"], fields["new"])
        else:
            self._take_image(*_image(key, fields), number)

    def _take_change(self, place: str, old: object, new: object) -> None:
        if not isinstance(old, str) or not isinstance(new, str) or not _UNDO.fullmatch(old) or "#" not in place:
            raise _Broken(f"a change has the old and the new text of an image entry; {_REMEDY}")
        if self.changes.setdefault(place, Replaced(old, new)) != Replaced(old, new):
            raise _Broken("another change of the same place stands above; delete one of them")

    def _take_image(self, upstream: str, entry: Entry, number: int) -> None:
        if old := self.images.get(upstream):
            if (old.backup, old.digest) != (entry.backup, entry.digest):
                raise _Broken(f"another backup or digest than on line {self.lines[upstream]}; delete one of them")
            entry = replace(entry, written=join_spellings(old.written, entry.written))
        self.images[upstream] = entry
        self.lines.setdefault(upstream, number)

    def _take_header(self, line: str) -> None:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise _Broken("neither version, backup-registry nor images; delete the line, or upgrade gitops-clone")
        key, text = match[1], match[2] or ""
        value = text if PLAIN.fullmatch(text) or text in ("", VERSION) else str(_yaml(text) or "")
        if key == "version" and value != VERSION:
            raise _Broken("a version that this gitops-clone does not know; upgrade gitops-clone")
        if key == "images" and value:  # `{}` has become nothing
            raise _Broken("the images must follow, each on a line of its own; restore the file from git")
        if key == "backup-registry" and not _is_backup_registry(value):
            raise _Broken("not a registry (host[:port][/path]); restore the file from git")
        if key != "images" and self.headers.setdefault(key, value) != value:
            raise _Broken(f"a second {key}, other than the first; delete one, and the images that belong to it")


def _image(upstream: object, fields: object) -> tuple[str, Entry]:
    """One image line: its key and its value."""
    if not isinstance(fields, dict) or not fields.keys() <= _FIELDS or not {"backup", "digest"} <= fields.keys():
        raise _Broken(f"an image has backup, digest and written, nothing else; {_REMEDY}")
    if not isinstance(upstream, str) or not is_normalised(upstream):
        raise _Broken(f"the key is no normalised image reference; {_REMEDY}")
    backup, digest = fields["backup"], fields["digest"]
    if not isinstance(backup, str) or not is_normalised(backup) or "@" in backup:
        raise _Broken(f"the backup is no image reference with a tag; {_REMEDY}")
    if digest is not None and not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        raise _Broken(f"the digest is not sha256: and 64 hexadecimal digits; {_REMEDY}")
    return upstream, Entry(backup, digest, _spellings(fields.get("written", [])))


def _pair(content: str) -> tuple[object, object]:
    try:
        upstream, end = _DECODE(content)
        fields, length = _DECODE(content, end + 2)
        if content[end : end + 2] == ": " and length == len(content):
            return upstream, fields
    except (ValueError, RecursionError):
        pass  # no JSON, but it may be YAML
    pair = _yaml(content)
    if not isinstance(pair, dict) or len(pair) != 1:
        raise _Broken(f"not one image, `UPSTREAM: {{backup: …, digest: …, written: […]}}`; {_REMEDY}")
    return next(iter(pair.items()))


def _spellings(written: object) -> tuple[Spelling, ...]:
    if not isinstance(written, list):
        raise _Broken(f"`written` is not a list; {_REMEDY}")
    spellings = []
    for item in written:
        if isinstance(item, str):
            spellings.append(Spelling(item))
        elif isinstance(item, dict) and all(map(_is_placed, item.keys(), item.values())):
            spellings += [Spelling(text, tuple(places)) for text, places in item.items()]
        else:
            raise _Broken(f"a spelling is a text, or a text with a list of its places; {_REMEDY}")
    return tuple(spellings)


def _is_placed(text: object, places: object) -> bool:
    return isinstance(text, str) and isinstance(places, list) and {str}.issuperset(map(type, places))


def _is_backup_registry(text: str) -> bool:
    return is_normalised(f"{text}/x:y") and parse(f"{text}/x:y").name == f"{text}/x"


def _yaml(text: str) -> object:
    """What one line says that is YAML but not JSON: somebody edited it, or a formatter did. All scalars are texts."""
    from gitops_clone.documents.plain import NotPlain, NotYaml, plain

    try:
        return plain(text)
    except NotYaml as error:
        raise _Broken(f"neither JSON nor YAML; {_REMEDY}") from error
    except NotPlain as error:
        raise _Broken(f"{error}; {_REMEDY}") from error
