"""What the layers know of a run, and the edits that relocate what its entry points render."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gitops_clone.change import NewText
from gitops_clone.controllers.argo import image_override
from gitops_clone.finding import Certainty, Finding, Place, RuleKind, Span, State, is_hidden
from gitops_clone.image import parse
from gitops_clone.layers import pins
from gitops_clone.layers.entries import can_add
from gitops_clone.layers.flow import Flow, Key, Outcome, key_of, understood
from gitops_clone.layers.generators import Generator
from gitops_clone.layers.guard import Selector
from gitops_clone.layers.kustomization import ImageEntry
from gitops_clone.layers.problem import Aim, Problem
from gitops_clone.layers.relocate import Solution, solve
from gitops_clone.layers.simulate import rule_of
from gitops_clone.layers.survey import Survey
from gitops_clone.layers.transformer import Rule, matches
from gitops_clone.lines import Lines
from gitops_clone.naming import Pin
from gitops_clone.states import Rules, classify


@dataclass(frozen=True, slots=True)
class Layers:
    """What the layers know of a run: enough to plan its edits once it is known which images are backed up.

    `brought` are entries to add to kustomization files, for what only rendering shows. `left` are the places that had
    to be left though everything is backed up: they were not copied, so with less they must not move either, or the next
    run would find more to do. `named_after`: files of which generated names have a hash, and what generates them.
    """

    survey: Survey
    rules: Rules
    files: frozenset[str]
    selectors: tuple[Selector, ...]
    brought: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    left: frozenset[Key] = frozenset()
    named_after: Mapping[str, Generator] = field(default_factory=dict)

    def solve(self, available: Callable[[str], bool], digest: Callable[[str], str | None]) -> Solution:
        """The edits that relocate what entry points render, as far as the upstreams are available."""
        carriers = self.carriers() if self.rules.pin is Pin.ALWAYS else frozenset()
        while True:
            solution = solve(self._problem(available, digest, carriers))
            if carriers.isdisjoint(solution.left):
                break
            carriers -= solution.left  # rather without the locked digest than not at all
        for file in self.brought.keys() & self.files:
            solution.edits.added[file] = (*solution.edits.added.get(file, ()), *self.brought[file])
        return solution

    def new_text(
        self, solution: Solution, usual: Callable[[Finding], NewText | None]
    ) -> Callable[[Finding], NewText | None]:
        """What to write at a finding's place: what the solution says where the layers know it, else the usual."""
        moving = {track.key for track in solution.tracks if track.steps}

        def decide(finding: Finding) -> NewText | None:
            place = finding.place
            key = key_of(place)
            if self.makes(finding) or key in self.survey.unlisted:
                return None
            if key not in self.survey.seen:
                return usual(finding)
            if (known := self.survey.findings.get(key)) is None or known.place.image != place.image:
                return None
            if key in solution.edits.places:
                return NewText(solution.edits.places[key], finding.upstream or "")
            still = finding.state is State.BACKUP and key not in moving
            return usual(finding) if still else None

        return decide

    def kustomizations(self) -> frozenset[str]:
        """The files of all kustomizations."""
        return self.survey.files

    def makes(self, finding: Finding) -> bool:
        """Whether a finding is no image that is rewritten where it stands: a solution alone says what to edit."""
        rule, place = finding.place.rule, finding.place
        made = rule is not None and rule.kind in (RuleKind.ENTRY, RuleKind.INLINE_PATCH, RuleKind.COPIED)
        if place.file in self.survey.files and not is_hidden(place):
            return True
        return made or self.survey.knows(place)

    def name_that_changes(self, place: Place) -> str | None:
        """Why a place must stay where it is written: a generated name ends with a hash of the file, and would change.

        With `certainty` below certain, it may, as with the other texts that ConfigMaps are made of.
        """
        generator = self.named_after.get(place.file)
        if generator is None or place.certainty is not Certainty.CERTAIN:
            return None
        remedy = "" if generator.kind == "Secret" else ": --certainty likely takes it"
        if remedy and self.rules.certainty is not Certainty.CERTAIN:
            return None
        return f"the name of {generator.kind} {generator.name} has a hash of this file, and would change{remedy}"

    def text_of(self, entry: ImageEntry) -> str:
        """The text that the offsets of an entry count in; empty where no report needs it."""
        if entry.holder is not None:
            return entry.holder.text
        each = next((k for k in self.survey.graph.kustomizations.values() if k.file == entry.file), None)
        return each.text if each is not None else ""

    def upstream(self, image: str) -> str:
        """The upstream of an image, as reports name it."""
        found = classify(place_of(_ANYWHERE, image), self.rules)
        return found.upstream or image

    def marks(self, entry: ImageEntry) -> str | None:
        """What keeps an entry as it is: a comment of ours, the marker of Flux image automation, its object."""
        lines = Lines(self.text_of(entry), 0)
        if any(lines.ignored(pair.key.start) for pair in entry.fields.values()):
            return "comment gitops-clone: ignore"
        if entry.holder is not None and entry.note is not None:
            return entry.note
        for key in ("newName", "digest", "text"):
            if key in entry.fields and (policy := lines.policy(entry.fields[key].value.start)):
                return f"Flux image automation owns this line (ImagePolicy {policy})"
        return None

    def why_not(self, flow: Flow, outcome: Outcome) -> str | None:
        """Why what a flow renders must stay as it is, whatever it is."""
        assert flow.source is not None
        if flow.taint:
            return flow.taint
        if not self.left.isdisjoint(flow.keys):
            return "left with what it meets"
        steps = outcome.steps
        values = {flow.source.image, outcome.text, *(step.after for step in steps)}
        for selector in self.selectors:
            if selector.reaches(flow.source.key.file) and any(matches(selector.name, value) for value in values):
                return selector.reason
        if steps and (mark := self.marks(self.survey.entries[steps[-1].entry])) is not None:
            return mark
        if (unlisted := self.survey.unlisted.get(flow.source.key)) is not None and unlisted.place.note is not None:
            return unlisted.place.note
        finding = self.survey.findings.get(flow.source.key)
        if finding is not None and finding.place.note is not None:
            return finding.place.note
        if finding is not None and finding.state is State.IGNORED:
            return finding.reason
        return None

    def classified(self, flow: Flow, image: str) -> Finding:
        """What an image is to the rules, in the namespace that the layers give it."""
        assert flow.source is not None
        place = place_of(flow.source.key, image)
        finding = self.survey.findings.get(flow.source.key)
        policy = finding.place.policy if finding is not None and image == flow.source.image else None
        return classify(replace(place, namespace=flow.namespace, policy=policy), self.rules)

    def carriers(self) -> frozenset[pins.Node]:
        """What may carry the locked digest."""
        rules = {key: rule_of(entry) for key, entry in self.survey.entries.items()}
        texts = (key for key, entry in self.survey.entries.items() if entry.written is not None)
        return pins.carriers(self.survey.flows, rules, texts)

    def _problem(
        self,
        available: Callable[[str], bool],
        digest: Callable[[str], str | None],
        carriers: frozenset[pins.Node],
    ) -> Problem:
        found = self.survey
        rules = {key: rule_of(entry) for key, entry in found.entries.items()}
        frozen = {key for key, entry in found.entries.items() if not self.is_editable(key, entry)}
        fixed = {key for key, finding in found.findings.items() if not self.is_free(finding)}
        fixed |= {key for key, one in found.unlisted.items() if one.place.note or key.file not in self.files}
        pin = Pin.DIGEST if self.rules.pin is Pin.ALWAYS else self.rules.pin
        texts = _NewTexts(self, available, digest, carriers)
        return Problem(
            found.flows, rules, frozenset(frozen), self._closed(), frozenset(fixed), self.rules.scheme, pin,
            texts.aim, texts.relocated, self._pending(rules), carriers,
        )  # fmt: skip

    def _closed(self) -> frozenset[str]:
        """The entry points that take no added entry: unknown objects pass, or not of the run, or without room."""
        unknown = {flow.entry_point for flow in self.survey.flows if flow.source is None}
        graph = self.survey.graph
        real = (each for layer, each in graph.kustomizations.items() if layer not in graph.over)
        closed = {each.file for each in real if each.file not in self.files or not can_add(each)}
        over = graph.over.items()
        return frozenset(
            {name for name, each in over if each.room is None or each.owner.file not in self.files} | unknown | closed
        )

    def _pending(self, rules: Mapping[str, Rule]) -> dict[str, Rule]:
        """Rules with the names that the lock file says they have, where they have not."""
        pending = {}
        for key, rule in rules.items():
            entry = self.survey.entries[key]
            place = f"{entry.file}#{'' if entry.holder else '0'}{entry.pointer}"
            change = self.rules.lock.changes.get(place if entry.written else f"{place}/name")
            if change is None:
                continue
            old, new = _name(change.old, entry), _name(change.new, entry)
            if old == rule.name and new != rule.name:
                pending[key] = rule._replace(name=new)
        return pending

    def is_editable(self, key: str, entry: ImageEntry) -> bool:
        """Whether an entry may be changed."""
        if key in self.survey.unknown or entry.note or entry.file not in self.files:
            return False
        return understood(rule_of(entry)) and self.marks(entry) is None

    def is_free(self, finding: Finding) -> bool:
        """Whether a place that a finder saw may be changed."""
        place = finding.place
        free = place.note is None and place.editable and place.file in self.files
        return free and self.name_that_changes(place) is None


