"""Which entries relocate the images that only rendering shows: planned for each file or object that takes any. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.documents.amend import Amendment
from gitops_clone.layers.transformer import Rule, matches
from gitops_clone.render import entries
from gitops_clone.render.entries import Holder
from gitops_clone.render.model import PointKey
from gitops_clone.render.outside import ImageKey, Outside
from gitops_clone.render.tree import Tree

NOT_TOLD_APART = "several images of its name need entries that kustomize does not tell apart"


@dataclass(frozen=True, slots=True)
class Plan:
    """The entries that one file or object gets, and the images that they relocate.

    Each entry has an upstream that it is for, and what that becomes.
    """

    held: Holder
    rules: Mapping[Rule, tuple[str, str]]
    images: Collection[ImageKey]

    @property
    def place(self) -> str:
        return f"{self.held.file}:{self.held.line}"

    def is_for(self, point: PointKey) -> bool:
        """Whether an entry point renders some of its images."""
        return any(key[0] == point for key in self.images)

    def useless(self, remaining: Collection[ImageKey]) -> Iterator[ImageKey]:
        """The images of entries that relocate nothing, given the images that remain."""
        for rule in self.rules:
            taken = [key for key in self.images if matches(rule.name, key[1])]
            if all(key in remaining for key in taken):
                yield from taken


@dataclass(frozen=True, slots=True)
class Amends:
    """The entries that objects get, as the edits of a run take them."""

    by_file: Mapping[str, tuple[Amendment, ...]]

    def amendments(self, _available: Available, _digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        return self.by_file

    def coupled(self, _available: Available, _digest: Digest) -> Sequence[frozenset[str]]:
        return ()

    def without(self, files: Collection[str]) -> Self:
        return replace(self, by_file={name: each for name, each in self.by_file.items() if name not in files})


def plans(
    found: Iterable[Outside], targets: Mapping[ImageKey, str], tree: Tree, why_not: Callable[[Holder], str | None]
) -> tuple[list[Plan], dict[ImageKey, str]]:
    """The plans for the images that have a target; and why some have none. `why_not` says why a holder must stay."""
    left: dict[ImageKey, str] = {}
    by_holder: dict[Holder, list[Outside]] = defaultdict(list)
    for each in found:
        if each.key not in targets:
            continue
        held = entries.holder(each.point, tree)
        reason = held if isinstance(held, str) else why_not(held)
        if isinstance(held, str) or reason is not None:
            left[each.key] = reason or ""
        else:
            by_holder[held].append(each)
    made: list[Plan] = []
    for held, group in by_holder.items():
        wanted = {each.image.image: targets[each.key] for each in group}
        rules = entries.rules(wanted)
        fit = [each for each in group if entries.reached(rules, each.image.image) == wanted[each.image.image]]
        left |= {each.key: NOT_TOLD_APART for each in group if each not in fit}
        used = {
            rule: (each.image.upstream or "", wanted[each.image.image])
            for rule in rules
            for each in reversed(fit)
            if matches(rule.name, each.image.image)
        }
        if fit:
            made.append(Plan(held, used, [each.key for each in fit]))
    return made, left


def amends(tree: Tree, made: Iterable[Plan]) -> Amends:
    """The edits of objects."""
    by_file: dict[str, list[Amendment]] = defaultdict(list)
    for each in made:
        if each.held.document is not None:
            by_file[each.held.file] += entries.amendments(tree, each.held, each.rules)
    return Amends({name: tuple(listed) for name, listed in by_file.items()})


def brought(made: Iterable[Plan]) -> dict[str, tuple[Rule, ...]]:
    """The entries of kustomization files."""
    return {each.held.file: tuple(each.rules) for each in made if each.held.document is None}
