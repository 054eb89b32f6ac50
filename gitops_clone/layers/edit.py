"""Edits of the image entries of a kustomization file, and their undoing: splice and proof, as for every other file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.node import Sequence as SequenceNode
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import Unproved, prove
from gitops_clone.documents.scalar import text_span
from gitops_clone.documents.source import decode
from gitops_clone.finding import Span
from gitops_clone.layers.kustomization import ImageEntry, Kustomization, Unreadable, read
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.transformer import Rule

_KEYS = {"name": "name", "new_name": "newName", "new_tag": "newTag", "digest": "digest"}
_LIST_INDENT = re.compile(r"^[\w-]+:[ \t]*(?:#[^\n]*)?\r?\n((?:[ \t]*\r?\n|[ \t]*#[^\n]*\n)*)( *)- ", re.MULTILINE)


class Unfit(ValueError):
    """The edit does not fit the file as it is; the message is one line."""


@dataclass(frozen=True, slots=True)
class TextChange:
    """At the key that `pointer` leads to (in the file as it is after the change) stands `new`, where `old` stood.

    `new` holds the key; what precedes the key in it, precedes it in the file.
    """

    pointer: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One edit, how to tell it for `restore`, what it means as JSON Patch, and its line (1-based)."""

    edit: Edit
    change: TextChange
    operations: tuple[dict[str, Any], ...]
    line: int


def can_add(each: Kustomization) -> bool:
    """Whether entries can be added at the end: a list in block style, or a file in block style without one."""
    if each.images:
        last = each.images[-1]
        return last.note is None and _dash(each.text, last) is not None
    return (
        each.images_key is None
        and not each.text.lstrip().startswith("{")
        and re.search(r"^[\w-]+:", each.text, re.MULTILINE) is not None
        and re.search(r"^(?:---|\.\.\.|%)", each.text.lstrip("-"), re.MULTILINE) is None
    )


