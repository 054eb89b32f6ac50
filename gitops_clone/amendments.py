"""Amendments: edits of a file besides whole references, made after those, and told in the lock file's `changes`.

Rooms that look above single files ask for them: charts and their values, overrides of Flux and Argo CD.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, Self

from gitops_clone.documents.amend import Amended, Amendment, TakeBack, amend, undo
from gitops_clone.documents.planned import Planned, TextChange, Unfit, plain
from gitops_clone.documents.source import decode
from gitops_clone.finding import Place, Skipped, Span
from gitops_clone.lockfile import Replaced, place_key
from gitops_clone.result import Change, FileChange

Available = Callable[[str], bool]
"""Whether the copy of an upstream is known to exist."""
Digest = Callable[[str], str | None]
"""The digest that the lock file has for an upstream."""


class Amender(Protocol):
    """A room's knowledge of a run, enough to plan its amendments once it is known which images are backed up."""

    def amendments(self, available: Available, digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        """The amendments by file. All files of one result must be changed, or none of those in one of its groups."""

    def coupled(self, available: Available, digest: Digest) -> Sequence[frozenset[str]]:
        """The groups of files that only make sense together."""

    def without(self, files: Collection[str]) -> Self:
        """The same knowledge, when these files cannot be changed."""


def amended(name: str, file: bytes | FileChange, amendments: Sequence[Amendment]) -> FileChange | Skipped:
    """A file, given as its bytes or with its other edits made, with the amendments made too."""
    data = file.after if isinstance(file, FileChange) else file
    try:
        done = amend(data, amendments)
    except Unfit as error:
        return Skipped(name, f"left alone, {error}", fatal=True)
    changes = tuple(_changes(name, done))
    if isinstance(file, FileChange):
        return FileChange(name, file.before, done.after, file.encoding, (*file.changes, *changes))
    return FileChange(name, data, done.after, decode(data).encoding, changes)


def recorded(known: Mapping[str, Replaced], files: Iterable[FileChange]) -> dict[str, Replaced]:
    """What the lock file is to say of amended places, given what it says already."""
    changes = dict(known)
    for file in files:
        for change in file.changes:
            if not change.amended:
                continue
            place = change.places[0]
            key = place_key(file.file, place.document, place.text_pointer or "")
            tell(changes, key, Replaced(change.before, change.after))
    return changes


def tell(changes: dict[str, Replaced], key: str, new: Replaced) -> None:
    """Add what was done at a place to what is told of it already; nothing is told of what stands as it did.

    Where the first text stands there again, a run was killed before it wrote the file: it is done anew, not added to.
    """
    old = changes.get(key)
    if old is not None and new.old not in ("", old.old) and old.new.endswith(new.old):
        new = Replaced(old.old, old.new.removesuffix(new.old) + new.new)
    changes[key] = new
    if new.old == new.new:
        del changes[key]


def restored(name: str, file: bytes | FileChange, known: Mapping[str, Replaced]) -> FileChange | Skipped | None:
    """A file without the amendments that the lock file has for it; None if none of them stands there."""
    prefix = f"{name}#"
    changes = [
        TextChange(place.removeprefix(prefix), change.old, change.new)
        for place, change in known.items()
        if place.startswith(prefix)
    ]
    data = file.after if isinstance(file, FileChange) else file
    try:
        done: Amended = undo(data, changes)
    except Unfit as error:
        return Skipped(name, str(error), fatal=True)
    if not done.done:
        return file if isinstance(file, FileChange) else None
    undone = tuple(_changes(name, done))
    if isinstance(file, FileChange):
        return FileChange(name, file.before, done.after, file.encoding, (*file.changes, *undone))
    return FileChange(name, data, done.after, decode(data).encoding, undone)


def _changes(name: str, done: Amended) -> Iterator[Change]:
    """What was done; of the parts that compose one image, side by side, the first one counts."""
    counted: set[tuple[str, str, str, int]] = set()
    for plan, asked in done.done:
        change = _change(name, plan, asked)
        place = change.places[0]
        beside = (change.upstream, change.becomes, (place.text_pointer or "").rpartition("/")[0], place.document)
        yield replace(change, further=bool(change.becomes) and beside in counted)
        counted.add(beside)


def _change(name: str, plan: Planned, asked: Amendment | TextChange) -> Change:
    where = asked.place if isinstance(asked, TakeBack) else plan.change.pointer
    pointer = where.lstrip("0123456789")
    number = where.removesuffix(pointer)
    outer = None if pointer.startswith("=") else pointer.partition("#")[0]
    old = plan.change.old
    place = Place(
        name, int(number), outer, pointer, plan.line, 1, old.strip("\"' \n"), old, Span(0, 0), editable=False
    )  # fmt: skip
    operations = tuple({**each, "path": "/" + each["path"].split("/", 2)[2]} for each in plain(plan.operations))
    upstream, becomes = ("", "") if isinstance(asked, TextChange) else (asked.upstream, asked.becomes)
    shown = upstream or old.strip("\"' \n") or pointer
    return Change((place,), shown, old, plan.change.new, operations, becomes, amended=True)
