"""What is to be relocated in the layers, what may be changed for it, and the edits that do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gitops_clone.layers.flow import Flow, Key, Outcome, Source, Step
from gitops_clone.layers.transformer import Rule
from gitops_clone.naming import Pin, Scheme


class Aim(NamedTuple):
    """What a flow is to render; `reason` says why it is to stay as it is, None where it moves or is fine."""

    text: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """New texts of places, new rules of entries, and entries to add at the end of an entry point's list.

    `back` are the lock file's changes to take back before.
    """

    places: dict[Key, str] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    added: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """All flows, the rules of their entries, and what may be changed.

    `frozen` are entries that must stay, `fixed` places that must, `closed` entry points that take no added entries.
    `aim` gives what a flow is to render, of what it renders today, `relocated` the new text of an image as written,
    None where it has none. `pending` are rules with a name that an earlier run was about to write, when it was killed
    after the places. `carriers` are the places and entries that may carry the locked digest.
    """

    flows: Sequence[Flow]
    rules: Mapping[str, Rule]
    frozen: frozenset[str]
    closed: frozenset[str]
    fixed: frozenset[Key]
    scheme: Scheme
    pin: Pin
    aim: Callable[[Flow, Outcome], Aim]
    relocated: Callable[[Key, str], str | None]
    pending: Mapping[str, Rule] = field(default_factory=dict)
    carriers: frozenset[Key | str] = frozenset()


@dataclass(frozen=True, slots=True)
class Track:
    """A flow whose image is known, what becomes of it (pending entries too), what is rendered `now`, and the aim."""

    flow: Flow
    source: Source
    outcome: Outcome
    now: str
    aim: Aim

    @property
    def key(self) -> Key:
        return self.source.key

    @property
    def image(self) -> str:
        return self.source.image

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.outcome.steps

    @property
    def final(self) -> str:
        return self.outcome.text

    @property
    def moves(self) -> bool:
        return self.aim.text != self.now
