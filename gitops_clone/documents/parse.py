"""Text to trees: parse events only, bounded in depth and time, never constructing a value.

PyYAML's C parser (libyaml 0.2.5) reads first: it is some twenty times faster than ruamel.yaml's, and both give the
same events. What it refuses goes to ruamel.yaml, the authority for YAML 1.2.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar, Sequence

MAX_DEPTH = 200
MAX_SECONDS = 30.0

# JSON may escape a code point beyond the BMP as two surrogates; YAML parsers refuse them. No image holds one.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class Unparsable(ValueError):
    """No parser takes the text; `line` is the place, 1-based within the text, and the message one line."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def parse(text: str, *, second_opinion: bool = True) -> list[Node | None]:
    """The documents of a YAML stream (or a JSON text), None for an empty one. Raises `Unparsable`.

    Without `second_opinion`, what the fast parser refuses is not given to the slow one.
    """
    try:
        return _compose(_fast_events(text), text)
    except _TooDeep as error:
        raise Unparsable(str(error), error.line) from None
    except _YAML_ERRORS as error:
        refusal = _refusal(error, text)
    if _SURROGATE.search(text):
        return parse(_SURROGATE.sub(r"\\u0020", text), second_opinion=second_opinion)
    if not second_opinion:
        raise refusal
    try:
        return _compose(_ruamel_events(text), text)
    except _TooDeep as error:
        raise Unparsable(str(error), error.line) from None
    except (*_YAML_ERRORS, *_ruamel_errors()):
        raise refusal from None


class _TooDeep(Unparsable):
    """A bound was met: another parser would not do better."""


def _fast_events(text: str) -> Iterator[Any]:
    if _CParser is None:
        yield from _ruamel_events(text)
        return
    parser = _CParser(text)
    while parser.check_event():
        yield parser.get_event()


def _ruamel_events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def _compose(events: Iterator[Any], text: str) -> list[Node | None]:
    """Build the trees. The open collections stand on a list, so that depth costs no recursion."""
    documents: list[Node | None] = []
    deadline = time.monotonic() + MAX_SECONDS
    open_nodes: list[Mapping | Sequence] = []
    open_keys: list[Node | None] = []
    anchors: dict[str, Node] = {}
    for count, event in enumerate(events):
        kind = type(event).__name__
        node: Node
        if kind == "ScalarEvent":
            tag = None if event.tag in (None, "!") else str(event.tag)
            node = Scalar(
                event.value, event.start_mark.index, event.end_mark.index, event.style or "", tag, event.anchor
            )
        elif kind == "AliasEvent":
            if event.anchor not in anchors:
                raise Unparsable(f"undefined alias *{event.anchor}", _line(text, event.start_mark.index))
            node = Alias(event.anchor, anchors[event.anchor], event.start_mark.index, event.end_mark.index)
            if any(node.target is parent for parent in open_nodes):
                raise _TooDeep(f"anchor &{event.anchor} contains itself", _line(text, event.start_mark.index))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            collection = Mapping if kind == "MappingStartEvent" else Sequence
            node = collection([], event.tag, event.anchor)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            open_nodes.pop()
            open_keys.pop()
            continue
        else:
            if kind == "DocumentStartEvent":
                documents.append(None)
                anchors = {}
            continue
        if count % 4096 == 0 and time.monotonic() > deadline:
            raise _TooDeep(f"takes longer than {MAX_SECONDS:.0f} s to parse", _line(text, event.start_mark.index))
        if event.anchor and kind != "AliasEvent":
            anchors[event.anchor] = node
        if not open_nodes:
            documents[-1] = None if _is_empty(node) else node
        elif isinstance(parent := open_nodes[-1], Sequence):
            parent.items.append(node)
        elif (key := open_keys[-1]) is None:
            open_keys[-1] = node
        else:
            parent.pairs.append((key, node))
            open_keys[-1] = None
        if isinstance(node, (Mapping, Sequence)):
            open_nodes.append(node)
            open_keys.append(None)
            if len(open_nodes) > MAX_DEPTH:
                raise _TooDeep(f"nested deeper than {MAX_DEPTH} levels", _line(text, event.start_mark.index))
    return documents


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value == "" and node.style == "" and node.start == node.end


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _refusal(error: Any, text: str) -> Unparsable:
    if isinstance(error, Unparsable):
        return error
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    line = mark.line + 1 if mark else _line(text, getattr(error, "position", 0) or 0)
    return Unparsable(f"not valid YAML: {problem}", line)


def _ruamel_errors() -> tuple[type[Exception], ...]:
    from ruamel.yaml.error import YAMLError

    # What ruamel.yaml lets through: the ValueError or OverflowError of an escape such as \U99999999, and its own
    # AssertionError for `%YAML 1.3`.
    return (YAMLError, ValueError, OverflowError, AssertionError)


def _load_c_parser() -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        from yaml import YAMLError
        from yaml._yaml import CParser
    except ImportError:
        return None, (*_ruamel_errors(), Unparsable)
    return CParser, (YAMLError, Unparsable)


_CParser, _YAML_ERRORS = _load_c_parser()
