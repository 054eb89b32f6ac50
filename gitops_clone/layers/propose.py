"""The edits that may relocate a group of images and entries, from the least to none. Pure.

In turn: the least (what is rendered is changed where it is made, and names follow), everything in place, entries added
at the entry points, nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import IntEnum

from gitops_clone.image import InvalidReference, parse
from gitops_clone.layers.flow import Key, Step
from gitops_clone.layers.problem import Edits, Problem, Track
from gitops_clone.layers.transformer import Rule, split
from gitops_clone.naming import Pin, Scheme, Unrelocatable


class Level(IntEnum):
    """The proposals, in the order in which they are tried."""

    LEAST = 0
    IN_PLACE = 1
    ADDED = 2
    LEFT = 3


class _NoWay(ValueError):
    """This proposal cannot be made for the group."""


def propose(problem: Problem, found: Sequence[Track], level: Level) -> Edits | None:
    """The edits of a group's tracks at a level, not yet simulated; None where it has none."""
    try:
        if level is Level.LEFT:
            return Edits()
        if level is Level.ADDED:
            return _added(problem, found)
        return _in_place(problem, found, everything=level is Level.IN_PLACE)
    except (_NoWay, InvalidReference, Unrelocatable):
        return None


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
    digests = _digests(problem, found)
    steps: dict[str, list[Step]] = defaultdict(list)
    for track in found:
        relocated = track.key in moved
        if relocated and track.key not in edits.places:
            new = _with_name(track) if track.flow.composed else problem.relocated(track.key, track.image)
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
        if entry in moved and entry in digests and not problem.rules[entry].digest:
            new_rule = new_rule._replace(digest=digests[entry])
        if new_rule != problem.rules[entry]:
            if entry in problem.frozen:
                raise _NoWay
            edits.rules[entry] = new_rule
    return edits


def _digests(problem: Problem, found: Sequence[Track]) -> dict[str, str]:
    """The digests that entries are to add to what they make, where they may."""
    made: dict[str, str] = {}
    for track in found:
        if track.moves and track.steps and track.steps[-1].entry in problem.carriers:
            digest = split(track.aim.text).digest
            if digest and made.setdefault(track.steps[-1].entry, digest) != digest:
                raise _NoWay
    return made


def _with_name(track: Track) -> str | None:
    """The text of a place that is only a part of an image: the image's name in it replaced; None where it is not."""
    old, new = split(track.now).name, split(track.aim.text).name
    rest = track.image.removeprefix(old)
    return f"{new}{rest}" if rest != track.image and rest[:1] in ("", ":", "@") else None


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
            if track.flow.entry_point in problem.closed or not track.flow.tail:
                raise _NoWay
            finals[track.flow.entry_point][split(track.final).name].add(track.final)
    for entry_point, names in finals.items():
        rules = [added_rule(problem.scheme, problem.pin, name, images) for name, images in sorted(names.items())]
        edits.added[entry_point] = tuple(rule for rule in rules if rule is not None)
        if None in rules:
            raise _NoWay
    return edits


def added_rule(scheme: Scheme, pin: Pin, name: str, images: Collection[str]) -> Rule | None:
    """The entry to add for images of a name; None where one cannot relocate them all."""
    try:
        rule = Rule(name, _backup_name(scheme, name))
    except (_NoWay, InvalidReference, Unrelocatable):
        return None
    parts = [split(image) for image in images]
    if all(part.tag and not part.digest for part in parts):
        return rule
    if len(parts) > 1:
        return None
    digest = parts[0].digest
    if digest:
        return rule if pin is not Pin.NEVER else rule._replace(new_tag=_digest_tag(digest))
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
