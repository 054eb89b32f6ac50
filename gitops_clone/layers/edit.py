"""Edits of the image entries of a kustomization file, and their undoing: splice and proof, as for every other file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.planned import Planned, TextChange, Unfit, tree_scalar
from gitops_clone.documents.pointer import at
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.documents.source import decode
from gitops_clone.finding import Span
from gitops_clone.layers.entries import appended, changed
from gitops_clone.layers.kustomization import Unreadable, read
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.transformer import Rule


def edited(
    file: str,
    data: bytes,
    before: Mapping[str, Rule],
    rules: Mapping[str, Rule],
    added: Sequence[Rule],
    back: Sequence[TextChange] = (),
) -> tuple[bytes, list[Planned]]:
    """The file with new rules at pointers (`/images/0`), and with added entries. Raises `Unfit`.

    `before` are the rules that the file must have for the edits to be right; `back` are changes to take back first.
    """
    source = decode(data)
    try:
        each = read(file, data)
    except Unreadable as error:
        raise Unfit(str(error)) from None
    entries = {entry.pointer: entry for entry in each.images}
    now = {pointer: rule_of(entry) for pointer, entry in entries.items()}
    if any(now.get(pointer) != rule for pointer, rule in before.items()) or len(now) != len(before):
        raise Unfit("its image entries have changed meanwhile: run again")
    if back:
        earlier, undoing = undone(file, data, back)
        between = {entry.pointer: rule_of(entry) for entry in read(file, earlier).images}
        again, planned = edited(file, earlier, between, rules, added)
        return again, [*undoing, *planned]
    planned = [plan for pointer, rule in rules.items() for plan in changed(each, entries[pointer], now[pointer], rule)]
    if added:
        planned.append(appended(each, added))
    planned.sort(key=lambda plan: plan.edit.span)
    after = splice(each.text, [plan.edit for plan in planned])
    operations = [operation for plan in planned for operation in plan.operations]
    _prove(each.text, after, operations)
    if source.encode(source.utf8) != data:
        raise Unfit(f"its {source.encoding} text has no exact way back to bytes")
    return source.encode(after.encode()), planned


def undone(file: str, data: bytes, changes: Sequence[TextChange]) -> tuple[bytes, list[Planned]]:
    """The file without those of the changes that still stand in it. Raises `Unfit`."""
    source = decode(data)
    try:
        text = source.utf8.decode()
        roots = [root for root in parse(text) if root is not None]
    except (Unparsable, UnicodeDecodeError) as error:
        raise Unfit(str(error)) from None
    planned: list[Planned] = []
    for change in changes:
        key = at(roots[0], change.pointer)[0] if roots else None
        start = key.start - _offset(change) if key is not None else -1
        if start >= 0 and text.startswith(change.new, start):
            span = Span(start, start + len(change.new))
            undo = TextChange(change.pointer, change.new, change.old)
            planned.append(
                Planned(Edit(span, change.old), undo, tuple(_inverse(change)), text.count("\n", 0, start) + 1)
            )
    planned.sort(key=lambda plan: plan.edit.span, reverse=True)
    after = splice(text, [plan.edit for plan in planned])
    _prove(text, after, [operation for plan in planned for operation in plan.operations])
    return source.encode(after.encode()), planned


def _prove(before: str, after: str, operations: Sequence[dict[str, Any]]) -> None:
    document = next((number for number, root in enumerate(parse(before)) if root is not None), 0)
    try:
        prove(before, after, {}, [{**each, "path": f"/{document}{each['path']}"} for each in operations])
    except Unproved as error:
        raise Unfit(f"left alone, {error}") from None


def _offset(change: TextChange) -> int:
    """Where in the new text the key stands, with its quote if it has one."""
    key = change.pointer.rpartition("/")[2]
    start = change.new.index(key)
    return start - 1 if change.new[start - 1 : start] in ("'", '"') else start


def _inverse(change: TextChange) -> Iterator[dict[str, Any]]:
    """What undoing a change means, read from the texts alone."""
    parent = change.pointer.rpartition("/")[0]
    if not change.old:
        if change.pointer == "/images":
            yield {"op": "remove", "path": "/images"}
        elif "- " in change.new.split("name")[0]:
            for _ in range(len(re.findall(r"^ *- ", change.new, re.MULTILINE))):
                yield {"op": "remove", "path": parent}
        else:
            yield {"op": "remove", "path": change.pointer}
        return
    root = parse(change.old)[0]
    if not isinstance(root, MappingNode) or len(root.pairs) != 1:
        raise Unfit("the lock file's change is no key with a value")
    key, value = root.pairs[0]
    if not isinstance(key, Scalar) or not isinstance(value, Scalar):
        raise Unfit("the lock file's change is no key with a value")
    yield {"op": "remove", "path": change.pointer}
    yield {"op": "add", "path": f"{parent}/{key.value}", "value": tree_scalar(value.value, value.style)}
