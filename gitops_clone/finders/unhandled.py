"""What no rule takes for an image, and why, as data (unhandled.json): the counterpart of the catalogue. Pure.

It serves the page docs/what-is-found.md, and whoever explains why a value was not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("unhandled.json")


@dataclass(frozen=True, slots=True)
class Unhandled:
    """One place. `group` and `kind` are as in the catalogue, `*` any; a file that is no object has its name as `kind`.

    `path` is one of the catalogue, or words where no path leads there. `form` says what stands there, `reason` why it
    is left; both are pieces of sentences.
    """

    group: str
    kind: str
    path: str
    form: str
    reason: str


@cache
def unhandled() -> tuple[Unhandled, ...]:
    """Every such place, in the order of group, kind and path."""
    return tuple(Unhandled(**raw) for raw in json.loads(_DATA.read_bytes()))


def unhandled_for(group: str, kind: str) -> Iterator[Unhandled]:
    """The places of a kind in an API group (without version, "" for core), then those of any kind."""
    for places in ((group, kind), ("*", "*")):
        yield from (each for each in unhandled() if (each.group, each.kind) == places)