def edited(
    file: str,
    data: bytes,
    before: Mapping[str, Rule],
    rules: Mapping[str, Rule],
    added: Sequence[Rule],
    inline: Mapping[str, tuple[str, str]],
) -> tuple[bytes, list[Planned]]:
    """The file with new rules at pointers (`/images/0`), and with added entries. Raises `Unfit`.

    `before` are the rules that the file must have for the edits to be right. `inline` are images in patches, before
    and after, by pointer: that of the patch, `#`, the number of the document in it, the pointer there.
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
    planned = [plan for pointer, rule in rules.items() for plan in _entry(each, entries[pointer], now[pointer], rule)]
    if added:
        planned.append(_append(each, added))
    root = next(root for root in parse(each.text) if root is not None) if inline else MappingNode()
    within = inlined(each.text, root, [TextChange(pointer, *texts) for pointer, texts in inline.items()])
    if len(within) < len(inline):
        raise Unfit("its patches have changed meanwhile: run again")
    planned += within
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
    back = [TextChange(change.pointer, change.new, change.old) for change in changes if "#" in change.pointer]
    planned = inlined(text, roots[0], back) if roots else []
    for change in changes:
        if "#" in change.pointer:
            continue
        key = _key_at(roots[0], change.pointer) if roots else None
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


def inlined(text: str, root: Node, changes: Sequence[TextChange]) -> list[Planned]:
    """The edits of images in patches that stand in literal block scalars, of those that are there as `old` has it."""
    by_patch: dict[str, list[tuple[Span, TextChange]]] = {}
    for change in changes:
        pointer, _, inner = change.pointer.partition("#")
        number, slash, path = inner.partition("/")
        scalar = _at(root, pointer)[1]
        if not isinstance(scalar, Scalar) or scalar.style != "|" or not number.isdigit():
            continue
        span = _span_within(scalar.value, int(number), slash + path)
        if span is not None and scalar.value[span.start : span.end] == change.old:
            by_patch.setdefault(pointer, []).append((span, change))
    planned = []
    for pointer, found in by_patch.items():
        scalar = _at(root, pointer)[1]
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
    scalar = _at(root, pointer)[1] if root is not None else None
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


def _prove(before: str, after: str, operations: Sequence[dict[str, Any]]) -> None:
    document = next((number for number, root in enumerate(parse(before)) if root is not None), 0)
    try:
        prove(before, after, {}, [{**each, "path": f"/{document}{each['path']}"} for each in operations])
    except Unproved as error:
        raise Unfit(f"left alone, {error}") from None


def _entry(each: Kustomization, entry: ImageEntry, old: Rule, new: Rule) -> Iterator[Planned]:
    """The edits that make one entry follow a new rule."""
    renamed_key = bool(old.digest and not new.digest)
    for attribute, key in _KEYS.items():
        value = getattr(new, attribute)
        if value == getattr(old, attribute) or (renamed_key and key in ("digest", "newTag")):
            continue
        if not value:
            raise Unfit(f"{entry.pointer}/{key} cannot be removed")
        yield _replaced(each, entry, key, key, value) if key in entry.fields else _inserted(each, entry, key, value)
    if renamed_key:
        yield _replaced(each, entry, "digest", "newTag", new.new_tag)


def _replaced(each: Kustomization, entry: ImageEntry, key: str, new_key: str, value: str) -> Planned:
    """A value replaced within its quotes, and its key with it if that has another name."""
    pair = entry.fields[key]
    old_key, old_value = text_span(each.text, pair.key), text_span(each.text, pair.value)
    if old_key is None or old_value is None or not pair.plain:
        raise Unfit(f"{entry.pointer}/{key} is not in one piece")
    span = Span(pair.key.start, pair.value.end)
    if span.end <= span.start or "\n" in each.text[span.start : span.end]:
        raise Unfit(f"{entry.pointer}/{key} is not on one line")
    text = each.text
    new = text[span.start : old_key.start] + new_key + text[old_key.end : old_value.start] + value
    new += text[old_value.end : span.end]
    path = f"{entry.pointer}/{new_key}"
    if new_key == key:
        operations: tuple[dict[str, Any], ...] = ({"op": "replace", "path": f"{path}/value", "value": value},)
    else:
        scalar = _scalar(value, pair.value.style)
        operations = (
            {"op": "remove", "path": f"{entry.pointer}/{key}"},
            {"op": "add", "path": path, "value": scalar},
        )
    change = TextChange(path, text[span.start : span.end], new)
    return Planned(Edit(span, new), change, operations, text.count("\n", 0, span.start) + 1)


def _inserted(each: Kustomization, entry: ImageEntry, key: str, value: str) -> Planned:
    """A key added behind `name`, with the quoting of `name`."""
    pair = entry.fields["name"]
    text = each.text
    if "\n" in text[pair.key.start : pair.value.end] or not pair.plain:
        raise Unfit(f"{entry.pointer}/name is not on one line")
    written = f"{_quoted(key, pair.key.style)}: {_quoted(value, pair.value.style)}"
    if entry.flow:
        at, new = pair.value.end, f", {written}"
    else:
        at, newline = _line_end(text, pair.value.end)
        indent = pair.key.start - (text.rfind("\n", 0, pair.key.start) + 1)
        new = f"{newline}{' ' * indent}{written}"
    path = f"{entry.pointer}/{key}"
    operations = ({"op": "add", "path": path, "value": _scalar(value, pair.value.style)},)
    return Planned(Edit(Span(at, at), new), TextChange(path, "", new), operations, text.count("\n", 0, at) + 1)


def _append(each: Kustomization, added: Sequence[Rule]) -> Planned:
    """Entries at the end of the list, in the style of the last one; or a new list at the end of the file."""
    if not can_add(each):
        raise Unfit("entries cannot be added to it")
    text = each.text
    operations: list[dict[str, Any]]
    if each.images:
        last = each.images[-1]
        dash = _dash(text, last) or ("", " ")
        at, newline = _line_end(text, max(pair.value.end for pair in last.fields.values()))
        style = last.fields["name"].value.style
        list_pointer, number = last.pointer.rpartition("/")[::2]
        first = int(number) + 1
        new = "".join(newline + line for rule in added for line in _lines(rule, dash, style))
        pointer = f"{list_pointer}/{first}/name"
        operations = [
            {"op": "add", "path": f"{list_pointer}/{first + count}", "value": _item(rule, style)}
            for count, rule in enumerate(added)
        ]
    else:
        match = _LIST_INDENT.search(text)
        dash = (match[2] if match else "", " ")
        newline = "\r\n" if "\r\n" in text else "\n"
        at, pointer = len(text), "/images"
        lines = ["images:", *(line for rule in added for line in _lines(rule, dash, ""))]
        if text.endswith("\n"):
            new = newline.join(lines) + newline
        else:
            new = newline + newline.join(lines)
        operations = [{"op": "add", "path": "/images", "value": [_item(rule, "") for rule in added]}]
    return Planned(
        Edit(Span(at, at), new), TextChange(pointer, "", new), tuple(operations), text.count("\n", 0, at) + 1
    )


def _lines(rule: Rule, dash: tuple[str, str], style: str) -> Iterator[str]:
    before, behind = dash
    yield f"{before}-{behind}name: {_quoted(rule.name, style)}"
    for key, value in (("newName", rule.new_name), ("newTag", rule.new_tag)):
        if value:
            yield f"{before} {' ' * len(behind)}{key}: {_quoted(value, style)}"


def _item(rule: Rule, style: str) -> dict[str, Any]:
    pairs = (("name", rule.name), ("newName", rule.new_name), ("newTag", rule.new_tag))
    return {"\0properties": [None, None], **{key: _scalar(value, style) for key, value in pairs if value}}


def _dash(text: str, entry: ImageEntry) -> tuple[str, str] | None:
    """What stands before and behind the dash of an entry's item; None where it has none on its first line."""
    first = min(pair.key.start for pair in entry.fields.values())
    start = text.rfind("\n", 0, first) + 1
    match = re.fullmatch(r"( *)-( +)\{? *", text[start:first])
    return (match[1], match[2]) if match else None


