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

# JSON may escape a code point beyond the BMP as two surrogates; YAML parsers refuse them. Others stand in for them.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


_STAND_IN, _STAND_IN_TEXT, _STAND_IN_ESCAPE = "\ue000", r"\ue000", r"\\ue000"


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
    except _OutOfBounds as error:
        raise Unparsable(str(error), error.line) from None
    except _YAML_ERRORS as error:
        refusal = _refusal(error, text)
    if _SURROGATE.search(text):
        documents = parse(_SURROGATE.sub(_STAND_IN_ESCAPE, text), second_opinion=second_opinion)
        _put_back(documents, text)
        return documents
    if not second_opinion:
        raise refusal
    try:
        return _compose(_ruamel_events(text), text)
    except _OutOfBounds as error:
        raise Unparsable(str(error), error.line) from None
    except (*_YAML_ERRORS, *_ruamel_errors()):
        raise refusal from None


def _put_back(documents: list[Node | None], text: str) -> None:
    """Give scalars the surrogates of their tokens instead of what stood in for them: two are one character."""
    stack: list[Node] = [root for root in documents if root is not None]
    while stack:
        node = stack.pop()
        if isinstance(node, Sequence):
            stack += node.items
        elif isinstance(node, Mapping):
            stack += (part for pair in node.pairs for part in pair)
        elif isinstance(node, Scalar):
            codes = _SURROGATE.findall(text, node.start, node.end)
            if codes:
                node.value = _with_surrogates(node, codes)


def _with_surrogates(scalar: Scalar, codes: list[str]) -> str:
    """The value of a scalar with some escapes put back in order: characters in double quotes, else the text itself."""
    escaped = scalar.style == '"'
    pieces = scalar.value.split(_STAND_IN if escaped else _STAND_IN_TEXT)
    if len(pieces) != len(codes) + 1:
        return scalar.value
    units = [chr(int(code[2:], 16)) if escaped else code for code in codes]
    value = "".join(piece + unit for piece, unit in zip(pieces, [*units, ""], strict=True))
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _OutOfBounds(Unparsable):
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
    composer = _Composer(text)
    deadline = time.monotonic() + MAX_SECONDS
    for count, event in enumerate(events):
        composer.take(event)
        if count % 4096 == 0 and time.monotonic() > deadline:
            raise composer.out_of_bounds(f"takes longer than {MAX_SECONDS:.0f} s to parse", event)
    return composer.documents


class _Composer:
    """Builds the trees of a stream. The open collections stand on a list, so that depth costs no recursion."""

    def __init__(self, text: str) -> None:
        self.documents: list[Node | None] = []
        self._text = text
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Node | None] = []  # of each open mapping, the key that waits for its value
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        """Take the next event. The two libraries have classes of their own, with the same names."""
        match type(event).__name__:
            case "ScalarEvent":
                tag = None if event.tag in (None, "!") else str(event.tag)
                start, end = event.start_mark.index, event.end_mark.index
                self._add(Scalar(event.value, start, end, event.style or "", tag, event.anchor))
            case "AliasEvent":
                self._add(self._alias(event))
            case "MappingStartEvent":
                self._begin(Mapping([], event.tag, event.anchor), event)
            case "SequenceStartEvent":
                self._begin(Sequence([], event.tag, event.anchor), event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._open.pop()
                self._keys.pop()
            case "DocumentStartEvent":
                self.documents.append(None)
                self._anchors = {}

    def out_of_bounds(self, reason: str, event: Any) -> _OutOfBounds:
        return _OutOfBounds(reason, _line(self._text, event.start_mark.index))

    def _alias(self, event: Any) -> Alias:
        name, start = event.anchor, event.start_mark.index
        if name not in self._anchors:
            raise Unparsable(f"undefined alias *{name}", _line(self._text, start))
        target = self._anchors[name]
        if any(target is parent for parent in self._open):
            raise self.out_of_bounds(f"anchor &{name} contains itself", event)
        return Alias(name, target, start, event.end_mark.index)

    def _begin(self, collection: Mapping | Sequence, event: Any) -> None:
        self._add(collection)
        self._open.append(collection)
        self._keys.append(None)
        if len(self._open) > MAX_DEPTH:
            raise self.out_of_bounds(f"nested deeper than {MAX_DEPTH} levels", event)

    def _add(self, node: Node) -> None:
        """Put a node where it belongs: at the top, into a list, or as a key or its value into a mapping."""
        if not isinstance(node, Alias) and node.anchor:
            self._anchors[node.anchor] = node
        if not self._open:
            self.documents[-1] = None if _is_empty(node) else node
        elif isinstance(parent := self._open[-1], Sequence):
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None


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
