"""YAML text to plain values as Helm gets them: YAML 1.1 by way of JSON, so keys are strings and numbers float64.

Parsed by `documents.parse`, with its bounds; aliases are expanded within a bound.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from math import isfinite

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar, Sequence, is_merge_key
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.helm import json_text
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.formatting import general
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.walk import copied
from gitops_clone.helm.yaml_scalars import resolve

_MOST_NODES = 1_000_000
_CACHED = 200_000  # characters; longer texts are not kept
_NEXT = re.compile(r"(?<=\n)(?:---|\.\.\.)(?=\s|\Z)")
_PREFIX = "tag:yaml.org,2002:"


class NotValues(ValueError):
    """The text is no YAML for Helm; `line` where it is known, `words` what Helm says of it."""

    def __init__(self, reason: str, line: int | None = None, words: str | None = None) -> None:
        super().__init__(reason)
        self.line = line
        self.words = words or f"yaml: {reason}"


def load(text: str) -> Value:
    """The first document of a YAML text. Raises `NotValues`."""
    return copied(_loaded(text)) if len(text) < _CACHED else _load(text)


def _load(text: str) -> Value:
    try:
        found = load_all(text)
    except NotValues:
        # go-yaml looks at the first document only.
        end = _NEXT.search(text)
        if not end:
            raise
        found = load_all(text[: end.start()])
    return found[0] if found else None


# Templates read the same texts at each rendering.
_loaded = lru_cache(maxsize=256)(_load)


def load_all(text: str) -> list[Value]:
    """The documents of a YAML text. Raises `NotValues`."""
    try:
        documents = parse(text)
    except Unparsable as error:
        words = "yaml: " + str(error).removeprefix("not valid YAML: ")
        raise NotValues(str(error), error.line, words) from None
    converter = _Converter()
    found = [None if node is None else converter.value(node) for node in documents]
    if converter.has_infinity:
        _refuse_infinity(found)
    return found


def _refuse_infinity(found: list[Value]) -> None:
    """What YAML knows and JSON does not."""
    try:
        json_text.dump(found)
    except Refused as error:
        raise NotValues(error.reason, words=error.reason) from None


class _Converter:
    def __init__(self) -> None:
        self._left = _MOST_NODES
        self.has_infinity = False

    def value(self, node: Node) -> Value:
        self._left -= 1
        if self._left < 0:
            raise NotValues("its aliases stand for too many nodes")
        if isinstance(node, Scalar):
            found_scalar = scalar(node)
            self.has_infinity |= isinstance(found_scalar, float) and not isfinite(found_scalar)
            return found_scalar
        if isinstance(node, Sequence):
            return [self.value(item) for item in node.items]
        if isinstance(node, Alias):
            return self.value(node.target)
        found: dict[str, Value] = {}
        self._fill(node, found)
        return found

    def _fill(self, node: Mapping, found: dict[str, Value]) -> None:
        for key, value in node.pairs:
            if is_merge_key(key):
                self._merge(value, found)
            else:
                found[self._key(key)] = self.value(value)

    def _merge(self, node: Node, found: dict[str, Value]) -> None:
        """go-yaml 2 merges where the key stands: what was before is overwritten, the first source of several wins."""
        for source in reversed(node.items) if isinstance(node, Sequence) else [node]:
            target = source.target if isinstance(source, Alias) else source
            if not isinstance(target, Mapping):
                raise NotValues("map merge requires map or sequence of maps as the value")
            self._left -= 1
            if self._left < 0:
                raise NotValues("its aliases stand for too many nodes")
            self._fill(target, found)

    def _key(self, node: Node) -> str:
        value = self.value(node)
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return _number_key(value)
        raise NotValues("a key that is no string", words="unsupported map key")


def _number_key(value: float) -> str:
    if not isfinite(value):
        return {"+Inf": ".inf", "-Inf": "-.inf"}.get(general(value), ".nan")
    if value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    return general(value)


def scalar(node: Scalar) -> Value:
    """A scalar's value, by its tag where it has one."""
    tag = (node.tag or "").removeprefix(_PREFIX)
    if tag == "binary":
        try:
            return base64.b64decode(node.value, validate=False).decode("utf-8", "surrogateescape")
        except binascii.Error:
            raise NotValues("!!binary value contains invalid base64 data") from None
    if tag in ("str", "timestamp") or (tag == "" and node.style) or tag not in ("", "bool", "int", "float", "null"):
        return node.value
    value = resolve(node.value)
    if not fits(value, tag):
        raise NotValues(f"cannot decode {node.value!r} as a !!{tag}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return float(value)


def fits(value: Value, tag: str) -> bool:
    """Whether a value may have an explicit tag."""
    match tag:
        case "bool":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
    return True
