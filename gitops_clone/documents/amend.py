"""Edits at places of a file's YAML documents: a scalar's value replaced, a key or an item added; and the way back.

A place is `DOCUMENT/POINTER` (RFC 6901); in YAML that is itself the text of a scalar, `#DOCUMENT/POINTER` comes behind
it. As everywhere, edits are spliced into the text, and proved, at each level. What is added follows the style there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from typing import Any

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.embedded import Uneven, embedded
from gitops_clone.documents.filling import FILLED, emptying, filling, is_empty
from gitops_clone.documents.insertion import insertion, removal
from gitops_clone.documents.lines import Line, edit, is_line
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.planned import Planned, TextChange, Tree, Unfit
from gitops_clone.documents.pointer import at
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.documents.renaming import renamed_back, renaming
from gitops_clone.documents.scalar import raw_span, styled
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split


@dataclass(frozen=True, slots=True)
class Replace:
    """The scalar at a place, whose value is `old`, gets the value `new`.

    `upstream` is the image that this is for, `becomes` the reference that it has then.
    """

    place: str
    old: str
    new: str
    upstream: str = ""
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class Insert:
    """A key that is not there yet, or the next item of a list: `place` is where the value will stand.

    The mapping or list must have something in it already. `upstream` and `becomes` as above.
    """

    place: str
    value: Tree
    upstream: str = ""
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """The key whose value stands at a place, and is `old`, becomes `key` with the value `new`, on the same line."""

    place: str
    key: str
    old: str
    new: str
    upstream: str = ""
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What an earlier amendment put at a place (`new`, where `old` stood) is taken back; see `undo`."""

    place: str
    old: str
    new: str
    upstream: str = ""
    becomes: str = ""


Amendment = Replace | Insert | Rename | TakeBack


@dataclass(frozen=True, slots=True)
class Amended:
    """The new bytes, and what was done at which place, each with the amendment or change that asked for it."""

    after: bytes
    done: tuple[tuple[Planned, Amendment | TextChange], ...]


def amend(data: bytes, amendments: Sequence[Amendment]) -> Amended:
    """A file's bytes with all amendments made. Raises `Unfit` where one does not fit, or the proof fails."""
    if any(is_line(each.place) for each in amendments):
        if not all(isinstance(each, Replace) for each in amendments):
            raise Unfit("lines can only get other values")
        lines = [Line(each.place, each.old, each.new) for each in amendments if isinstance(each, Replace)]
        after, planned = edit(data, lines, strict=True)
        return Amended(after, tuple(zip(planned, amendments, strict=True)))
    return _in_chunks(data, [(each.place, each) for each in amendments], _amended)


def undo(data: bytes, changes: Sequence[TextChange]) -> Amended:
    """A file's bytes without those of the changes that still stand there; `pointer` of each is a place.

    Raises `Unfit` where the file cannot be read, or the proof fails.
    """
    if any(is_line(each.pointer) for each in changes):
        after, planned = edit(data, [Line(each.pointer, each.new, each.old) for each in changes], strict=False)
        return Amended(after, tuple((plan, plan.change) for plan in planned))
    return _in_chunks(data, [(each.pointer, each) for each in changes], _undone)


_Step = Callable[[str, Node, str, Any], Planned | None]
_Done = tuple[Planned, Amendment | TextChange]


