"""One file's findings and their new texts to the file's new bytes: splice, then prove. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.inside import prove_inside
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.documents.scalar import value_of
from gitops_clone.documents.source import decode
from gitops_clone.documents.split import Chunk, split
from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.parts import spread
from gitops_clone.result import Change, FileChange, Piece


@dataclass(frozen=True, slots=True)
class NewText:
    """What is to stand at a finding's place, as raw text within its quotes, and the upstream it belongs to."""

    raw: str
    upstream: str


def change_file(
    file: str, data: bytes, findings: Iterable[Finding], new_text: Callable[[Finding], NewText | None]
) -> FileChange | Skipped | None:
    """The file with its findings' new texts; None if there is nothing to change, `Skipped` if the proof fails."""
    changes: dict[int, list[Change]] = {}
    for change in _changes(findings, new_text):
        changes.setdefault(change.places[0].chunk, []).append(change)
    if not changes:
        return None
    source = decode(data)
    try:
        if _is_text(next(iter(changes.values()))[0].places[0]):
            new = _change_text(change for each in changes.values() for change in each)
        else:
            new = source.utf8[: split(source.utf8)[0].start]
            new += b"".join(_change_chunk(chunk, changes.get(chunk.start, [])) for chunk in split(source.utf8))
    except Unproved as error:
        return Skipped(file, f"left alone, {error}", fatal=True)
    after = source.encode(new)
    if source.encode(source.utf8) != data:
        return Skipped(file, f"left alone, its {source.encoding} text has no exact way back to bytes", fatal=True)
    return FileChange(file, data, after, source.encoding, tuple(change for each in changes.values() for change in each))


def _changes(findings: Iterable[Finding], new_text: Callable[[Finding], NewText | None]) -> list[Change]:
    """One change for each text; aliases share one."""
    shared: dict[tuple[int, int], Change] = {}
    for finding in findings:
        place = finding.place
        new = new_text(finding)
        if new is None or new.raw == place.raw:
            continue
        parts = spread(new.raw, place.parts) if place.parts else ()
        if place.parts and not parts:
            continue  # nothing but its tag or digest would change, which stay
        key = (place.chunk, place.span.start)
        places = (*shared[key].places, place) if key in shared else (place,)
        shared[key] = Change(places, new.upstream, place.raw, new.raw, parts=tuple(parts or ()))
    return list(shared.values())


def _is_text(place: Place) -> bool:
    """Whether a place is in a file that is no manifest: then all of its text is one scalar."""
    return place.pointer is None and place.within is not None


def _change_text(changes: Iterable[Change]) -> bytes:
    return new_value([next(change.pieces()) for change in changes]).encode()


def _change_chunk(chunk: Chunk, changes: list[Change]) -> bytes:
    if not changes:
        return chunk.data
    before = chunk.data.decode()
    pieces = [next(change.pieces()) for change in changes if not change.parts]
    pieces += {piece.span: piece for change in changes if change.parts for piece in change.pieces()}.values()
    after = splice(before, [Edit(piece.span, piece.after) for piece in pieces])
    if changes[0].places[0].text_pointer is None:
        _prove_template(before, after, {piece.span.start: piece.after for piece in pieces})
    else:
        prove(before, after, _new_values(chunk.document, pieces))
    return after.encode()


def _prove_template(before: str, after: str, replaced: Mapping[int, str]) -> None:
    """Raise `Unproved` unless the images of a template are found again, those at some offsets replaced."""
    from gitops_clone.finders import templates

    expected = [replaced.get(spot.start, spot.image) for spot in templates.find(before)]
    if expected != [spot.image for spot in templates.find(after)]:
        raise Unproved("the new text of the template would not mean what was planned")


def _new_values(first: int, pieces: Iterable[Piece]) -> dict[tuple[int, str], str]:
    """The value that each changed scalar gets, by its place: the number of the document in the chunk, the pointer.

    Where a text within a scalar changes, it is proved there too. Raises `Unproved`.
    """
    values: dict[tuple[int, str], str] = {}
    inside: dict[tuple[int, str], list[Piece]] = {}
    for piece in pieces:
        where = (piece.document - first, piece.text_pointer)
        if piece.within is None:
            values[where] = value_of(piece.after)
        else:
            inside.setdefault(where, []).append(piece)
    return values | {where: new_value(parts) for where, parts in inside.items()}


def new_value(pieces: Sequence[Piece]) -> str:
    """The value of a scalar with parts of it changed, given all pieces of it. Raises `Unproved`."""
    parts = [(piece.within, piece.after) for piece in pieces if piece.within is not None]
    value = parts[0][0].value
    after = splice(value, [Edit(within.span, new) for within, new in parts])
    prove_inside(value, after, [(within.levels, within.inmost, new) for within, new in parts])
    return after
