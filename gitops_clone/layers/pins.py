"""Digests in layers: where a locked one may stand, and what a changed `pin` makes of entries written before. Pure.

kustomize 5.7, measured: an entry with `newTag` and `digest` renders both; one with `newTag` alone drops the digest that
was there, one with `newName` alone keeps tag and digest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_clone.controllers.argo import image_override
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.image import InvalidReference, Reference
from gitops_clone.image import parse as parse_image
from gitops_clone.layers.flow import Flow, Key, Source, run
from gitops_clone.layers.flow import Rules as Ruled
from gitops_clone.layers.kustomization import ImageEntry
from gitops_clone.layers.problem import Edits, Track
from gitops_clone.layers.relocate import Solution
from gitops_clone.layers.transformer import Parts, Rule, split
from gitops_clone.lockfile import Replaced
from gitops_clone.naming import Pin

Node = Key | str
"""A place, or an entry by its key."""


def carriers(flows: Iterable[Flow], rules: Mapping[str, Rule], texts: Iterable[str]) -> frozenset[Node]:
    """The places and entries that may carry the digest of what they make, without changing anything else.

    An entry does if it says the tag, and makes one image. Where a later entry takes the name, or a part of the text,
    the digest would be that of another image. `texts` are the entries that are one text (Argo CD): it has one of both.
    """
    single = {key: [rule] for key, rule in rules.items()}
    made: dict[Node, set[str]] = defaultdict(set)
    spoiled: set[Node] = set(texts)
    for flow in flows:
        if flow.source is None:
            continue
        done = run(flow, lambda source: source.image, single)
        if flow.composed:
            spoiled.update((*flow.keys, *(step.entry for step in (*done.steps, *done.inner))))
            continue
        node: Node = flow.source.key
        for step in done.steps:
            rule = rules[step.entry]
            if not (rule.new_tag or rule.digest):
                spoiled.update((node, step.entry))
            node = step.entry
        made[node].add(done.text)
    alone = {node for node, finals in made.items() if isinstance(node, Key) or len(finals) == 1}
    return frozenset(node for node in alone - spoiled if isinstance(node, Key) or rules[node].new_tag)


def maker(track: Track) -> Node:
    """What makes the image that a track renders: the last entry that takes it, else its place."""
    return track.steps[-1].entry if track.steps else track.key


class Target(NamedTuple):
    """What an entry that an earlier run wrote is to be, and the lock file's changes to take back first (its keys).

    With `block`, the entry was added, with others: all of them are taken back, and added anew.
    """

    rule: Rule
    back: tuple[str, ...] = ()
    block: Block | None = None


class Block(NamedTuple):
    """Entries that an earlier run added, by their keys, in order; they are the last ones of their list."""

    file: str
    place: str
    entries: tuple[str, ...]


_KEYS = ("name", "newName", "newTag", "digest")


def target(
    entry: ImageEntry, rule: Rule, changes: Mapping[str, Replaced], pin: Pin, digest: str | None
) -> Target | None:
    """An entry, with its names of now, as a run with this pin would have written it; None where no run wrote it.

    `digest` is the locked one, if it may carry it. What somebody has changed meanwhile counts as what was there before.
    """
    place = place_of(entry)
    if entry.written is not None:
        known = changes.get(place)
        if known is None or not known.old or entry.fields["text"].value.value not in known.new:
            return None
        old = image_override(known.old.strip("\"'"), "", 0)
        back: tuple[str, ...] = ()
        was = rule._replace(new_tag="", digest=old.digest) if _tag_of(old.digest) == rule.new_tag else rule
    elif any(f"{place}/{key}" in changes for key in _KEYS) and not _is_added(changes.get(f"{place}/name")):
        was, back = _before(place, rule, changes)
    else:
        return None
    if pin is Pin.NEVER and was.digest:
        # With a tag beside it, no run would have changed this entry.
        return Target(was._replace(new_tag=_tag_of(was.digest), digest=""), back) if not was.new_tag else None
    if digest is not None and was.new_tag and not was.digest:
        return Target(was._replace(digest=digest), back)
    return Target(was, back)


def blocks(entries: Mapping[str, ImageEntry], changes: Mapping[str, Replaced]) -> dict[str, Block]:
    """The entries of kustomizations that earlier runs added, by their keys."""
    by_list: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key, entry in entries.items():
        if entry.holder is None and place_of(entry).partition("#")[2].startswith("0/images/"):
            listed, _, number = place_of(entry).rpartition("/")
            by_list[listed].append((int(number), key))
    found: dict[str, Block] = {}
    for listed, numbered in by_list.items():
        keys = [key for _, key in sorted(numbered)]
        for first in range(len(keys)):
            places = [f"{listed}/{first}/name", *([listed] if first == 0 else [])]
            place = next((each for each in places if _is_added(changes.get(each))), None)
            if place is not None and len(_ITEM.findall(changes[place].new)) == len(keys) - first:
                block = Block(listed.partition("#")[0], place, tuple(keys[first:]))
                found |= dict.fromkeys(block.entries, block)
    return found


_ITEM = re.compile(r"^ *- ", re.MULTILINE)


def _before(place: str, rule: Rule, changes: Mapping[str, Replaced]) -> tuple[Rule, tuple[str, ...]]:
    """A rule with the tag and the digest that it had, and the changes that made them what they are."""
    tag, digest = changes.get(f"{place}/newTag"), changes.get(f"{place}/digest")
    if digest is not None and not digest.old and rule.digest and rule.digest in digest.new:
        return rule._replace(digest=""), (f"{place}/digest",)
    if tag is not None and (old := _digest_in(tag.old)) and _tag_of(old) == rule.new_tag and rule.new_tag in tag.new:
        return rule._replace(new_tag="", digest=old), (f"{place}/newTag",)
    return rule, ()


def image_before(change: Replaced, image: str, prefix: str) -> Reference | None:
    """What an earlier run relocated where an image stands now, behind a prefix; None if it wrote something else."""
    if change.new.strip("\"'") != f"{prefix}{image}":
        return None
    try:
        return parse_image(change.old.strip("\"'").removeprefix(prefix)).tagged()
    except InvalidReference:
        return None


def place_of(entry: ImageEntry) -> str:
    """An entry's place, as the lock file names it."""
    return f"{entry.file}#{'' if entry.holder else '0'}{entry.pointer}"