def _in_chunks(data: bytes, wanted: Sequence[tuple[str, Any]], step: _Step) -> Amended:
    """Plan each edit within its document's chunk of the file, splice and prove there."""
    try:
        source = decode(data)
        check(source)
    except Undecodable as error:
        raise Unfit(str(error)) from None
    chunks = split(source.utf8)
    by_chunk: dict[int, list[tuple[str, Any]]] = {}
    for place, each in wanted:
        number, pointer = _document(place)
        here = max(index for index, chunk in enumerate(chunks) if chunk.document <= number)
        by_chunk.setdefault(here, []).append((f"{number - chunks[here].document}{pointer}", each))
    pieces = [chunk.data for chunk in chunks]
    done: list[_Done] = []
    lines = source.utf8[: chunks[0].start].count(b"\n")
    for index, chunk in enumerate(chunks):
        if index in by_chunk:
            text, planned = _in_text(chunk.data.decode(), by_chunk[index], step)
            pieces[index] = text.encode()
            done += ((_shifted(plan, chunk.document, lines), each) for plan, each in planned)
        lines += chunk.data.count(b"\n")
    if source.encode(source.utf8) != data:
        raise Unfit(f"its {source.encoding} text has no exact way back to bytes")
    return Amended(source.encode(source.utf8[: chunks[0].start] + b"".join(pieces)), tuple(done))


def _in_text(text: str, wanted: Sequence[tuple[str, Any]], step: _Step) -> tuple[str, list[_Done]]:
    """The text of a stream with the edits made and proved, and what was done there."""
    try:
        roots = parse(text)
    except Unparsable as error:
        raise Unfit(str(error)) from None
    planned: list[_Done] = []
    within: dict[str, list[tuple[str, Any]]] = {}
    for place, each in wanted:
        outer, mark, inner = place.partition("#")
        number, pointer = _document(outer)
        root = roots[number] if number < len(roots) else None
        if root is None:
            raise Unfit(f"{place}: there is no such document")
        if mark:
            within.setdefault(outer, []).append((inner, each))
        elif (plan := step(text, root, pointer, each)) is not None:
            planned.append((_placed(plan, number), each))
    for outer, inside in within.items():
        number, pointer = _document(outer)
        planned += _in_scalar(text, roots[number], number, pointer, inside, step)
    # What is added at one point: first what is deeper, else it would stand behind the end of what it belongs to.
    planned.sort(key=lambda item: (item[0].edit.span, -item[0].change.pointer.count("/")))
    after = splice(text, _joined(planned))
    operations = [operation for plan, _ in planned for operation in plan.operations]
    try:
        prove(text, after, {}, _ordered(operations))
    except Unproved as error:
        raise Unfit(str(error)) from None
    return after, planned


def _in_scalar(
    text: str, root: Node | None, number: int, pointer: str, wanted: Sequence[tuple[str, Any]], step: _Step
) -> list[_Done]:
    """The edits inside the YAML that a scalar holds; the operation on the whole scalar goes with the last of them."""
    scalar = at(root, pointer)[1] if root is not None else None
    if not isinstance(scalar, Scalar):
        raise Unfit(f"{pointer}: no text stands there")
    value, inner = _in_text(scalar.value, wanted, step)
    result: list[_Done] = []
    try:
        known = embedded(text, scalar)
        for plan, each in inner:
            edit = known.edit_of(plan.edit)
            change = replace(plan.change, pointer=f"{number}{pointer}#{plan.change.pointer}")
            result.append((Planned(edit, change, (), text.count("\n", 0, edit.span.start) + 1), each))
    except Uneven as error:
        raise Unfit(f"{pointer}: {error}") from None
    if result:
        new = {"style": scalar.style, "tag": scalar.tag, "anchor": scalar.anchor, "value": value}
        operation = {"op": "replace", "path": f"/{number}{pointer}", "value": new, "old": scalar.value}
        last, each = result[-1]
        result[-1] = (replace(last, operations=(operation,)), each)
    return result


def _amended(text: str, root: Node, pointer: str, wanted: Amendment) -> Planned | None:
    if isinstance(wanted, Insert):
        return insertion(text, root, pointer, wanted.value)
    if isinstance(wanted, TakeBack):
        plan = _undone(text, root, pointer, TextChange(pointer, wanted.old, wanted.new))
        if plan is None:
            raise Unfit(f"{pointer} has changed meanwhile: run again")
        return plan
    node = at(root, pointer)[1]
    if not isinstance(node, Scalar) or node.value != wanted.old:
        raise Unfit(f"{pointer} has changed meanwhile: run again")
    if isinstance(wanted, Rename):
        return renaming(text, root, pointer, wanted.key, wanted.new)
    if is_empty(node):
        return filling(text, root, pointer, wanted.new)
    return _replaced(text, pointer, node, wanted.new, styled(wanted.new, node.style))


