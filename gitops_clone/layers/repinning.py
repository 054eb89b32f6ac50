"""What a changed `pin`, or another locked digest, makes of what earlier runs wrote in the layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from gitops_clone.change import NewText
from gitops_clone.finding import Finding, State
from gitops_clone.image import Reference
from gitops_clone.layers import pins
from gitops_clone.layers.layers import Layers
from gitops_clone.layers.problem import Track
from gitops_clone.layers.propose import added_rule
from gitops_clone.layers.relocate import Solution
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.transformer import split
from gitops_clone.naming import Pin, Scheme, Unrelocatable


def repinned(
    layers: Layers,
    solution: Solution,
    usual: Callable[[Finding], NewText | None],
    digest: Callable[[str], str | None],
) -> Solution:
    """A solution with what earlier runs wrote made what `pin` says now: `usual` gives the new text of a place."""
    entries, pin, changes = layers.survey.entries, layers.rules.pin, layers.rules.lock.changes
    carriers = layers.carriers() if pin is Pin.ALWAYS else frozenset()
    rules = {key: rule_of(entry) for key, entry in entries.items()}
    now = {**rules, **solution.edits.rules}
    blocks, taken = pins.blocks(entries, changes), defaultdict[str, set[str]](set)
    targets, places = {}, {}
    for track in solution.tracks:
        key = pins.maker(track)
        if isinstance(key, str) and key not in targets and layers.is_editable(key, entries[key]):
            locked = _locked(layers, track, digest) if key in carriers else None
            if (one := pins.target(entries[key], now[key], changes, pin, locked)) is not None:
                targets[key] = one
            elif key in blocks:
                taken[key].add(track.steps[-1].before)
        if (new := _place(layers, track, usual, digest, may_carry=track.key in carriers)) is not None:
            places[track.key] = new
    for key, images in taken.items():
        if (rule := added_rule(layers.rules.scheme, pin, now[key].name, images)) is not None:
            targets[key] = pins.Target(rule, block=blocks[key])
    return pins.repinned(solution, rules, targets, places)


def _locked(layers: Layers, track: Track, digest: Callable[[str], str | None]) -> str | None:
    """The locked digest of what a track renders by its tag: another one beside it may be that of an earlier run."""
    found = layers.classified(track.flow, str(split(track.final)._replace(digest="")))
    return digest(found.upstream) if found.state is State.BACKUP and found.upstream is not None else None


def _forms(scheme: Scheme, upstream: Reference, digest: str) -> set[str]:
    """What may be written for an upstream. The lock file, which names it, may come from a stranger's pull request."""
    try:
        return {str(scheme.written(upstream, pin, digest or None)) for pin in Pin}
    except Unrelocatable:
        return set()


def _place(
    layers: Layers,
    track: Track,
    usual: Callable[[Finding], NewText | None],
    digest: Callable[[str], str | None],
    *,
    may_carry: bool,
) -> str | None:
    """What is to stand at a place that an earlier run wrote; None where the usual is right, or none has written."""
    key, rules = track.key, layers.rules
    if (one := layers.survey.unlisted.get(key)) is not None:
        known = rules.lock.changes.get(f"{key.file}#{one.amendment('', '').place}")
        was = pins.image_before(known, track.image, one.before) if known is not None else None
        if was is None or track.flow.composed or one.place.note or key.file not in layers.files:
            return None
        if track.image not in _forms(rules.scheme, was, split(track.image).digest):
            return None
        pin = Pin.DIGEST if rules.pin is Pin.ALWAYS and not may_carry else rules.pin
        return str(rules.scheme.written(was, pin, digest(str(was))))
    finding = layers.survey.findings.get(key)
    if not track.steps or finding is None or finding.state is not State.BACKUP or not layers.is_free(finding):
        return None
    if (new := usual(finding)) is None:
        return None
    return new.raw if may_carry or "@" in new.upstream else new.raw.partition("@")[0]
