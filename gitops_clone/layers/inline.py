"""Edits of images in patches that stand in a kustomization file as text."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.planned import Planned, TextChange, Unfit
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import text_span
from gitops_clone.finding import Span


def inlined(text: str, root: Node, changes: Sequence[TextChange]) -> list[Planned]:
    """The edits of images in patches that stand in literal block scalars, of those that are there as `old` has it.

    Raises `Unfit`.
    """
    by_patch: dict[str, list[tuple[Span, TextChange]]] = {}
    for change in changes:
        pointer, _, inner = change.pointer.partition("#")
        number, slash, path = inner.partition("/")
        scalar = at(root, pointer)[1]
        if not isinstance(scalar, Scalar) or scalar.style != "|" or not number.isdigit():
            continue
        span = _span_within(scalar.value, int(number), slash + path)
        if span is not None and scalar.value[span.start : span.end] == change.old:
            by_patch.setdefault(pointer, []).append((span, change))
    planned = []
    for pointer, found in by_patch.items():
        scalar = at(root, pointer)[1]
        assert isinstance(scalar, Scalar)
        value = scalar.value
        for span, change in sorted(found, key=lambda item: item[0], reverse=True):
            value = value[: span.start] + change.new + value[span.end :]
            start = _outer(text, scalar, span.start)
            if not text.startswith(change.old, start):
                raise Unfit(f"{pointer} is not indented evenly")
            edit = Edit(Span(start, start + len(change.old)), change.new)
            line = text.count("\n", 0, start) + 1
            planned.append(Planned(edit, change, (), line))
        operation = {"op": "replace", "path": f"{pointer}/value", "value": value}
        planned[-1] = Planned(planned[-1].edit, planned[-1].change, (operation,), planned[-1].line)
    return planned


def _span_within(value: str, document: int, pointer: str) -> Span | None:
    """Where in the text of a patch the scalar at a pointer stands."""
    try:
        roots = parse(value)
    except Unparsable:
        return None
    root = roots[document] if document < len(roots) else None
    scalar = at(root, pointer)[1] if root is not None else None
    return text_span(value, scalar) if isinstance(scalar, Scalar) else None


def _outer(text: str, scalar: Scalar, offset: int) -> int:
    """The offset in the file of one in a literal block's value: the lines correspond, but for their indentation."""
    line = scalar.value.count("\n", 0, offset)
    start = scalar.value.rfind("\n", 0, offset) + 1
    end = scalar.value.find("\n", offset)
    inner = scalar.value[start : end if end >= 0 else len(scalar.value)]
    position = text.index("\n", scalar.start) + 1
    for _ in range(line):
        position = text.index("\n", position) + 1
    stop = text.find("\n", position)
    outer = text[position : stop if stop >= 0 else len(text)].removesuffix("\r")
    if not outer.endswith(inner):
        raise Unfit("a patch is not indented evenly")
    return position + len(outer) - len(inner) + offset - start