def _undone(text: str, root: Node, pointer: str, change: TextChange) -> Planned | None:
    """The edit that takes a change back; None where it does not stand there any more."""
    if not change.old:
        return removal(text, root, pointer, change)
    if change.old == FILLED:
        return emptying(text, root, replace(change, pointer=pointer))
    key, node = at(root, pointer)
    if key is not None and (renamed := renamed_back(text, root, replace(change, pointer=pointer))) is not None:
        return renamed
    span = raw_span(text, node) if isinstance(node, Scalar) else None
    if not isinstance(node, Scalar) or span is None or text[span.start : span.end] != change.new:
        return None
    old = parse(change.old)[0]
    if not isinstance(old, Scalar):
        raise Unfit(f"{pointer}: the lock file's change is no value")
    return _replaced(text, pointer, node, old.value, change.old)


def _replaced(text: str, pointer: str, node: Scalar, value: str, raw: str) -> Planned:
    """The edit that gives a scalar a value; `raw` is how it is written, quotes included."""
    span = raw_span(text, node)
    if span is None:
        raise Unfit(f"{pointer} is not in one piece")
    edit = Edit(span, raw)
    style = raw[0] if raw[:1] in ("'", '"') else node.style if node.style in ("|", ">") else ""
    scalar = {"style": style, "tag": node.tag, "anchor": node.anchor, "value": value}
    operation = {"op": "replace", "path": pointer, "value": scalar, "old": node.value}
    change = TextChange(pointer, text[span.start : span.end], raw)
    return Planned(edit, change, (operation,), text.count("\n", 0, span.start) + 1)


def _joined(planned: Sequence[_Done]) -> Iterator[Edit]:
    """The edits in the order of the text; what is added at one point becomes one edit, in the order it was planned."""
    edits: dict[tuple[int, int], Edit] = {}
    for plan, _ in planned:
        span = plan.edit.span
        before = edits.get(span) if span.start == span.end else None
        edits[span] = Edit(span, before.replacement + plan.edit.replacement) if before else plan.edit
    yield from edits.values()


def _ordered(operations: Sequence[Dict[str, Any]]) -> list[Dict[str, Any]]:
    """Values first, then what is added, in order, then what is removed, the last first: so that no index shifts."""
    kinds = ("replace", "add", "remove")
    by_kind = {kind: [each for each in operations if each["op"] == kind] for kind in kinds}
    return [*by_kind["replace"], *by_kind["add"], *reversed(by_kind["remove"])]


def _document(place: str) -> tuple[int, str]:
    """The number of the document and the pointer that a place begins with; what follows a `#` stays with the latter."""
    number, slash, rest = place.partition("/")
    if not number.isdigit():
        raise Unfit(f"{place} is no place: DOCUMENT/POINTER was expected")
    return int(number), slash + rest


def _placed(plan: Planned, document: int) -> Planned:
    """A plan of one document, as one of a text of several."""
    operations = tuple({**each, "path": f"/{document}{each['path']}"} for each in plan.operations)
    return replace(plan, change=replace(plan.change, pointer=f"{document}{plan.change.pointer}"), operations=operations)


def _shifted(plan: Planned, documents: int, lines: int) -> Planned:
    """A plan of a chunk, as one of the file: some documents and lines further down."""
    number, pointer = _document(plan.change.pointer)
    operations = []
    for each in plan.operations:
        inner, path = _document(each["path"].removeprefix("/"))
        operations.append({**each, "path": f"/{inner + documents}{path}"})
    change = replace(plan.change, pointer=f"{number + documents}{pointer}")
    return replace(plan, change=change, operations=tuple(operations), line=plan.line + lines)
