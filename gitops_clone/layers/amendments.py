"""A solution's edits besides those of findings and entries: in objects of Flux and Argo CD, of copied texts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from gitops_clone.documents.amend import Amendment, Insert, Rename, Replace, TakeBack
from gitops_clone.documents.planned import Tree
from gitops_clone.layers.joining import Style
from gitops_clone.layers.kustomization import ImageEntry
from gitops_clone.layers.layers import Layers
from gitops_clone.layers.over import Room
from gitops_clone.layers.pins import place_of
from gitops_clone.layers.relocate import Solution
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.transformer import Rule

_KEYS = {"name": "name", "new_name": "newName", "new_tag": "newTag", "digest": "digest"}


def amendments(layers: Layers, solution: Solution) -> dict[str, list[Amendment]]:
    """The amendments by file."""
    survey, edits = layers.survey, solution.edits
    places = of_places(layers, solution)
    result: dict[str, list[Amendment]] = defaultdict(list)
    for name in places.keys() - layers.kustomizations():
        result[name] += places[name]
    for key, rule in edits.rules.items():
        entry = survey.entries[key]
        if entry.holder is not None:
            about = _about(layers, solution, key)
            back = _taken_back(layers, solution, entry, *about)
            old = rule_of(entry)
            if back:  # which gives it the tag and the digest that it is to have
                old = old._replace(new_tag=rule.new_tag, digest=rule.digest)
            result[entry.file] += [*back, *_changed(entry, old, rule, *about)]
    for layer, rules in edits.added.items():
        over = survey.graph.over.get(layer)
        if over is not None and over.room is not None:
            result[over.owner.file] += _added(over.room, rules, over.style)
    return dict(result)


def of_places(layers: Layers, solution: Solution) -> dict[str, list[Amendment]]:
    """Those at image places that no finder sees, by file: of kustomizations too."""
    result: dict[str, list[Amendment]] = defaultdict(list)
    for key, new in solution.edits.places.items():
        if (one := layers.survey.unlisted.get(key)) is not None:
            upstream, _ = _about(layers, solution, key)
            result[key.file].append(one.amendment(new, upstream or layers.upstream(one.source.image)))
    return dict(result)


def _about(layers: Layers, solution: Solution, node: object) -> tuple[str, str]:
    """The image that a place or an entry makes, for the report, and what becomes of it."""
    for track in solution.tracks:
        if track.moves and node in (track.steps[-1].entry if track.steps else track.key, track.key):
            finding = layers.classified(track.flow, track.final)
            return finding.upstream or "", track.aim.text
    return "", ""


def _taken_back(layers: Layers, solution: Solution, entry: ImageEntry, upstream: str, becomes: str) -> list[TakeBack]:
    """What an earlier run put into an entry, and is taken back."""
    known, place = layers.rules.lock.changes, place_of(entry)
    keys = [f"{place}/{key}" for key in ("newTag", "digest") if f"{place}/{key}" in solution.edits.back]
    prefix = f"{entry.file}#"
    return [TakeBack(k.removeprefix(prefix), known[k].old, known[k].new, upstream, becomes) for k in keys]


def _changed(entry: ImageEntry, old: Rule, new: Rule, upstream: str, becomes: str) -> Iterator[Amendment]:
    """The edits that make an entry follow a new rule instead of an old one."""
    if entry.written is not None:
        yield Replace(entry.pointer, entry.fields["text"].value.value, argument(new), upstream, becomes)
        return
    renamed = bool(old.digest and not new.digest)
    for attribute, key in _KEYS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if before == after or (renamed and key in ("digest", "newTag")):
            continue
        place = f"{entry.pointer}/{key}"
        yield (
            Replace(place, before, after, upstream, becomes)
            if key in entry.fields
            else Insert(place, after, upstream, becomes)
        )
    if renamed:
        yield Rename(f"{entry.pointer}/digest", "newTag", old.digest, new.new_tag, upstream, becomes)


def _added(room: Room, rules: Sequence[Rule], style: Style) -> Iterator[Amendment]:
    items: list[Tree] = [argument(rule) if style is Style.ARGO else _item(rule) for rule in rules]
    if not room.wrap:
        for number, (item, rule) in enumerate(zip(items, rules, strict=True), room.length):
            yield Insert(f"{room.place}/{number}", item, rule.name)
        return
    value: Tree = items
    for key in reversed(room.wrap[1:]):
        value = {key: value}
    yield Insert(f"{room.place}/{room.wrap[0]}", value, rules[0].name)


def _item(rule: Rule) -> dict[str, Tree]:
    pairs = (("name", rule.name), ("newName", rule.new_name), ("newTag", rule.new_tag))
    return {key: value for key, value in pairs if value}


def argument(rule: Rule) -> str:
    """A rule as `kustomize edit set image` takes it."""
    name = f"{rule.name}={rule.new_name}" if rule.new_name else rule.name
    return f"{name}@{rule.digest}" if rule.digest else f"{name}:{rule.new_tag}" if rule.new_tag else name
