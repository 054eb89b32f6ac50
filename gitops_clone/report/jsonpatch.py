"""RFC 6902 patches, one for each changed document: for the object with aliases and merge keys expanded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.report.json import dump

if TYPE_CHECKING:
    from gitops_clone.finding import Place
    from gitops_clone.result import Change, FileChange, Piece, Result


def render(result: Result) -> str:
    """`[{"file", "document", "patch": [...]}]`, ASCII, one document a line.

    Each `replace` is guarded by a `test`. Places in text that is no object (Go templates, `.env`) have no pointer, so
    they are not in it.
    """
    entries = [dump(entry) for file in result.files for entry in _documents(file)]
    return "[\n" + ",\n".join(entries) + "\n]\n" if entries else "[]\n"


def _documents(file: FileChange) -> Iterator[dict[str, Any]]:
    patches: dict[int, list[dict[str, Any]]] = {}
    for change in file.changes:
        if change.operations:  # an amended place may have none of its own: another one's has the whole scalar
            patches.setdefault(change.places[0].document, []).extend(change.operations)
    for (document, pointer), (before, after) in _values(file).items():
        patch = patches.setdefault(document, [])
        patch.append({"op": "test", "path": pointer, "value": before})
        patch.append({"op": "replace", "path": pointer, "value": after})
    for document, patch in patches.items():
        yield {"file": file.file, "document": document, "patch": patch}


def _values(file: FileChange) -> dict[tuple[int, str], tuple[str, str]]:
    """Each changed scalar's value before and after, by document and pointer, in the order of the text."""
    values: dict[tuple[int, str], tuple[str, str]] = {}
    # A set: aliases in the text of a scalar share one edit.
    parts: dict[tuple[int, str], set[Edit]] = {}
    for piece in _in_order(file):
        if piece.pointer is None:
            continue
        where = piece.document, piece.pointer
        if piece.within is None:
            # The text of a block scalar is edited without the line break that ends its value.
            value = piece.value.replace(piece.raw, piece.after) if piece.raw in piece.value else piece.after
            values[where] = piece.value, value
        else:
            parts.setdefault(where, set()).add(Edit(piece.within.span, piece.after))
            values[where] = piece.within.value, splice(piece.within.value, parts[where])
    return values


def _in_order(file: FileChange) -> list[Piece]:
    changes = (change for change in file.changes if not change.operations)
    found = ((place, piece) for change in changes for place, piece in _placed(change))
    ordered = sorted(found, key=lambda item: (item[0].document, item[0].line, item[0].column))
    return [piece for _, piece in ordered]


def _placed(change: Change) -> Iterator[tuple[Place, Piece]]:
    """The pieces of a change, each with its place."""
    places = change.places if not change.parts else (change.places[0],) * len(change.parts)
    return zip(places, change.pieces(), strict=True)
