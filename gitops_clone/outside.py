"""`rewrite --render`: what only rendering shows is found, and relocated by the layer above it where that is proved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone import plan
from gitops_clone.edit_plan import plan_edits
from gitops_clone.edits import Edits
from gitops_clone.finding import Finding
from gitops_clone.image import parse
from gitops_clone.lockfile import Lock
from gitops_clone.naming import Pin
from gitops_clone.render import batch, entries, images, mirrored, outside
from gitops_clone.render.batch import Outcome, Outcomes
from gitops_clone.render.documents import Document
from gitops_clone.render.entries import Holder
from gitops_clone.render.entry_points import Finder
from gitops_clone.render.images import Known
from gitops_clone.render.model import EntryPoint, PointKey, Rendering
from gitops_clone.render.outside import ImageKey, Outside
from gitops_clone.render.plans import ENTRIES_MISS, NO_VALUE, Plan, Planner, amends, brought
from gitops_clone.render.property import difference
from gitops_clone.render.renderer import Renderer
from gitops_clone.render.settings import AtHand, Settings, at_hand
from gitops_clone.render.tools import Refused
from gitops_clone.render.tree import Tree
from gitops_clone.scan import Scan, scan
from gitops_clone.states import Rules, separate_collisions
from gitops_clone.verify import renderer_of, tree_of
from gitops_clone.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Look:
    """What entry points render when the files of the run are rewritten, if all of its images are copied.

    `outside` are the images that are upstream all the same, `findings` what has to be copied for them, `unrendered`
    the entry points that do not render.
    """

    edits: Edits
    outcomes: Outcomes
    known: Known
    outside: Sequence[Outside]
    findings: Sequence[Finding]
    unrendered: Sequence[Rendering]


@contextmanager
def session(workspace: Workspace) -> Iterator[Session]:
    """A session, whose scratch folder is gone after it."""
    with TemporaryDirectory(prefix="gitops-clone-") as name:
        yield Session(workspace, Path(name).resolve())


class Session:
    """Renders in a run of `rewrite`; what it makes and fetches is below a scratch folder."""

    def __init__(self, workspace: Workspace, scratch: Path) -> None:
        self._workspace, self._scratch = workspace, scratch
        self._rules = workspace.rules(workspace.read_lock())
        self._tree = tree_of(workspace, workspace.root)
        copied = frozenset(key for key, entry in self._rules.lock.images.items() if entry.digest is not None)
        self._renderer: Renderer = renderer_of(workspace, scratch, self._rules.catalogue, network=True, copied=copied)
        self._copies = 0
        self._charts: dict[PointKey, AtHand | str] = {}

    def look(self, found: Scan) -> Look:
        """Render every entry point that uses a file of the run. Raises `UsageError` where a program is missing."""
        promised = plan.with_promises(self._rules.lock, found.findings)
        edits = plan_edits(self._workspace, self._rules, found, promised, ())
        tree = self._with(edits)
        outcomes = self._rendered(tree, self._workspace.files)
        then = self._workspace.rules(promised)
        known = images.known(scan(tree.root, tree.names, then, tree.kustomizations).findings)
        seen = outside.find(outcomes, then, known)
        unrendered = [
            Rendering(each.point, reason=each.rendered.reason)
            for _, each in sorted(outcomes.by_key.items())
            if isinstance(each.rendered, Refused)
        ]
        copied = outside.findings(outcomes, self._rules, known)
        wanted, _ = separate_collisions([*found.findings, *copied], self._rules)
        return Look(edits, outcomes, known, seen, wanted[len(found.findings) :], unrendered)

    def relocate(self, look: Look, found: Scan, lock: Lock, unsafe: Collection[str]) -> tuple[Scan, list[Outside]]:
        """The scan with the entries that relocate what was seen, as far as rendering proves them; and what became of
        each image. `lock` has what is copied, but for `unsafe`.
        """
        targets, left = self._targets(look.outside, lock, unsafe)
        usual = plan_edits(self._workspace, self._rules, found, lock, unsafe)
        proof = _Proof(self, look, usual, self._workspace.rules(lock))
        planner = Planner(look.outside, targets, self._tree, self._why_not, partial(self._given, lock=lock))
        while True:
            made = planner.plans()
            scanned = self._planned(found, made)
            wrong = proof.wrong(made, plan_edits(self._workspace, self._rules, scanned, lock, unsafe)) if made else {}
            if not wrong:
                places = {key: each.place for each in made for key in each.images}
                told = outside.told(look.outside, places, left | planner.left)
                unknown = frozenset[str]().union(*(each.entry_point.uses for each in look.unrendered))
                return replace(scanned, findings=tuple(outside.settled(scanned.findings, told, unknown))), told
            held = {key[:2] for each in made for key in each.images if key not in wrong}
            valued = {key for each in made if each.valued for key in each.images}
            for key, reason in wrong.items():
                planner.fail(key, reason, valued=key in valued, whole=key[:2] not in held)

    def rendered(self, edits: Edits, chosen: Iterable[str]) -> Outcomes:
        """What the entry points that use some files render once edits are made."""
        return self._rendered(self._with(edits), chosen)

    def again(self, outcomes: Outcomes, outcome: Outcome) -> Sequence[Document]:
        """What an entry point renders when it is rendered once more."""
        (made,) = batch.render_all(self._renderer, outcomes.tree, [outcome.point])
        return made.rendered if isinstance(made.rendered, list) else ()

    def _planned(self, found: Scan, made: Sequence[Plan]) -> Scan:
        layers = replace(found.layers, brought=brought(made)) if found.layers is not None else None
        return replace(found, layers=layers, amenders=(*found.amenders, amends(made)))

    def _with(self, edits: Edits) -> Tree:
        """The tree with edits made: a copy of it, if there are any."""
        if not edits.files:
            return self._tree
        self._copies += 1
        root = self._scratch / f"rewritten-{self._copies}"
        root.mkdir()
        mirrored.mirror(self._workspace.root.path, "", root)
        for file in edits.files:
            mirrored.replace(root / file.file, file.after)
        return replace(self._tree, root=root)

    def _rendered(self, tree: Tree, chosen: Iterable[str]) -> Outcomes:
        finder = Finder(tree, network=True)
        return batch.render(self._renderer, finder, finder.find(frozenset(chosen)))

    def _targets(
        self, found: Iterable[Outside], lock: Lock, unsafe: Collection[str]
    ) -> tuple[dict[ImageKey, str], dict[ImageKey, str]]:
        """What each image is to become, and why others stay."""
        pin = Pin.DIGEST if self._rules.pin is Pin.ALWAYS else self._rules.pin
        targets: dict[ImageKey, str] = {}
        left: dict[ImageKey, str] = {}
        for each in found:
            upstream = each.image.upstream or ""
            if upstream not in lock.images or upstream in unsafe:
                left[each.key] = "it is not copied"
            else:
                targets[each.key] = str(self._rules.scheme.written(parse(upstream), pin, None))
        return targets, left

    def _why_not(self, file: str, held: Holder | None) -> str | None:
        if file not in self._workspace.files:
            return f"{file} is where it can be relocated: include that file in the run"
        return entries.why_not(self._tree, held) if held is not None else None

    def _given(self, point: EntryPoint, upstreams: frozenset[str], *, lock: Lock) -> Settings | str:
        """How the values of an entry point's chart relocate some upstreams."""
        if point.key not in self._charts:
            self._charts[point.key] = self._at_hand(point)
        chart = self._charts[point.key]
        digests = {upstream: lock.images[upstream].digest for upstream in upstreams}
        return chart if isinstance(chart, str) else chart.settings(self._workspace.files, upstreams, digests.get)

    def _at_hand(self, point: EntryPoint) -> AtHand | str:
        source = point.source
        applied = point.applied
        assert source is not None
        assert applied is not None
        assert applied.chart is not None
        held = Holder(source.owner.file, source.owner.line, source.owner.document, source.pointer)
        chart = self._renderer.charts.pull(applied.chart)
        if isinstance(chart, Refused):
            return chart.reason
        return entries.why_not(self._tree, held) or at_hand(self._tree, source, chart, self._rules)


