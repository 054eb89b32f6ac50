"""The findings of files, seen in the layers above them: which are rendered, as what, and which are left, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gitops_clone.controllers.model import Applied, Kind
from gitops_clone.finding import Finding, Place, Rule, RuleKind, Skipped, Span, State
from gitops_clone.layers.flow import Key, key_of
from gitops_clone.layers.generated import named_after
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.guard import Selector, hold
from gitops_clone.layers.kustomization import ImageEntry
from gitops_clone.layers.layers import Layers
from gitops_clone.layers.objects import layer_of
from gitops_clone.layers.problem import Track
from gitops_clone.layers.relocate import Solution
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.survey import Above, survey
from gitops_clone.lines import Lines
from gitops_clone.states import Rules, classify

_ENTRY = Rule(RuleKind.ENTRY)


def relate(
    root: Path,
    findings: Sequence[Finding],
    files: Collection[str],
    names: Sequence[str],
    above: Above,
    rules: Rules,
    scan_file: Callable[[str, bytes], Iterable[Finding]],
) -> tuple[list[Finding], list[Skipped], Layers]:
    """The findings as the layers leave them, those of image entries among them; what was passed over; the layers."""
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_file[finding.place.file].append(finding)
    looked = _Found(by_file, frozenset(files))
    found = survey(root, names, files, looked, scan_file, above)
    selectors = tuple(_selectors(found.applied, found.graph))
    hashed = named_after(found.graph.kustomizations.values())
    layers = Layers(found, rules, frozenset(files), selectors, named_after=hashed)
    solution = layers.solve(lambda upstream: True, lambda upstream: None)
    related = _States(layers, solution).apply(hold(findings, selectors))
    left = frozenset(node for node in solution.left if isinstance(node, Key))
    return related, found.skipped, replace(layers, left=left)


def _selectors(applied: Iterable[Applied], graph: Graph) -> Iterator[Selector]:
    """The names that overrides select among images which are not followed: what charts render, and unknown paths.

    A chart from elsewhere renders nothing that stands here.
    """
    for each in applied:
        if layer_of(each) in graph.over or (each.chart is not None and each.owner.kind is Kind.HELM_RELEASE):
            continue
        for image in each.images:
            where = f"{each.owner.file}:{image.line} ({each.owner})"
            yield Selector(image.name, where, each.path)


class _Found(dict[str, Sequence[Finding]]):
    """The findings of the run's files: none for a file without any, nothing for a file that is not of the run."""

    def __init__(self, by_file: Mapping[str, Sequence[Finding]], files: frozenset[str]) -> None:
        super().__init__({name: by_file.get(name, ()) for name in files})