def _is_added(change: Replaced | None) -> bool:
    return change is not None and not change.old


def _tag_of(digest: str) -> str:
    return digest.replace(":", "_")


def _digest_in(text: str) -> str:
    """The digest in `digest: sha256:…`; empty where the text is no such key."""
    try:
        root = parse(text)[0] if text else None
    except Unparsable:
        return ""
    if not isinstance(root, MappingNode) or len(root.pairs) != 1:
        return ""
    key, value = root.pairs[0]
    return value.value if isinstance(key, Scalar) and key.value == "digest" and isinstance(value, Scalar) else ""


def repinned(
    solution: Solution, rules: Mapping[str, Rule], targets: Mapping[str, Target], places: Mapping[Key, str]
) -> Solution:
    """The solution with the entries and places that can become what they are to be, and nothing else is rendered.

    `rules` are those of all entries as they are, `places` new texts.
    """
    edits = solution.edits
    now = {**rules, **edits.rules}
    targets = {
        key: one
        for key, one in targets.items()
        if one.rule != now[key] and (one.block is None or edits.rules.keys().isdisjoint(one.block.entries))
    }
    texts = {track.key: track.image for track in solution.tracks}
    places = {key: text for key, text in places.items() if key not in edits.places and text != texts.get(key)}
    ruled: dict[str, Sequence[Rule]] = {key: [rule] for key, rule in now.items()}
    ruled |= {f"+{entry_point}": more for entry_point, more in edits.added.items()}
    while targets or places:
        new = {**ruled, **{key: [one.rule] for key, one in targets.items()}}
        spoiled = {node for track in solution.tracks for node in _spoiled(track, edits, ruled, new, places)}
        if spoiled.isdisjoint(targets) and spoiled.isdisjoint(places):
            break
        targets = {key: one for key, one in targets.items() if key not in spoiled}
        places = {key: text for key, text in places.items() if key not in spoiled}
    again = dict.fromkeys(one.block for one in targets.values() if one.block is not None)
    added = dict(edits.added)
    for block in again:
        anew = (targets[key].rule if key in targets else now[key] for key in block.entries)
        added[block.file] = (*anew, *added.get(block.file, ()))
    done = replace(
        edits,
        places={**edits.places, **places},
        rules={**edits.rules, **{key: one.rule for key, one in targets.items() if one.block is None}},
        added=added,
        back=frozenset((*(place for one in targets.values() for place in one.back), *(each.place for each in again))),
    )
    return replace(solution, edits=done)


def _spoiled(track: Track, edits: Edits, now: Ruled, new: Ruled, places: Mapping[Key, str]) -> Iterable[Node]:
    """The nodes of a track, if something else than the tag and the digest of what says them would be another."""

    def text(source: Source) -> str:
        return edits.places.get(source.key, source.image)

    flow = track.flow
    if flow.tail and flow.entry_point in edits.added:
        flow = flow.with_added(f"+{flow.entry_point}")
    before = run(flow, text, now)
    after = run(flow, lambda source: places.get(source.key, text(source)), new)
    if before == after:
        return ()
    node: Node | None = track.key
    said = split(places[track.key]) if track.key in places else None
    for step in before.steps:
        for rule in new[step.entry]:
            if rule.new_tag or rule.digest:
                node, said = step.entry, Parts("", rule.new_tag, rule.digest)
            elif rule.tag_suffix:
                node = None
            elif rule not in now[step.entry]:
                node, said = step.entry, split(step.before)  # it says it no longer
    name = split(before.text).name
    wanted = str(said._replace(name=name)) if said is not None else before.text
    if node is not None and after.text == wanted and len(before.steps) == len(after.steps):
        return ()
    return (*track.flow.keys, *(step.entry for step in (*before.steps, *before.inner)))
