"""Keys and items that are added to a YAML text, in the style of what stands there; and their removal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.node import Alias, Node, Scalar, Sequence
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.planned import Planned, TextChange, Tree, Unfit, tree_scalar
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import content_start, styled
from gitops_clone.finding import Span

_CLOSED = re.compile(r"(?:\s|#[^\n]*\n)*,?(?:\s|#[^\n]*\n)*[}\]]")
_INDENTED_LIST = re.compile(r"^( *)[\w-]+:[ \t]*(?:#[^\n]*)?\r?\n(?:[ \t]*\r?\n|[ \t]*#[^\n]*\n)*( *)- ", re.MULTILINE)


def insertion(text: str, root: Node, pointer: str, value: Tree) -> Planned:
    """The edit that adds a value at a pointer where nothing is: a key at the end of its mapping, an item of its list.

    Raises `Unfit` where that is not possible.
    """
    parent, _, last = pointer.rpartition("/")
    node = at(root, parent)[1]
    key = last.replace("~1", "/").replace("~0", "~")
    leaves = list(_leaves(node)) if node is not None else []
    if node is None or not leaves:
        raise Unfit(f"{parent or '/'}: nothing can be added to it")
    style, indent = _quotes(leaves[0]), _list_indent(text)
    first = pointer
    if isinstance(node, MappingNode) and at(root, pointer)[1] is None:
        lines = list(_key_lines(key, value, style, indent))
        brief = f"{styled(key, style)}: {_flow(value, style)}"
    elif isinstance(node, Sequence) and last.isdigit() and int(last) >= len(node.items):
        lines = list(_item_lines(value, style, indent))
        brief = _flow(value, style)
        first = f"{pointer}{_first_key(value)}"
    else:
        raise Unfit(f"{pointer} is there already: run again")
    if _is_flow(text, node, leaves[0]):
        place, new = _end(text, node, leaves[-1]), f", {brief}"
    else:
        column = _column(text, node, leaves[0])
        place, newline = _line_end(text, leaves[-1])
        new = "".join(f"{newline}{' ' * column}{line}" for line in lines)
    operation = {"op": "add", "path": pointer, "value": _tree(value, style)}
    line = text.count("\n", 0, place) + 1
    return Planned(Edit(Span(place, place), new), TextChange(first, "", new), (operation,), line)


def removal(text: str, root: Node, pointer: str, change: TextChange) -> Planned | None:
    """The edit that removes what was added, found by its first key or item; None where it does not stand there."""
    key, node = at(root, pointer)
    first = key or (node if isinstance(node, Scalar) else None)
    if first is None:
        return None
    token = text[content_start(text, first) : first.end]
    offset = change.new.find(token)
    start = content_start(text, first) - offset
    if offset < 0 or start < 0 or not text.startswith(change.new, start):
        return None
    path = pointer
    if key is not None and re.match(r"\s*- |, \{", change.new):
        path = pointer.rpartition("/")[0]  # the item whose first key it is
    undo = TextChange(pointer, change.new, "")
    edit = Edit(Span(start, start + len(change.new)), "")
    return Planned(edit, undo, ({"op": "remove", "path": path},), text.count("\n", 0, start) + 1)


def _leaves(node: Node) -> Iterator[Scalar | Alias]:
    """The scalars and aliases of a node, keys too, in the order of the text."""
    if isinstance(node, (Scalar, Alias)):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _leaves(item)
    else:
        for pair in node.pairs:
            for part in pair:
                yield from _leaves(part)


def _is_flow(text: str, node: Node, first: Scalar | Alias) -> bool:
    """Whether a collection that begins with a leaf is in flow style."""
    before = text[: first.start].rstrip()
    if isinstance(node, MappingNode):
        return before.endswith("{")
    return before.rstrip("{ \t\r\n").endswith("[")


def _end(text: str, node: Node, last: Scalar | Alias) -> int:
    """Where the last thing in a collection in flow style ends: its last leaf, or what is closed behind that."""
    place = last.end
    part: Node = (
        node.items[-1] if isinstance(node, Sequence) else node.pairs[-1][1] if isinstance(node, MappingNode) else node
    )
    while not isinstance(part, (Scalar, Alias)):
        closed = _CLOSED.match(text, place)
        below = part.items if isinstance(part, Sequence) else [value for _, value in part.pairs]
        if closed is None or not below:
            raise Unfit("nothing can be added to what stands there")
        place, part = closed.end(), below[-1]
    return place


def _quotes(first: Scalar | Alias) -> str:
    """The quotes that a collection is written with, as its first leaf is."""
    return first.style if isinstance(first, Scalar) and first.style in ("'", '"') else ""


def _column(text: str, node: Node | None, first: Scalar | Alias) -> int:
    """How far the keys of a mapping, or the dashes of a list, are indented. Raises `Unfit`."""
    start = text.rfind("\n", 0, first.start) + 1
    before = text[start : first.start]
    if isinstance(node, MappingNode) and re.fullmatch(r"(?: *- +)*| *", before):
        return len(before)
    if isinstance(node, Sequence) and (match := re.fullmatch(r"( *)- +(?:[&!]\S+ +)*\{? *", before)):
        return len(match[1])
    raise Unfit("nothing can be added to what stands there")


def _line_end(text: str, last: Scalar | Alias) -> tuple[int, str]:
    """Where the line ends on which a leaf ends, and the line break of the text."""
    stop = len(text[: last.end].rstrip()) if isinstance(last, Scalar) and last.style in ("|", ">") else last.end
    end = text.find("\n", stop)
    end = len(text) if end < 0 else end
    newline = "\r\n" if "\r\n" in text else "\n"
    return (end - 1 if text[end - 1 : end] == "\r" else end), newline


def _list_indent(text: str) -> int:
    """How far lists are indented below their keys in a text: as the first one is."""
    match = _INDENTED_LIST.search(text)
    return len(match[2]) - len(match[1]) if match and len(match[2]) >= len(match[1]) else 0


def _key_lines(key: str, value: Tree, style: str, indent: int) -> Iterator[str]:
    if isinstance(value, (str, bool)):
        yield f"{styled(key, style)}: {_flow(value, style)}"
        return
    yield f"{styled(key, style)}:"
    if isinstance(value, Mapping):
        for inner, below in value.items():
            yield from (f"  {line}" for line in _key_lines(inner, below, style, indent))
    else:
        for item in value:
            yield from (f"{' ' * indent}{line}" for line in _item_lines(item, style, indent))


def _item_lines(value: Tree, style: str, indent: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"- {_flow(value, style)}"
        return
    lines = [line for key, below in value.items() for line in _key_lines(key, below, style, indent)]
    yield from (f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines))


def _flow(value: Tree, style: str) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return styled(value, style)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{styled(key, style)}: {_flow(below, style)}' for key, below in value.items())}}}"
    return f"[{', '.join(_flow(item, style) for item in value)}]"


def _first_key(value: Tree) -> str:
    """The pointer, within an added item, of its first key."""
    return f"/{next(iter(value))}" if isinstance(value, Mapping) and value else ""


def _tree(value: Tree, style: str) -> Any:
    """A value as the proof's tree has it."""
    if isinstance(value, Mapping):
        return {"\0properties": [None, None], **{key: _tree(below, style) for key, below in value.items()}}
    if isinstance(value, (str, bool)):
        written = _flow(value, style)
        quoted = written[0] if written[:1] in ("'", '"') else ""
        return tree_scalar(value if isinstance(value, str) else written, quoted)
    return [_tree(item, style) for item in value]