class _States:
    """The states of findings under a solution, and the findings that image entries and inline patches are."""

    def __init__(self, layers: Layers, solution: Solution) -> None:
        self._layers, self._solution = layers, solution
        self._ways: dict[Key, list[Track]] = defaultdict(list)
        self._made: dict[str, dict[str, list[Track]]] = defaultdict(lambda: defaultdict(list))
        graph = layers.survey.graph
        reached = {flow.entry_point for flow in layers.survey.flows}
        points = (folder for folder in graph.entry_points if graph.entry_point(folder) in reached)
        folders = {inner for folder in points for inner in graph.closure(folder)}
        self._applied = {file for folder in folders for file in graph.includes[folder].files}
        self._patches = {name for folder in folders for name in layers.survey.patches_of(folder)}
        for track in solution.tracks:
            self._ways[track.key].append(track)
            if track.steps:
                self._made[track.steps[-1].entry][track.final].append(track)

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        keyed = ((finding, key_of(finding.place)) for finding in findings)
        survey = self._layers.survey
        result = [
            self._seen(finding, key)
            for finding, key in keyed
            if key not in survey.unlisted and not survey.knows(finding.place)
        ]
        result += self._unlisted()
        result += (made for key in sorted(self._made) for made in self._of_entry(key))
        result += self._unused()
        return sorted(result, key=lambda finding: finding.place.file)

    def _points(self, tracks: Iterable[Track]) -> tuple[str, ...]:
        """The names of the entry points that some images reach."""
        points = {track.flow.entry_point for track in tracks}
        return tuple(sorted(self._layers.survey.graph.shown(point) for point in points))

    def _seen(self, finding: Finding, key: Key) -> Finding:
        """A finding in its state, and the entry points that its image reaches, as it is written or changed."""
        ways = self._ways.get(key)
        finding = self._stated(finding, key, ways or [])
        return replace(finding, entry_points=self._points(ways)) if ways else finding

    def _stated(self, finding: Finding, key: Key, ways: Sequence[Track]) -> Finding:
        content = self._layers.name_that_changes(finding.place) if finding.state is State.UPSTREAM else None
        if content is not None and not ways:
            return replace(finding, place=replace(finding.place, editable=False), state=State.IGNORED, reason=content)
        if key not in self._layers.survey.seen or finding.state not in (State.UPSTREAM, State.BACKUP):
            return finding
        if not ways:
            reason = self._why_never(key)
            return replace(finding, state=State.IGNORED, reason=reason) if reason else finding
        if key in self._solution.edits.places:
            return finding
        written = [track for track in ways if not track.steps]
        if not written:
            entry = self._layers.survey.entries[ways[0].steps[-1].entry]
            return replace(
                finding, state=State.IGNORED, reason=f"never rendered as written: {entry.file}:{entry.line} changes it"
            )
        if finding.state is State.BACKUP or key not in self._solution.left:
            kept = next((t.aim.reason for t in written if t.aim.reason), None)
            if finding.state is State.UPSTREAM and kept and not any(t.moves for t in written):
                return replace(finding, state=self._kept_state(written), reason=kept)
            return finding
        return replace(finding, state=State.UNRESOLVED, reason=content or self._why_left(key))

    def _why_never(self, key: Key) -> str | None:
        """Why nothing renders a place at all; None where no chosen entry point includes its file."""
        if key.file in self._applied:
            return "never rendered: a patch or a replacement takes its place"
        if key.file in self._patches:
            return "never rendered: the patch goes to no object, or what it puts there is replaced"
        return None

    def _kept_state(self, written: Sequence[Track]) -> State:
        states = {self._layers.classified(t.flow, t.final).state for t in written}
        return State.IGNORED if states == {State.IGNORED} else State.UNRESOLVED

    def _why_left(self, node: Key | str) -> str:
        tracks = self._solution.tracks
        related = [t for t in tracks if node == t.key or any(step.entry == node for step in t.steps)]
        entries = {step.entry for track in related for step in track.steps}
        near = [t for t in tracks if t in related or entries.intersection(step.entry for step in t.steps)]
        if reason := next((t.aim.reason for t in near if t.aim.reason), None):
            return f"left, because it meets an image that stays: {reason}"
        survey = self._layers.survey
        for entry in sorted(entries):
            if entry in survey.unknown:
                return f"left: {survey.unknown[entry]}, which an entry in {survey.entries[entry].file} may change"
            if (note := survey.entries[entry].note) is not None:
                where = f"{survey.entries[entry].file}:{survey.entries[entry].line}"
                return f"left, because {where} selects it and cannot be changed: {note}"
            if survey.entries[entry].file not in self._layers.files:
                where = f"{survey.entries[entry].file}:{survey.entries[entry].line}"
                return f"{where} must change with it: include that file in the run"
        outside = next((t.key.file for t in near if t.key.file not in self._layers.files), None)
        if outside:
            return f"{outside} must change with it: include that file in the run"
        return "no edit of this layer relocates it without changing something else"

    def _of_entry(self, key: str) -> Iterable[Finding]:
        entry = self._layers.survey.entries[key]
        if entry.file not in self._layers.files:
            return
        for image, tracks in sorted(self._made[key].items()):
            finding = self._layers.classified(tracks[0].flow, image)
            place = _entry_place(self._layers, entry, image)
            finding = replace(finding, place=place, entry_points=self._points(tracks))
            kept = next((t.aim.reason for t in tracks if t.aim.reason), None)
            if finding.state is State.UPSTREAM and kept:
                finding = replace(finding, state=State.UNRESOLVED, reason=kept)
            elif finding.state is State.UPSTREAM and key in self._solution.left:
                finding = replace(finding, state=State.UNRESOLVED, reason=self._why_left(key))
            yield finding

    def _unused(self) -> Iterable[Finding]:
        """Entries that may change what only rendering shows."""
        survey = self._layers.survey
        points: dict[str, set[str]] = defaultdict(set)
        for flow in survey.flows:
            if flow.source is None:
                for key in flow.entries:
                    points[key].add(survey.graph.shown(flow.entry_point))
        for key, reason in sorted(survey.unknown.items()):
            entry = survey.entries[key]
            if key in self._made or entry.file not in self._layers.files:
                continue
            rule = rule_of(entry)
            image = f"{rule.new_name or rule.name}{f':{rule.new_tag}' if rule.new_tag else ''}"
            finding = classify(_entry_place(self._layers, entry, image), self._layers.rules)
            if finding.state is State.UPSTREAM:
                finding = replace(finding, state=State.UNRESOLVED, reason=reason)
            yield replace(finding, entry_points=tuple(sorted(points[key])))

    def _unlisted(self) -> Iterable[Finding]:
        """The places that no finder sees, or not as what they are a part of: a finding for each image made of them."""
        for key, one in sorted(self._layers.survey.unlisted.items(), key=lambda item: item[0]):
            if key.file not in self._layers.files:
                continue
            by_image: dict[str, list[Track]] = {}
            for track in self._ways.get(key, []):
                by_image.setdefault(track.final if track.flow.composed else one.source.image, []).append(track)
            for image, ways in sorted(by_image.items()) or [(one.source.image, [])]:
                finding = classify(replace(one.place, image=image), self._layers.rules)
                finding = replace(finding, place=replace(one.place, image=image))
                yield replace(self._stated(finding, key, ways), entry_points=self._points(ways))


def _entry_place(layers: Layers, entry: ImageEntry, image: str) -> Place:
    """Where an entry makes an image: at its newName, else at the key that changes the reference."""
    keys = ("text", "newName", "newTag", "digest", "tagSuffix")
    key = next((key for key in keys if key in entry.fields), "name")
    value, text = entry.fields[key].value, layers.text_of(entry)
    before = entry.holder.before if entry.holder is not None else 0
    line, column = Lines(text, before).position(value.start) if text else (entry.line, 1)
    document = entry.holder.document if entry.holder is not None else 0
    pointer = entry.pointer[entry.pointer.index("/") :] + ("" if entry.written else f"/{key}")
    return Place(
        entry.file, document, pointer, pointer, line, column, image, value.value, Span(0, 0), rule=_ENTRY
    )  # fmt: skip
