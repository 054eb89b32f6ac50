"""What stands on a line inside a text that is YAML, JSON or lines of `key=value` itself. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from gitops_clone.documents.embedded import Uneven, embedded
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer
from gitops_clone.documents.standing import Path, scalars
from gitops_clone.finders.path import Reading
from gitops_clone.finders.whereabouts import locate

_PROPERTY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(.*)")
_PROPERTIES = re.compile(r"\s*(?:(?:[A-Za-z_][\w.-]*[ \t]*=[^\n]*|#[^\n]*|[ \t]*)(?:\n|\Z))+\Z")


class Inner(NamedTuple):
    """A value in a text: how the text is read, the path in it, the value; whether the text is a Kubernetes object.

    `pointer` is `#DOCUMENT/POINTER`, as findings have it.
    """

    reading: Reading
    root: Node | None
    path: Path
    value: str
    pointer: str
    is_object: bool = False


def look(text: str, scalar: Scalar, start: int) -> Inner | None:
    """What stands in a scalar at or after an offset of the file's text, on its line; None where that is not told."""
    try:
        marks = embedded(text, scalar)
    except Uneven:
        return None
    number = bisect_left([span.start for span in marks.marks], start)
    if number == len(marks.places):
        return None
    offset = marks.places[number]
    line = _line(scalar.value, offset)
    if _PROPERTIES.match(scalar.value) and (match := _PROPERTY.match(line.strip())):
        return Inner(Reading.PROPERTIES, None, (match[1],), match[2].strip(), f"#0{pointer((match[1],))}")
    return at(scalar.value, offset, offset + len(line.lstrip()))


def at(value: str, start: int, end: int) -> Inner | None:
    """The value that stands between two offsets of a text that is YAML or JSON."""
    try:
        roots = parse(value)
    except Unparsable:
        return None
    for number, root in enumerate(roots):
        for each in scalars(root) if root is not None and not isinstance(root, Scalar) else ():
            if not each.is_key and each.scalar.start < end and each.scalar.end > start:
                reading = Reading.JSON if value.lstrip()[:1] in ("{", "[") else Reading.YAML
                is_object = root is not None and bool(locate(root, each.path).kind)
                return Inner(reading, root, each.path, each.scalar.value, f"#{number}{pointer(each.path)}", is_object)
    return None


def _line(value: str, offset: int) -> str:
    start, end = value.rfind("\n", 0, offset) + 1, value.find("\n", offset)
    return value[start : len(value) if end < 0 else end]