class _Proof:
    """Renders before and after, and says which images of plans are not relocated as planned."""

    def __init__(self, session: Session, look: Look, usual: Edits, rules: Rules) -> None:
        self._session, self._look, self._usual, self._rules = session, look, usual, rules
        self._same = [file.after for file in usual.files] == [file.after for file in look.edits.files]

    def wrong(self, made: Sequence[Plan], edits: Edits) -> dict[ImageKey, str]:
        """The images of plans that must be left, and why; nothing if the edits hold."""
        usual = {item.file for item in self._usual.failed}
        failed = {item.file: item.reason for item in edits.failed if item.file not in usual}
        wrong = {key: failed[name] for each in made for name in each.files & failed.keys() for key in each.images}
        if wrong:
            return wrong
        files = frozenset[str]().union(*(each.files for each in made))
        before = self._look.outcomes if self._same else self._session.rendered(self._usual, files)
        after = self._session.rendered(edits, files)
        for key, outcome in after.by_key.items():
            if (reason := self._unlike(before, outcome)) is not None:
                near = [each for each in made if each.is_for(key) or not each.files.isdisjoint(outcome.point.uses)]
                wrong |= {image: reason for each in near for image in each.images}
        if wrong:
            return wrong
        remaining = {each.key for each in outside.find(after, self._rules, self._look.known)}
        return {key: NO_VALUE if each.valued else ENTRIES_MISS for each in made for key in each.unreached(remaining)}

    def _unlike(self, before: Outcomes, after: Outcome) -> str | None:
        """What else changes in an entry point than where images come from."""
        old = before.by_key.get(after.point.key)
        if old is None or not isinstance(old.rendered, list):
            return None
        if isinstance(after.rendered, Refused):
            return f"relocated there, {after.point.name} does not render: {after.rendered.reason}"
        if not difference(old.rendered, after.rendered, self._rules):
            return None
        if not (diff := difference(old.rendered, after.rendered, self._rules, self._session.again(before, old))):
            return None
        lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        return f"relocated there, more changes in {after.point.name}: {lines[0] if lines else diff}"