def _line_end(text: str, offset: int) -> tuple[int, str]:
    """Where a line's text ends, and the line break of the file."""
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    if text[end - 1 : end] == "\r":
        return end - 1, "\r\n"
    return end, "\r\n" if end == len(text) and "\r\n" in text else "\n"


def _quoted(text: str, style: str) -> str:
    return f"{style}{text}{style}" if style in ("'", '"') else text


def _scalar(value: str, style: str) -> dict[str, Any]:
    return {"style": style, "tag": None, "anchor": None, "value": value}


def _offset(change: TextChange) -> int:
    """Where in the new text the key stands, with its quote if it has one."""
    key = change.pointer.rpartition("/")[2]
    at = change.new.index(key)
    return at - 1 if change.new[at - 1 : at] in ("'", '"') else at


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
    yield {"op": "add", "path": f"{parent}/{key.value}", "value": _scalar(value.value, value.style)}


def _key_at(root: Node, pointer: str) -> Scalar | None:
    """The key scalar at the end of a pointer."""
    return _at(root, pointer)[0]


def _at(root: Node, pointer: str) -> tuple[Scalar | None, Node | None]:
    """The key (of a mapping) and the node at the end of a pointer."""
    node: Node | None = root
    key: Scalar | None = None
    for step in (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]):
        key = None
        if isinstance(node, SequenceNode):
            node = node.items[int(step)] if step.isdigit() and int(step) < len(node.items) else None
        elif isinstance(node, MappingNode):
            pair = next(((k, v) for k, v in node.pairs if isinstance(k, Scalar) and k.value == step), None)
            key, node = pair if pair is not None else (None, None)
        else:
            return None, None
    return key, node
