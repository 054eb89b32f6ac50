"""A solution's edits of kustomization files, made and proved; and the way back, from what the lock file says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops_clone.amendments import amended, restored, tell
from gitops_clone.documents.planned import Planned, TextChange, Unfit, plain
from gitops_clone.documents.source import decode
from gitops_clone.finding import Place, Skipped, Span
from gitops_clone.image import InvalidReference, parse
from gitops_clone.layers import amendments
from gitops_clone.layers.edit import edited, undone
from gitops_clone.layers.layers import Layers
from gitops_clone.layers.relocate import Solution
from gitops_clone.layers.transformer import Rule
from gitops_clone.layers.transforms import TRANSFORMER
from gitops_clone.lockfile import Replaced, place_key
from gitops_clone.result import Change, FileChange


def change_file(layers: Layers, solution: Solution, name: str, file: bytes | FileChange) -> FileChange | Skipped | None:
    """A kustomization file with the edits that a solution has for it; None without any.

    It is given as its bytes, or with its other edits made.
    """
    before, rules, added = _entries(layers, solution, name)
    if rules or added:
        data = file.after if isinstance(file, FileChange) else file
        try:
            after, planned = edited(name, data, before, rules, added, _back(layers, solution, name))
        except Unfit as error:
            return Skipped(name, str(error), fatal=True)
        file = _joined(name, file, after, [_change(name, plan, layers) for plan in planned])
    if wanted := amendments.of_places(layers, solution).get(name):
        return amended(name, file, wanted)
    return file if isinstance(file, FileChange) else None


def _entries(layers: Layers, solution: Solution, name: str) -> tuple[dict[str, Rule], dict[str, Rule], Sequence[Rule]]:
    """The rules of a file's entries by pointer: as they are, and the new ones; and the entries to add."""
    from gitops_clone.layers.simulate import rule_of

    entries = {
        key: entry
        for key, entry in layers.survey.entries.items()
        if entry.file == name and entry.holder is None and entry.note != TRANSFORMER
    }
    before = {entry.pointer: rule_of(entry) for entry in entries.values()}
    rules = {entries[key].pointer: rule for key, rule in solution.edits.rules.items() if key in entries}
    return before, rules, solution.edits.added.get(name, ())


def _back(layers: Layers, solution: Solution, name: str) -> list[TextChange]:
    """The changes of a file's entries that are taken back before anything else is done to them."""
    known = layers.rules.lock.changes
    prefix = f"{name}#0"
    return [
        TextChange(place.removeprefix(prefix), known[place].old, known[place].new)
        for place in sorted(solution.edits.back)
        if re.match(r"/image(?:s|Tags)(?:/|\Z)", place.removeprefix(prefix))
    ]


def files(layers: Layers, solution: Solution) -> list[str]:
    """The kustomization files that a solution changes."""
    entries = (layers.survey.entries[key] for key in solution.edits.rules)
    changed = {entry.file for entry in entries if entry.holder is None}
    found = {key.file for key in solution.edits.places if key in layers.survey.unlisted}
    added = solution.edits.added.keys() - layers.survey.graph.over.keys()
    return sorted(changed | (found & layers.kustomizations()) | added)


def coupled(layers: Layers, solution: Solution) -> frozenset[str]:
    """The files of which all must be changed, or none: kustomizations, and what their entries select."""
    selected = {track.key.file for track in solution.tracks if track.steps and track.key in solution.edits.places}
    return frozenset(selected.union(files(layers, solution), amendments.amendments(layers, solution)))


def recorded(known: Mapping[str, Replaced], changed: Sequence[FileChange]) -> dict[str, Replaced]:
    """What the lock file is to say of changed kustomizations, given what it says already."""
    changes = dict(known)
    for file in changed:
        for change in file.changes:
            place = change.places[0]
            key = place_key(file.file, place.document, place.text_pointer or "")
            tell(changes, key, Replaced(change.before, change.after))
    return changes


def _joined(name: str, file: bytes | FileChange, after: bytes, changes: Sequence[Change]) -> FileChange:
    """A file with further changes."""
    if isinstance(file, FileChange):
        return replace(file, after=after, changes=(*file.changes, *changes))
    return FileChange(name, file, after, decode(file).encoding, tuple(changes))


def restore_file(name: str, file: bytes | FileChange, known: Mapping[str, Replaced]) -> FileChange | Skipped | None:
    """A kustomization file without the changes that the lock file has for it; None if none of them stands there.

    It is given as its bytes, or with its other edits made.
    """
    prefix = f"{name}#"
    texts, places = [], {}
    for place, change in known.items():
        pointer = place.removeprefix(prefix)
        if place.startswith(prefix) and re.match(r"\d+/image(?:s|Tags)(?:/|\Z)", pointer):
            texts.append(TextChange(pointer[pointer.find("/") :], change.old, change.new))
        elif place.startswith(prefix):
            places[place] = change
    data = file.after if isinstance(file, FileChange) else file
    try:
        after, planned = undone(name, data, texts) if texts else (data, [])
    except Unfit as error:
        return Skipped(name, str(error), fatal=True)
    if after != data:
        file = _joined(name, file, after, [_change(name, plan, None) for plan in planned])
    return restored(name, file, places)


def by_file(known: Mapping[str, Replaced]) -> list[str]:
    """The files that the changes of a lock file are in."""
    return sorted({match[1] for place in known if (match := re.match(r"(.*?)#\d+[/=]", place))})


def _change(name: str, plan: Planned, layers: Layers | None) -> Change:
    change = plan.change
    where, old = change.pointer, change.old
    place = Place(name, 0, where, where, plan.line, 1, old.strip(), old, Span(0, 0), editable=False)
    upstream = _upstream(plan, layers)
    return Change((place,), upstream, change.old, change.new, tuple(plain(plan.operations)))


def _upstream(plan: Planned, layers: Layers | None) -> str:
    """The repository that a change is about, for the report."""
    words = f"{plan.change.new} {plan.change.old}".replace('"', " ").replace("'", " ").replace(",", " ").split()
    for word in words:
        try:
            reference = parse(word)
        except InvalidReference:
            continue
        if layers is not None and layers.rules.scheme.holds(reference):
            found = layers.rules.scheme.upstream(replace(reference, tag=reference.tag or "latest"))
            return found.name if found is not None else reference.name
    return plan.change.old or plan.change.pointer
