"""How to relocate what entry points render: propose edits, simulate them, accept what gives the right result. Pure.

Images and entries that meet on some way form a group, which is relocated as a whole or left. The proposals, in turn:
the least (what is rendered is changed where it is made, and names follow), everything in place, entries added at the
entry points, nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from gitops_clone.image import InvalidReference, parse
from gitops_clone.layers.simulate import Flow, Key, Step, run
from gitops_clone.layers.transformer import Rule, split
from gitops_clone.naming import Pin, Scheme, Unrelocatable


class Level(IntEnum):
    """The proposals, in the order in which they are tried."""

    LEAST = 0
    IN_PLACE = 1
    ADDED = 2
    LEFT = 3


class Aim(NamedTuple):
    """What a flow is to render; `reason` says why it is to stay as it is, None where it moves or is fine."""

    text: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """New texts of places, new rules of entries, and entries to add at the end of an entry point's list."""

    places: dict[Key, str] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    added: dict[str, tuple[Rule, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """All flows, the rules of their entries, and what may be changed.

    `pending` are rules with a name that an earlier run was about to write, when it was killed after the places.

    `frozen` are entries that must stay, `closed` entry points that take no added entries. `relocated` gives the new
    text of an image as written, None where it has none.
    """

    flows: Sequence[Flow]
    rules: Mapping[str, Rule]
    frozen: frozenset[str]
    closed: frozenset[str]
    fixed: frozenset[Key]
    scheme: Scheme
    pin: Pin
    aim: Callable[[Flow, Sequence[Step]], Aim]
    relocated: Callable[[Key, str], str | None]
    pending: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Track:
    """A flow whose image is known, the entries that take it (pending ones too), what is rendered `now`, and the aim."""

    flow: Flow
    key: Key
    image: str
    steps: tuple[Step, ...]
    now: str
    aim: Aim

    @property
    def final(self) -> str:
        return self.steps[-1].after if self.steps else self.image

    @property
    def moves(self) -> bool:
        return self.aim.text != self.now


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
    cache: dict[tuple[str, int, tuple[str, ...]], tuple[tuple[Step, ...], str]] = {}
    result = []
    for flow in problem.flows:
        if flow.source is not None:
            way = (flow.source.image, flow.source.reach, flow.entries)
            if way not in cache:
                steps = run(*way, rules)
                now = steps[-1].after if steps else flow.source.image
                cache[way] = (tuple(run(*way, meant) if problem.pending else steps), now)
            taken, now = cache[way]
            result.append(Track(flow, flow.source.key, flow.source.image, taken, now, problem.aim(flow, taken)))
    return tuple(result)


def solve(problem: Problem) -> Solution:
    """The edits under which every entry point renders what its flows aim at; what cannot is left as it is."""
    all_tracks = tracks(problem)
    groups = _Groups()
    for track in all_tracks:
        groups.join(track.key, *(step.entry for step in track.steps))
    members: dict[Key | str, list[Track]] = defaultdict(list)
    for track in all_tracks:
        members[groups.of(track.key)].append(track)
    levels = {group: Level.LEAST if any(t.moves for t in found) else Level.LEFT for group, found in members.items()}
    while True:
        edits = Edits()
        for group, found in members.items():
            while (proposal := _propose(problem, found, levels[group])) is None:
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
    cache: dict[tuple[str, int, tuple[str, ...]], list[Step]] = {}
    failing: set[Key | str] = set()
    for track in all_tracks:
        assert track.flow.source is not None
        image = edits.places.get(track.key, track.image)
        entries = track.flow.entries
        if track.flow.source.reach and track.flow.entry_point in edits.added:
            entries = (*entries, _tail(track.flow.entry_point))
        way = (image, track.flow.source.reach, entries)
        if way not in cache:
            cache[way] = run(*way, rules)
        steps = cache[way]
        final = steps[-1].after if steps else image
        group = groups.of(track.key)
        wanted = track.now if levels[group] is Level.LEFT else track.aim.text
        if final == wanted:
            continue
        involved = {group}
        for step in (*track.steps, *steps):
            if step.entry.startswith("+"):
                involved |= {g for g, level in levels.items() if level is Level.ADDED}
            else:
                involved.add(groups.of(step.entry))
        failing |= {each for each in involved if levels.get(each, Level.LEFT) is not Level.LEFT}
    return failing


def _tail(entry_point: str) -> str:
    return f"+{entry_point}"


def _propose(problem: Problem, found: Sequence[Track], level: Level) -> Edits | None:
    try:
        if level is Level.LEFT:
            return Edits()
        if level is Level.ADDED:
            return _added(problem, found)
        return _in_place(problem, found, everything=level is Level.IN_PLACE)
    except (_NoWay, InvalidReference, Unrelocatable):
        return None


class _NoWay(ValueError):
    """This proposal cannot be made for the group."""


def _in_place(problem: Problem, found: Sequence[Track], *, everything: bool) -> Edits:
    """Change each image where it is made: at its place, or by the last entry that takes it; names follow."""
    moved: set[Key | str] = set()
    for track in found:
        if track.moves:
            moved.add(track.steps[-1].entry if track.steps else track.key)
        if everything:
            moved.add(track.key)
    edits = Edits()
    inputs: dict[str, set[bool]] = defaultdict(set)
    steps: dict[str, list[Step]] = defaultdict(list)
    for track in found:
        relocated = track.key in moved
        if relocated and track.key not in edits.places:
            new = problem.relocated(track.key, track.image)
            if new is None or track.key in problem.fixed:
                raise _NoWay
            edits.places[track.key] = new
        for step in track.steps:
            steps[step.entry].append(step)
            inputs[step.entry].add(relocated or _is_backup(problem.scheme, step.before))
            relocated = relocated or step.entry in moved
    for entry, kinds in inputs.items():
        if len(kinds) == 2:
            raise _NoWay
        renamed = True in kinds
        new_rule = problem.rules[entry]
        if renamed or entry in moved:
            new_rule = _moved_rule(problem, new_rule, steps[entry], renamed=renamed)
        if new_rule != problem.rules[entry]:
            if entry in problem.frozen:
                raise _NoWay
            edits.rules[entry] = new_rule
    return edits


def _moved_rule(problem: Problem, rule: Rule, steps: Sequence[Step], *, renamed: bool) -> Rule:
    """A rule whose result is on the backup registry, and what it takes too if `renamed`."""
    if renamed:
        parts = split(rule.name)
        if parts.digest:
            raise _NoWay
        if _is_backup(problem.scheme, rule.name):
            return rule
        name = _backup_name(problem.scheme, parts.name)
        rule = rule._replace(name=f"{name}:{parts.tag}" if parts.tag else name)
    if rule.new_name:
        rule = rule._replace(new_name=_backup_name(problem.scheme, rule.new_name))
    elif not renamed:
        names = {split(step.after).name for step in steps}
        if len(names) != 1:
            raise _NoWay
        rule = rule._replace(new_name=_backup_name(problem.scheme, names.pop()))
    if rule.digest and problem.pin is Pin.NEVER:
        if rule.new_tag:
            raise _NoWay
        rule = rule._replace(new_tag=_digest_tag(rule.digest), digest="")
    return rule


def _added(problem: Problem, found: Sequence[Track]) -> Edits:
    """Leave all as it is, and relocate by entries at the end of the entry points."""
    edits = Edits()
    finals: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for track in found:
        if track.moves:
            if track.flow.entry_point in problem.closed or not (track.flow.source and track.flow.source.reach):
                raise _NoWay
            finals[track.flow.entry_point][split(track.final).name].add(track.final)
    for entry_point, names in finals.items():
        edits.added[entry_point] = tuple(_added_rule(problem, name, images) for name, images in sorted(names.items()))
    return edits


def _added_rule(problem: Problem, name: str, images: set[str]) -> Rule:
    rule = Rule(name, _backup_name(problem.scheme, name))
    parts = [split(image) for image in images]
    if all(part.tag and not part.digest for part in parts):
        return rule
    if len(parts) > 1:
        raise _NoWay
    digest = parts[0].digest
    if digest:
        return rule if problem.pin is not Pin.NEVER else rule._replace(new_tag=_digest_tag(digest))
    return rule._replace(new_tag="latest")


def _is_backup(scheme: Scheme, image: str) -> bool:
    return image.startswith(f"{scheme.backup_registry}/")


def _backup_name(scheme: Scheme, name: str) -> str:
    reference = parse(name)
    if reference.tag or reference.digest:
        raise _NoWay
    return scheme.backup(reference).name


def _digest_tag(digest: str) -> str:
    return digest.replace(":", "_")
