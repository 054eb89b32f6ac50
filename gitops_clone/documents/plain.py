"""A short YAML text as plain values: lists, dictionaries and texts, and None for null. No other type, tag or alias."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, NodeEvent, ScalarEvent, SequenceStartEvent

_NULLS = ("", "~", "null", "Null", "NULL")
_MAX_DEPTH = 8  # a line of the lock file has four levels


class NotYaml(ValueError):
    """No parser takes the text."""


class NotPlain(ValueError):
    """It is YAML, but more than plain values; the message says what, and nothing of the text."""


def plain(text: str) -> object:
    """The one value that a text is; None where it is none, or several. Raises `NotYaml` and `NotPlain`."""
    try:
        events = iter(YAML(typ="safe", pure=True).parse(text))
        values = [_value(event, events, _MAX_DEPTH) for event in events if isinstance(event, NodeEvent)]
    except (YAMLError, OverflowError) as error:  # the latter from an escape beyond Unicode
        raise NotYaml("not YAML") from error
    return values[0] if len(values) == 1 else None


def _value(event: Any, events: Iterator[Any], depth: int) -> object:
    """The value that starts with an event, from events and not by construction, so that nothing can surprise."""
    if depth == 0 or isinstance(event, AliasEvent) or event.tag is not None:
        raise NotPlain("nested too deeply, or with an alias or a tag")
    if isinstance(event, ScalarEvent):
        return None if event.style is None and event.value in _NULLS else event.value
    inner = takewhile(lambda child: not isinstance(child, CollectionEndEvent), events)
    values = [_value(child, events, depth - 1) for child in inner]
    if isinstance(event, SequenceStartEvent):
        return values
    keys = [key for key in values[::2] if isinstance(key, str)]
    if len(set(keys)) * 2 != len(values):
        raise NotPlain("a key that stands twice, or is no text")
    return dict(zip(keys, values[1::2], strict=True))
