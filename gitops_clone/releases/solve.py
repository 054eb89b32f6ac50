"""Which ways to relocate a repository's images hold: tried together, and taken only if all comes out right. Pure.

Images that share scalars form a group, over all releases: what one of them needs must suit the others. What is wrong
with an attempt is told by the judge, who renders every release that it could reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitops_clone.documents.planned import Tree
from gitops_clone.releases.compose import Composition
from gitops_clone.releases.model import At
from gitops_clone.releases.propose import Way

_MOST_STEPS = 20_000
_MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Aim:
    """An image of some releases (by index), and the ways to relocate it; without any it stays, for a reason."""

    image: str
    parts: Composition
    releases: frozenset[int]
    ways: tuple[Way, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The way of each aim (by index), those that stay left out; and all their edits in one."""

    ways: Mapping[int, Way]
    set: Mapping[At, str]
    added: Mapping[At, Tree]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an attempt: the aims that render something else than they should, with the reason.

    `elsewhere` has the releases in which something else has changed, or that do not render, with what that is.
    """

    wrong: Mapping[int, str] = field(default_factory=dict)
    elsewhere: Mapping[int, str] = field(default_factory=dict)


Judge = Callable[[Attempt], Verdict]


@dataclass(frozen=True, slots=True)
class Solution:
    """The attempt that holds, and for each aim that stays the reason."""

    attempt: Attempt
    left: Mapping[int, str]


def solve(aims: Sequence[Aim], judge: Judge) -> Solution:
    """The ways that hold."""
    groups = _groups(aims)
    ways = [list(aim.ways) for aim in aims]
    reasons = {index: aim.reason for index, aim in enumerate(aims) if not aim.ways}
    chosen = [_choice(aims, members, ways) for members in groups]
    for _ in range(_MOST_ATTEMPTS):
        attempt = _joined(chosen)
        verdict = judge(attempt)
        failing = {index: reason for index, reason in verdict.wrong.items() if index in attempt.ways}
        if not failing and verdict.elsewhere:
            failing = _guilty(verdict.elsewhere, aims, chosen, judge)
        if not failing:
            return Solution(attempt, _left(aims, groups, attempt, reasons))
        for index, reason in failing.items():
            ways[index].remove(attempt.ways[index])
            reasons[index] = reason
        chosen = [
            _choice(aims, members, ways) if not failing.keys().isdisjoint(members) else before
            for members, before in zip(groups, chosen, strict=True)
        ]
    reason = "too many ways to relocate it came out wrong"
    return Solution(_joined([]), _left(aims, groups, _joined([]), dict.fromkeys(range(len(aims)), reason)))


def _joined(chosen: Iterable[Mapping[int, Way]]) -> Attempt:
    """Ways as one attempt."""
    ways = {index: way for each in chosen for index, way in each.items()}
    texts: dict[At, str] = {}
    added: dict[At, Tree] = {}
    for way in ways.values():
        texts |= way.set
        added |= way.added
    return Attempt(ways, texts, added)


def _groups(aims: Sequence[Aim]) -> list[list[int]]:
    """The indices of aims that share scalars, or could."""
    parents = list(range(len(aims)))

    def of(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    first: dict[At, int] = {}
    for index, aim in enumerate(aims):
        places = {part.at for part in aim.parts if part.at is not None}
        for way in aim.ways:
            places |= way.set.keys() | way.added.keys()
        for at in places:
            parents[of(index)] = of(first.setdefault(at, index))
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(aims)):
        members[of(index)].append(index)
    return list(members.values())


def _choice(aims: Sequence[Aim], members: Sequence[int], ways: Sequence[Sequence[Way]]) -> dict[int, Way]:
    """The best ways of a group's images that do not contradict each other; an image without one stays."""
    steps = 0

    def choose(number: int, chosen: dict[int, Way], known: dict[At, str]) -> Iterator[dict[int, Way]]:
        nonlocal steps
        if number == len(members):
            yield chosen
            return
        index = members[number]
        for way in (*ways[index], None):
            steps += 1
            if steps > _MOST_STEPS:
                return
            texts = _texts(aims[index], way)
            if all(known.get(at, text) == text for at, text in texts.items()):
                after = {**chosen, index: way} if way is not None else chosen
                yield from choose(number + 1, after, {**known, **texts})

    return next(choose(0, {}, {}), {})


def _texts(aim: Aim, way: Way | None) -> dict[At, str]:
    """What the scalars of an image say under a way."""
    texts = {part.at: part.text for part in aim.parts if part.at is not None}
    if way is not None:
        texts |= way.set
        texts |= {at: str(value) for at, value in way.added.items()}
    return texts


def _guilty(
    elsewhere: Mapping[int, str], aims: Sequence[Aim], chosen: Sequence[Mapping[int, Way]], judge: Judge
) -> dict[int, str]:
    """The aims whose ways change something else, found by trying them alone; all of them if none does so alone."""
    suspects = [each for each in chosen if any(not aims[index].releases.isdisjoint(elsewhere) for index in each)]
    if len(suspects) > 1:
        found: dict[int, str] = {}
        for each in suspects:
            if alone := judge(_joined([each])).elsewhere:
                found |= _guilty(alone, aims, [each], judge)
        if found:
            return found
    reason = next(iter(elsewhere.values()))
    members = {index: way for each in suspects for index, way in each.items()}
    if len(suspects) == 1 and len(members) > 1:
        for index, way in members.items():
            if alone := judge(_joined([{index: way}])).elsewhere:
                return {index: next(iter(alone.values()))}
    return dict.fromkeys(members, reason)


def _left(
    aims: Sequence[Aim], groups: Sequence[Sequence[int]], attempt: Attempt, reasons: Mapping[int, str]
) -> dict[int, str]:
    """Why aims stay: for reasons of their own, or because they share values with others that do."""
    left: dict[int, str] = {}
    for members in groups:
        staying = [index for index in members if index not in attempt.ways]
        known = [index for index in staying if reasons.get(index)]
        for index in staying:
            if index in known:
                left[index] = reasons[index]
            elif known:
                left[index] = f"shares values with {aims[known[0]].image}, which stays: {reasons[known[0]]}"
            else:
                left[index] = "its values cannot say what each release needs"
    return left
