"""The way of one image from the place where it is written to what an entry point renders, and what it is there. Pure.

A way is a list of steps on a text: entries of `images` that it passes, and what `replacements` and `vars` do to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gitops_clone.finding import Place
from gitops_clone.layers.joining import Ruled, Style, Variables, joined
from gitops_clone.layers.transformer import Rule, apply, is_literal, matches

_VARIABLE = re.compile(r"\$\$|\$\(([^)]*)\)")


class Key(NamedTuple):
    """An image place: file, document, pointer within it."""

    file: str
    document: int
    pointer: str


def key_of(place: Place) -> Key:
    """The key of a place; a part of a scalar has one of its own."""
    return Key(place.file, place.document, f"{place.pointer or ''}{place.inner}")


class Source(NamedTuple):
    """A text as it is written at a place."""

    key: Key
    image: str


class Pass(NamedTuple):
    """An entry of `images`, matching or not, and how often kustomize applies it to a place like this one."""

    entry: str
    times: int


class Take(NamedTuple):
    """Only one part of the text goes on (`options` of a replacement's source)."""

    delimiter: str
    number: int


class Put(NamedTuple):
    """Another text is put in as one part of this one (`options` of a replacement's target)."""

    part: Flow
    delimiter: str
    number: int


class Fill(NamedTuple):
    """`$(NAME)` in the text is replaced (`vars`)."""

    values: tuple[tuple[str, Flow], ...]


class Together(NamedTuple):
    """The entries of an entry point that an object applies: those of its kustomization, and those of the object."""

    own: tuple[str, ...]
    over: tuple[str, ...]
    style: Style
    times: int


class Substitute(NamedTuple):
    """What Flux replaces in all that is built."""

    variables: Variables


Op = Pass | Take | Put | Fill | Together | Substitute


@dataclass(frozen=True, slots=True)
class Flow:
    """One way of one image (None: of objects that only rendering shows) to an entry point.

    `tail` is how often an entry would be applied that is added at the end of the entry point. `named`: what kustomize
    does makes it an image for certain. `taint` says why the result cannot be told.
    """

    source: Source | None
    ops: tuple[Op, ...] = ()
    namespace: str | None = None
    taint: str | None = None
    entry_point: str = ""
    tail: int = 0
    named: bool = False

    @property
    def entries(self) -> Iterator[str]:
        """The entries that it passes, also with a text that is put into it."""
        for op in self.ops:
            if isinstance(op, Pass):
                yield op.entry
            elif isinstance(op, Together):
                yield from (*op.own, *op.over)
            for inner in _inner(op):
                yield from inner.entries

    @property
    def keys(self) -> Iterator[Key]:
        """The places that its text is made of."""
        if self.source is not None:
            yield self.source.key
        for op in self.ops:
            for inner in _inner(op):
                yield from inner.keys

    @property
    def composed(self) -> bool:
        """Whether its text is made of several."""
        image = self.source.image if self.source is not None else ""
        return any(
            isinstance(op, Take | Put | Fill) or (isinstance(op, Substitute) and "$" in image) for op in self.ops
        )

    def with_added(self, entry: str) -> Flow:
        """The flow, when one more entry is added at the end of its entry point."""
        ops = [*self.ops]
        at = next((number for number, op in enumerate(ops) if isinstance(op, Substitute)), len(ops))
        last = ops[at - 1] if at else None
        if isinstance(last, Together):
            ops[at - 1] = last._replace(over=(*last.over, entry))
        else:
            ops.insert(at, Pass(entry, self.tail))
        return replace(self, ops=tuple(ops))


class Step(NamedTuple):
    """An entry that takes the image: what it was before, and is after."""

    entry: str
    before: str
    after: str


class Outcome(NamedTuple):
    """What a flow renders, and the entries that took its image on the way; `inner`: those of texts put into it."""

    text: str
    steps: tuple[Step, ...] = ()
    inner: tuple[Step, ...] = ()


Rules = Mapping[str, Sequence[Rule]]
"""What each entry does: one rule, or several one after the other."""


def run(flow: Flow, written: Callable[[Source], str], rules: Rules) -> Outcome:
    """Follow a flow; `written` gives the text at its places."""
    assert flow.source is not None
    text = written(flow.source)
    steps: list[Step] = []
    inner: list[Step] = []
    for op in flow.ops:
        match op:
            case Pass(entry, times):
                text = _passed(text, _ruled([entry], rules), times, steps)
            case Together(own, over, style, times):
                first, second = _ruled(own, rules), _ruled(over, rules)
                text = _passed(text, joined(first, second, style), times, steps)
            case Substitute(known_variables):
                text = known_variables.apply(text)
            case Take(delimiter, index):
                parts = text.split(delimiter)
                text = parts[index] if 0 <= index < len(parts) else text
            case Put(part, delimiter, index):
                done = run(part, written, rules)
                inner += (*done.steps, *done.inner)
                text = put(text, done.text, delimiter, index)
            case Fill(values):
                known = {name: run(value, written, rules) for name, value in values}
                inner += (step for done in known.values() for step in (*done.steps, *done.inner))
                text = fill(text, {name: done.text for name, done in known.items()})
    return Outcome(text, tuple(steps), tuple(inner))


def _ruled(entries: Iterable[str], rules: Rules) -> list[Ruled]:
    return [(entry, rule) for entry in entries for rule in rules[entry]]


def _passed(text: str, ruled: Sequence[Ruled], times: int, steps: list[Step]) -> str:
    """The text behind some entries; those that take it are noted."""
    for entry, rule in ruled:
        if matches(rule.name, text):
            before = text
            for _ in range(times):
                text = apply(rule, text)
            steps.append(Step(entry, before, text))
    return text


def put(text: str, part: str, delimiter: str, index: int) -> str:
    """A text with one of its parts replaced; before the first, and behind the last, one more is added."""
    parts = text.split(delimiter)
    if index < 0:
        parts.insert(0, part)
    elif index >= len(parts):
        parts.append(part)
    else:
        parts[index] = part
    return delimiter.join(parts)


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables replaced, those that are known; `$$` stands for a dollar sign."""
    return _VARIABLE.sub(lambda match: "$" if match[1] is None else values.get(match[1], match[0]), text)


def variables(text: str) -> set[str]:
    """The names of the variables in a text."""
    return {match[1] for match in _VARIABLE.finditer(text) if match[1] is not None}


def understood(rule: Rule) -> bool:
    """Whether a name means here what it means to kustomize: no regular expression but for dots."""
    return is_literal(rule.name)


def _inner(op: Op) -> Iterator[Flow]:
    if isinstance(op, Put):
        yield op.part
    elif isinstance(op, Fill):
        yield from (inner for _, inner in op.values)
