"""Edits of files of lines `key=value`: a place is `DOCUMENT=KEY`. They are spliced, and proved by reading again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.planned import Planned, TextChange, Unfit
from gitops_clone.documents.proof import Unproved, pointer, prove_trees
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.texts import Format, read
from gitops_clone.finding import Span


class Line(NamedTuple):
    """The value of the line at a place, before and after."""

    place: str
    old: str
    new: str


def is_line(place: str) -> bool:
    """Whether a place is one in a file of lines."""
    return place.lstrip("0123456789").startswith("=")


def edit(data: bytes, lines: Sequence[Line], *, strict: bool) -> tuple[bytes, list[Planned]]:
    """A file's bytes with other values on some lines, and what was done, in the order of `lines`.

    A line that has another value than the old one is passed over, or with `strict` refused. Raises `Unfit`.
    """
    try:
        source = decode(data)
        check(source)
    except Undecodable as error:
        raise Unfit(str(error)) from None
    text = source.utf8.decode()
    (root,) = read(text, Format.PROPERTIES)
    assert isinstance(root, Mapping)
    planned: list[Planned] = []
    replaced: dict[tuple[int, str], str] = {}
    for line in lines:
        key = line.place.partition("=")[2]
        found = [value for name, value in root.pairs if isinstance(name, Scalar) and name.value == key]
        scalar = found[0] if len(found) == 1 and isinstance(found[0], Scalar) else None
        if scalar is None or scalar.value != line.old:
            if strict:
                raise Unfit(f"{key} has changed meanwhile, or stands there twice: run again")
            continue
        number = text.count("\n", 0, scalar.start) + 1
        change = TextChange(line.place, line.old, line.new)
        planned.append(Planned(Edit(Span(scalar.start, scalar.end), line.new), change, (), number))
        replaced[0, pointer((key,))] = line.new
    after = splice(text, [plan.edit for plan in planned])
    try:
        prove_trees([root], read(after, Format.PROPERTIES), replaced)
    except Unproved as error:
        raise Unfit(str(error)) from None
    if source.encode(source.utf8) != data:
        raise Unfit(f"its {source.encoding} text has no exact way back to bytes")
    return source.encode(after.encode()), planned
