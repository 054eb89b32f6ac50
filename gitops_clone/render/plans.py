"""How the images that only rendering shows are to be relocated: planned for each file or object, until proved. Pure.

An image gets an entry where one can reach it; where that is not so, or turns out not to reach it, values of its chart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.documents.amend import Amendment
from gitops_clone.layers.transformer import Rule, matches
from gitops_clone.render import entries
from gitops_clone.render.entries import Holder
from gitops_clone.render.model import EntryPoint, PointKey
from gitops_clone.render.outside import ImageKey, Outside
from gitops_clone.render.settings import Settings
from gitops_clone.render.tree import Tree

NOT_TOLD_APART = "several images of its name need entries that kustomize does not tell apart"
ENTRIES_MISS = "image entries do not reach it"
NO_VALUE = "no value of its chart makes it"

Give = Callable[[EntryPoint, frozenset[str]], "Settings | str"]
"""How the values of an entry point's chart relocate some upstreams, or why they do not."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one file or object gets, and the images that this relocates: `entries` of a list, or values of a chart.

    Entries of a kustomization file have no `amendments`. Each has an upstream that it is for, and what that becomes.
    """

    place: str
    images: tuple[ImageKey, ...]
    files: frozenset[str]
    entries: Mapping[Rule, tuple[str, str]] = field(default_factory=dict)
    amendments: Mapping[str, tuple[Amendment, ...]] = field(default_factory=dict)

    @property
    def valued(self) -> bool:
        return not self.entries

    def is_for(self, point: PointKey) -> bool:
        """Whether an entry point renders some of its images."""
        return any(key[0] == point for key in self.images)

    def unreached(self, remaining: Collection[ImageKey]) -> Iterator[ImageKey]:
        return (key for key in self.images if key in remaining)


@dataclass(frozen=True, slots=True)
class Amends:
    """The edits of objects, as the edits of a run take them."""

    by_file: Mapping[str, tuple[Amendment, ...]]

    def amendments(self, _available: Available, _digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        return self.by_file

    def coupled(self, _available: Available, _digest: Digest) -> Sequence[frozenset[str]]:
        return ()

    def without(self, files: Collection[str]) -> Self:
        return replace(self, by_file={name: each for name, each in self.by_file.items() if name not in files})


class Planner:
    """Plans for images with their targets, and learns what does not hold. `left` says why images stay."""

    def __init__(
        self,
        found: Sequence[Outside],
        targets: Mapping[ImageKey, str],
        tree: Tree,
        why_not: Callable[[str, Holder | None], str | None],
        give: Give,
    ) -> None:
        self._found = {each.key: each for each in found}
        self._targets, self._tree, self._why_not, self._give = targets, tree, why_not, give
        self._valued: set[tuple[PointKey, str]] = set()
        self._barred: set[tuple[PointKey, str]] = set()
        self.left: dict[ImageKey, str] = {}

    def plans(self) -> list[Plan]:
        """The plans that may hold."""
        by_holder: dict[Holder, list[Outside]] = defaultdict(list)
        for key, each in self._found.items():
            if key not in self._targets or key in self.left or key[:2] in self._valued:
                continue
            held = entries.holder(each.point, self._tree)
            reason = held if isinstance(held, str) else self._why_not(held.file, held)
            if isinstance(held, str) or reason is not None:
                self.fail(key, reason or "")
            else:
                by_holder[held].append(each)
        made = [plan for held, group in by_holder.items() if (plan := self._entries(held, group)) is not None]
        return [*made, *self._values()]

    def fail(self, key: ImageKey, reason: str, *, valued: bool = False, whole: bool = True) -> None:
        """An image is not relocated as planned: values are tried where entries were, then (`valued`) it stays.

        `whole`: nor is it in any other object of the entry point.
        """
        each, named = self._found[key], key[:2]
        if valued:
            if whole or isinstance(entries.holder(each.point, self._tree), Holder):  # else entries do for the others
                self._valued.discard(named)
                self._barred.add(named)
            reason = f"{ENTRIES_MISS}; its values do not relocate it either: {reason}"
        elif named in self._valued:
            return  # as another object of the entry point has it
        elif named not in self._barred and _has_chart(each.point):
            unfit = self._unfit(each)
            if unfit is None:
                self._valued.add(named)
                return
            reason = f"{reason}; its values do not relocate it either: {unfit}"
        self.left[key] = reason

    def _unfit(self, each: Outside) -> str | None:
        """Why values of its chart do not relocate an image; None where they may."""
        given = self._give(each.point, frozenset((each.image.upstream or "",)))
        if isinstance(given, str):
            return given
        if each.image.image not in given.images:
            return given.left.get(each.image.image, NO_VALUE)
        reasons = (self._why_not(name, None) for name in given.amendments)
        return next(filter(None, reasons), None)

    def _entries(self, held: Holder, group: Sequence[Outside]) -> Plan | None:
        wanted = {each.image.image: self._targets[each.key] for each in group}
        rules = entries.rules(wanted)
        fit = []
        for each in group:
            if entries.reached(rules, each.image.image) == wanted[each.image.image]:
                fit.append(each)
            else:
                self.fail(each.key, NOT_TOLD_APART)
        used = {
            rule: (each.image.upstream or "", wanted[each.image.image])
            for rule in rules
            for each in reversed(fit)
            if matches(rule.name, each.image.image)
        }
        if not fit:
            return None
        amendments = {} if held.document is None else {held.file: tuple(entries.amendments(self._tree, held, used))}
        place = f"{held.file}:{held.line}"
        return Plan(place, tuple(each.key for each in fit), frozenset((held.file,)), used, amendments)

    def _values(self) -> Iterator[Plan]:
        by_point: dict[PointKey, list[Outside]] = defaultdict(list)
        for key, each in self._found.items():
            if key in self._targets and key not in self.left and key[:2] in self._valued:
                by_point[key[0]].append(each)
        for group in by_point.values():
            point = group[0].point
            given = self._give(point, frozenset(each.image.upstream or "" for each in group))
            fit = [each for each in group if isinstance(given, Settings) and each.image.image in given.images]
            for each in group:
                if each not in fit:
                    self.fail(each.key, given if isinstance(given, str) else NO_VALUE, valued=True)
            if isinstance(given, Settings) and fit:
                keys = tuple(each.key for each in fit)
                place = f"{point.place[0]}:{point.place[1]}"
                yield Plan(place, keys, frozenset(given.amendments), amendments=given.amendments)


def amends(made: Sequence[Plan]) -> Amends:
    """The edits of objects, and of files with values."""
    by_file: dict[str, list[Amendment]] = defaultdict(list)
    for plan in made:
        for name, each in plan.amendments.items():
            by_file[name] += each
    return Amends({name: tuple(listed) for name, listed in by_file.items()})


def brought(made: Sequence[Plan]) -> dict[str, tuple[Rule, ...]]:
    """The entries of kustomization files."""
    return {file: tuple(plan.entries) for plan in made if not plan.amendments for file in plan.files}


def _has_chart(point: EntryPoint) -> bool:
    """Whether an entry point is an object, in a file, with a chart from elsewhere."""
    return point.source is not None and point.applied is not None and point.applied.chart is not None
