"""How to relocate what entry points render: propose edits, simulate them, accept what gives the right result. Pure.

Images and entries that meet on some way form a group, which is relocated as a whole or left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_clone.layers.flow import Key, Op, Outcome, Source, run
from gitops_clone.layers.problem import Edits, Problem, Track
from gitops_clone.layers.propose import Level, propose
from gitops_clone.layers.transformer import Rule


@dataclass(frozen=True, slots=True)
class Solution:
    """The edits that hold, the tracks they were found for, and the keys and entries of groups that had to be left."""

    edits: Edits
    tracks: tuple[Track, ...]
    left: frozenset[Key | str]


def tracks(problem: Problem) -> tuple[Track, ...]:
    """What the entry points render today."""
    rules = {entry: [rule] for entry, rule in problem.rules.items()}
    meant = {**rules, **{entry: [*rules[entry], rule] for entry, rule in problem.pending.items()}}
    cache: dict[tuple[str, tuple[Op, ...]], tuple[Outcome, str]] = {}
    result = []
    for flow in problem.flows:
        if flow.source is not None:
            way = (flow.source.image, flow.ops)
            if way not in cache:
                outcome = run(flow, _as_written, rules)
                cache[way] = (run(flow, _as_written, meant) if problem.pending else outcome, outcome.text)
            taken, now = cache[way]
            result.append(Track(flow, flow.source, taken, now, problem.aim(flow, taken)))
    return tuple(result)


def _as_written(source: Source) -> str:
    return source.image


def solve(problem: Problem) -> Solution:
    """The edits under which every entry point renders what its flows aim at; what cannot is left as it is."""
    all_tracks = tracks(problem)
    groups = _Groups()
    for track in all_tracks:
        groups.join(*track.flow.keys, *(step.entry for step in (*track.outcome.steps, *track.outcome.inner)))
    members: dict[Key | str, list[Track]] = defaultdict(list)
    for track in all_tracks:
        members[groups.of(track.key)].append(track)
    levels = {group: Level.LEAST if any(t.moves for t in found) else Level.LEFT for group, found in members.items()}
    while True:
        edits = Edits()
        for group, found in members.items():
            while (proposal := propose(problem, found, levels[group])) is None:
                levels[group] = Level(levels[group] + 1)
            edits.places.update(proposal.places)
            edits.rules.update(proposal.rules)
            for entry_point, added in proposal.added.items():
                edits.added[entry_point] = edits.added.get(entry_point, ()) + added
        failing = _failing(problem, all_tracks, edits, groups, levels)
        if not failing:
            break
        for group in failing:
            levels[group] = Level(levels[group] + 1)
    left = frozenset(
        node for node, group in groups.items() if levels[group] is Level.LEFT and any(t.moves for t in members[group])
    )
    return Solution(edits, all_tracks, left)


class _Groups:
    """Disjoint sets of places and entries."""

    def __init__(self) -> None:
        self._parents: dict[Key | str, Key | str] = {}

    def of(self, node: Key | str) -> Key | str:
        """The one that stands for the group of a node."""
        parents = self._parents
        while parents.setdefault(node, node) != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    def join(self, first: Key | str, *others: Key | str) -> None:
        group = self.of(first)
        for other in others:
            self._parents[self.of(other)] = group

    def items(self) -> Iterable[tuple[Key | str, Key | str]]:
        return [(node, self.of(node)) for node in tuple(self._parents)]


def _failing(
    problem: Problem,
    all_tracks: Sequence[Track],
    edits: Edits,
    groups: _Groups,
    levels: Mapping[Key | str, Level],
) -> set[Key | str]:
    """The groups to which the next proposal must be made."""
    rules: dict[str, Sequence[Rule]] = {entry: [rule] for entry, rule in {**problem.rules, **edits.rules}.items()}
    rules |= {_tail(entry_point): added for entry_point, added in edits.added.items()}
    cache: dict[tuple[str, tuple[Op, ...]], Outcome] = {}
    failing: set[Key | str] = set()

    def written(source: Source) -> str:
        return edits.places.get(source.key, source.image)

    for track in all_tracks:
        flow = track.flow
        if flow.tail and flow.entry_point in edits.added:
            flow = flow.with_added(_tail(flow.entry_point))
        way = (written(track.source), flow.ops)
        if way not in cache or flow.composed:
            cache[way] = run(flow, written, rules)
        final, steps, inner = cache[way]
        group = groups.of(track.key)
        wanted = track.now if levels[group] is Level.LEFT else track.aim.text
        if final == wanted:
            continue
        involved = {group}
        for step in (*track.outcome.steps, *track.outcome.inner, *steps, *inner):
            if step.entry.startswith("+"):
                involved |= {g for g, level in levels.items() if level is Level.ADDED}
            else:
                involved.add(groups.of(step.entry))
        failing |= {each for each in involved if levels.get(each, Level.LEFT) is not Level.LEFT}
    return failing


def _tail(entry_point: str) -> str:
    return f"+{entry_point}"
