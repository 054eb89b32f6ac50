"""Edits of the image entries of a kustomization file: values, keys, whole entries, in the style of what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.planned import Planned, TextChange, Unfit, tree_scalar
from gitops_clone.documents.scalar import text_span
from gitops_clone.finding import Span
from gitops_clone.layers.kustomization import ImageEntry, Kustomization
from gitops_clone.layers.transformer import Rule

_KEYS = {"name": "name", "new_name": "newName", "new_tag": "newTag", "digest": "digest"}
_LIST_INDENT = re.compile(r"^[\w-]+:[ \t]*(?:#[^\n]*)?\r?\n((?:[ \t]*\r?\n|[ \t]*#[^\n]*\n)*)( *)- ", re.MULTILINE)


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


def changed(each: Kustomization, entry: ImageEntry, old: Rule, new: Rule) -> Iterator[Planned]:
    """The edits that make one entry follow a new rule. Raises `Unfit`."""
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


def appended(each: Kustomization, added: Sequence[Rule]) -> Planned:
    """Entries at the end of the list, in the style of the last one; or a new list at the end of the file.

    Raises `Unfit`.
    """
    if not can_add(each):
        raise Unfit("entries cannot be added to it")
    return _lengthened(each.text, each.images[-1], added) if each.images else _new_list(each.text, added)


def _lengthened(text: str, last: ImageEntry, added: Sequence[Rule]) -> Planned:
    dash = _dash(text, last) or ("", " ")
    at, newline = _line_end(text, max(pair.value.end for pair in last.fields.values()))
    style = last.fields["name"].value.style
    list_pointer, number = last.pointer.rpartition("/")[::2]
    first = int(number) + 1
    new = "".join(newline + line for rule in added for line in _lines(rule, dash, style))
    operations = [
        {"op": "add", "path": f"{list_pointer}/{first + count}", "value": _item(rule, style)}
        for count, rule in enumerate(added)
    ]
    return _insertion(text, at, TextChange(f"{list_pointer}/{first}/name", "", new), operations)


def _new_list(text: str, added: Sequence[Rule]) -> Planned:
    match = _LIST_INDENT.search(text)
    dash = (match[2] if match else "", " ")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = ["images:", *(line for rule in added for line in _lines(rule, dash, ""))]
    new = newline.join(lines)
    new = new + newline if text.endswith("\n") else newline + new
    operation = {"op": "add", "path": "/images", "value": [_item(rule, "") for rule in added]}
    return _insertion(text, len(text), TextChange("/images", "", new), [operation])


def _insertion(text: str, at: int, change: TextChange, operations: Sequence[dict[str, Any]]) -> Planned:
    return Planned(Edit(Span(at, at), change.new), change, tuple(operations), text.count("\n", 0, at) + 1)


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
        scalar = tree_scalar(value, pair.value.style)
        operations = (
            {"op": "remove", "path": f"{entry.pointer}/{key}"},
            {"op": "add", "path": path, "value": scalar},
        )
    change = TextChange(path, text[span.start : span.end], new)
    return Planned(Edit(span, new), change, operations, text.count("\n", 0, span.start) + 1)


def _inserted(each: Kustomization, entry: ImageEntry, key: str, value: str) -> Planned:
    """A key added behind `name`, a digest behind the tag, with the quoting of `name`."""
    pair = entry.fields["name"]
    after = entry.fields["newTag"] if key == "digest" and "newTag" in entry.fields else pair
    text = each.text
    if any("\n" in text[one.key.start : one.value.end] or not one.plain for one in (pair, after)):
        raise Unfit(f"{entry.pointer}/name is not on one line")
    written = f"{_quoted(key, pair.key.style)}: {_quoted(value, pair.value.style)}"
    if entry.flow:
        at, new = after.value.end, f", {written}"
    else:
        at, newline = _line_end(text, after.value.end)
        indent = pair.key.start - (text.rfind("\n", 0, pair.key.start) + 1)
        new = f"{newline}{' ' * indent}{written}"
    path = f"{entry.pointer}/{key}"
    operation = {"op": "add", "path": path, "value": tree_scalar(value, pair.value.style)}
    return _insertion(text, at, TextChange(path, "", new), [operation])


def _lines(rule: Rule, dash: tuple[str, str], style: str) -> Iterator[str]:
    before, behind = dash
    yield f"{before}-{behind}name: {_quoted(rule.name, style)}"
    for key, value in (("newName", rule.new_name), ("newTag", rule.new_tag)):
        if value:
            yield f"{before} {' ' * len(behind)}{key}: {_quoted(value, style)}"


def _item(rule: Rule, style: str) -> dict[str, Any]:
    pairs = (("name", rule.name), ("newName", rule.new_name), ("newTag", rule.new_tag))
    return {"\0properties": [None, None], **{key: tree_scalar(value, style) for key, value in pairs if value}}


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