@dataclass(frozen=True, slots=True)
class _NewTexts:
    """What is to stand at a place, or to be rendered, once it is known which upstreams are backed up.

    `carriers` are the places and entries that may carry the locked digest.
    """

    layers: Layers
    available: Callable[[str], bool]
    digest: Callable[[str], str | None]
    carriers: frozenset[pins.Node]

    def aim(self, flow: Flow, outcome: Outcome) -> Aim:
        """What a flow is to render, of what it renders now."""
        assert flow.source is not None
        final = outcome.text
        if reason := self.layers.why_not(flow, outcome):
            return Aim(final, reason)
        finding = self.layers.classified(flow, final)
        new = self._written(finding, outcome.steps[-1].entry if outcome.steps else flow.source.key)
        if new is not None:
            return Aim(new)
        missing = "not backed up" if finding.state is State.UPSTREAM else None
        return Aim(final, finding.reason or missing)

    def relocated(self, key: Key, image: str) -> str | None:
        """The backup of an image as it is written at a place; None where it has none."""
        return self._written(classify(place_of(key, image), self.layers.rules), key)

    def _written(self, finding: Finding, node: pins.Node) -> str | None:
        if finding.state is not State.UPSTREAM or finding.upstream is None or not self.available(finding.upstream):
            return None
        rules = self.layers.rules
        pin = Pin.DIGEST if rules.pin is Pin.ALWAYS and node not in self.carriers else rules.pin
        return str(rules.scheme.written(parse(finding.upstream), pin, self.digest(finding.upstream)))


_ANYWHERE = Key("", 0, "")


def place_of(key: Key, image: str) -> Place:
    """An image at a place of which nothing but the key matters."""
    return Place(key.file, key.document, key.pointer, key.pointer, 1, 1, image, image, Span(0, 0))


def _name(text: str, entry: ImageEntry) -> str:
    """The name that an entry has in a text of the lock file: `name: "nginx"`, the value alone, a whole entry."""
    bare = text.strip().strip("\"'")
    if entry.written is not None:
        return image_override(bare, "", 0).name
    if entry.holder is not None:
        return bare
    return text.partition(":")[2].strip().strip("\"'")
