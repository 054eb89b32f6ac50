"""Matching in linear time: a program and a backtracker that is never twice at the same step and place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from gitops_clone.helm.errors import Unsupported
from gitops_clone.helm.re2.nodes import Alt, Assert, Cat, Group, Node, One, Repeat
from gitops_clone.helm.re2.syntax import parse

_MOST_STEPS = 100_000  # of a program
_MOST_VISITS = 20_000_000
_QUICK = 2_000_000  # visits that Python's own matcher may make

_Test: TypeAlias = Callable[[str, int], object]
Spans: TypeAlias = "tuple[tuple[int, int] | None, ...]"


class _Step(NamedTuple):
    """`one` and `place` test and go on to `next`; a `split` tries `next`, then `other`; `save` notes the place."""

    kind: str
    test: _Test | None = None
    next: int = 0
    other: int = 0


class Regex:
    """A compiled pattern. `names` are its groups' numbers by their names."""

    def __init__(self, pattern: str) -> None:
        """Raises `BadPattern` and `Unsupported`."""
        parsed = parse(pattern)
        self.groups = parsed.groups
        self.names = parsed.names
        self._node = parsed.node
        self._program: list[_Step] | None = None
        self._quick = re.compile(_fragment(parsed.node), re.ASCII) if _is_simple(parsed.node) else None
        self._loops = _loops(parsed.node)

    def search(self, text: str, start: int = 0) -> Spans | None:
        """The leftmost match from a place on: the spans of the whole and of its groups."""
        if self._quick and (len(text) + 1) ** (self._loops + 1) < _QUICK:
            match = self._quick.search(text, start)
            return tuple(span if span[0] >= 0 else None for span in match.regs) if match else None
        if self._program is None:
            self._program = _compiled(self._node)
        return _run(self._program, self.groups, text, start)

    def all(self, text: str) -> Iterator[Spans]:
        """All matches that do not overlap; an empty one right after another does not count."""
        start, before = 0, -1
        while start <= len(text):
            found = self.search(text, start)
            if found is None:
                return
            low, high = found[0] or (0, 0)
            if high > low or low != before:
                yield found
            start = high if high > low else high + 1
            before = high


@lru_cache(maxsize=512)
def regex(pattern: str) -> Regex:
    return Regex(pattern)


def _fragment(node: Node) -> str:
    match node:
        case One(fragment) | Assert(fragment):
            return fragment
        case Cat(parts):
            return "".join(map(_fragment, parts))
        case Alt(parts):
            return "(?:" + "|".join(map(_fragment, parts)) + ")"
        case Group(_, inner):
            return f"({_fragment(inner)})"
    most = "" if node.most is None else node.most
    return f"(?:{_fragment(node.node)}){{{node.least},{most}}}{'' if node.greedy else '?'}"


def _is_simple(node: Node) -> bool:
    """Whether loops go over single characters only, so that Python's matcher cannot run away exponentially."""
    match node:
        case Cat(parts) | Alt(parts):
            return all(map(_is_simple, parts))
        case Group(_, inner):
            return _is_simple(inner)
        case Repeat(inner, _, most, _):
            return isinstance(inner, One) or (most == 1 and _is_simple(inner))
    return True


def _loops(node: Node) -> int:
    """How many loops there are: what Python's matcher does is bounded by the text's length to this power."""
    match node:
        case Cat(parts) | Alt(parts):
            return sum(map(_loops, parts))
        case Group(_, inner):
            return _loops(inner)
        case Repeat(inner, least, most, _):
            return _loops(inner) + (most is None or most > least)
    return 0


def _compiled(node: Node) -> list[_Step]:
    program: list[_Step] = []
    _add(program, node)
    program.append(_Step("match"))
    return program


def _add(program: list[_Step], node: Node) -> None:
    """Append the steps of a node; it is left at the end."""
    if len(program) > _MOST_STEPS:
        raise Unsupported("a regular expression that is too large")
    match node:
        case One(fragment):
            program.append(_Step("one", re.compile(fragment, re.ASCII).match, len(program) + 1))
        case Assert(fragment):
            program.append(_Step("place", re.compile(fragment, re.ASCII).match, len(program) + 1))
        case Cat(parts):
            for part in parts:
                _add(program, part)
        case Alt(parts):
            _add_alternatives(program, parts)
        case Group(number, inner):
            program.append(_Step("save", None, len(program) + 1, 2 * number))
            _add(program, inner)
            program.append(_Step("save", None, len(program) + 1, 2 * number + 1))
        case Repeat(inner, least, most, greedy):
            for _ in range(least):
                _add(program, inner)
            if most is None:
                _add_loop(program, inner, greedy)
            else:
                _add_options(program, inner, most - least, greedy)


def _split(into: int, past: int, greedy: bool) -> _Step:
    return _Step("split", None, into, past) if greedy else _Step("split", None, past, into)


def _add_alternatives(program: list[_Step], parts: tuple[Node, ...]) -> None:
    ends = []
    for part in parts[:-1]:
        fork = len(program)
        program.append(_Step("split"))
        _add(program, part)
        ends.append(len(program))
        program.append(_Step("jump"))
        program[fork] = _Step("split", None, fork + 1, len(program))
    _add(program, parts[-1])
    for end in ends:
        program[end] = _Step("jump", None, len(program))


def _add_loop(program: list[_Step], inner: Node, greedy: bool) -> None:
    fork = len(program)
    program.append(_Step("split"))
    _add(program, inner)
    program.append(_Step("jump", None, fork))
    program[fork] = _split(fork + 1, len(program), greedy)


def _add_options(program: list[_Step], inner: Node, count: int, greedy: bool) -> None:
    forks = []
    for _ in range(count):
        forks.append(len(program))
        program.append(_Step("split"))
        _add(program, inner)
    for fork in forks:
        program[fork] = _split(fork + 1, len(program), greedy)


def _run(program: list[_Step], groups: int, text: str, start: int) -> Spans | None:
    """Try each place in turn. What failed once from a step and a place fails always, so no pair is tried twice."""
    width = len(text) - start + 1
    if width * len(program) > _MOST_VISITS:
        raise Unsupported("a regular expression on a long text")
    seen = bytearray(width * len(program))
    for begin in range(start, len(text) + 1):
        found = _from(program, groups, text, begin, start, seen)
        if found is not None:
            return found
    return None


def _from(program: list[_Step], groups: int, text: str, begin: int, start: int, seen: bytearray) -> Spans | None:
    saved = [-1] * (2 * groups + 2)
    # A step and a place to go on from; with a negative step, a group's place to put back.
    stack = [(0, begin)]
    width = len(text) - start + 1
    while stack:
        step, at = stack.pop()
        if step < 0:
            saved[-step] = at
            continue
        while True:
            mark = step * width + at - start
            if seen[mark]:
                break
            seen[mark] = 1
            kind, test, following, other = program[step]
            if kind == "match":
                saved[0], saved[1] = begin, at
                pairs = zip(saved[::2], saved[1::2], strict=True)
                return tuple((low, high) if low >= 0 and high >= 0 else None for low, high in pairs)
            if test is not None:
                if not test(text, at):
                    break
                at += kind == "one"
            elif kind == "split":
                stack.append((other, at))
            elif kind == "save":
                stack.append((-other, saved[other]))
                saved[other] = at
            step = following
    return None
