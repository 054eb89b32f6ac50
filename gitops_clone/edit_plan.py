"""Which edits a run makes, planned for all files together: references, amendments, and entries of kustomizations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gitops_clone import plan
from gitops_clone.change import NewText, change_file
from gitops_clone.edits import Edits
from gitops_clone.finders.templates import is_unknown
from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.lockfile import Lock
from gitops_clone.result import FileChange
from gitops_clone.scan import Scan, scan_file
from gitops_clone.workspace import Workspace

if TYPE_CHECKING:
    from gitops_clone.documents.amend import Amendment
    from gitops_clone.layers.layers import Layers
    from gitops_clone.layers.relocate import Solution
    from gitops_clone.states import Rules


def plan_edits(workspace: Workspace, rules: Rules, scan: Scan, lock: Lock, unsafe: Collection[str]) -> Edits:
    """The edits that relocate everything which `lock` has, but for the upstreams whose copy failed (`unsafe`).

    Where a file cannot be edited, all is decided again for those that must change with it.
    """
    backed = _Backed(lock, frozenset(unsafe))
    usual = partial(plan.relocation, rules=rules, lock=lock, pin=workspace.settings.pin, unsafe=unsafe)
    layers, amenders = scan.layers, scan.amenders
    lost: list[Skipped] = []
    while True:
        edits = _planned(workspace, rules, replace(scan, layers=layers, amenders=amenders), usual, backed)
        failed = {item.file for item in edits.failed}
        broken = {name for group in edits.together if not group.isdisjoint(failed) for name in group & failed}
        broken -= {item.file for item in lost}
        if not broken:
            return replace(edits, failed=[*lost, *edits.failed])
        lost += [item for item in edits.failed if item.file in broken]
        layers = replace(layers, files=layers.files - broken) if layers is not None else None
        amenders = tuple(amender.without(broken) for amender in amenders)


class _Backed(NamedTuple):
    """Which upstreams have a copy, and under which digest."""

    lock: Lock
    unsafe: frozenset[str]

    def available(self, upstream: str) -> bool:
        return upstream in self.lock.images and upstream not in self.unsafe

    def digest(self, upstream: str) -> str | None:
        entry = self.lock.images.get(upstream)
        return entry.digest if entry is not None else None


def _planned(
    workspace: Workspace, rules: Rules, scan: Scan, usual: Callable[[Finding], NewText | None], backed: _Backed
) -> Edits:
    """The edits of all files: of whole references, then amendments of the same files, then of kustomizations."""
    solution, together, new_text = None, [], usual
    if scan.layers is not None:
        from gitops_clone.layers import apply
        from gitops_clone.layers.repinning import repinned

        solution = scan.layers.solve(backed.available, backed.digest)
        solution = repinned(scan.layers, solution, usual, backed.digest)
        new_text = scan.layers.new_text(solution, usual)
        together.append(apply.coupled(scan.layers, solution))
    files, failed = change_files(workspace, rules, scan, new_text)
    amendments: dict[str, list[Amendment]] = {}
    if scan.layers is not None and solution is not None:
        from gitops_clone.layers.amendments import amendments as of_layers

        amendments |= of_layers(scan.layers, solution)
    for amender in scan.amenders:
        together += amender.coupled(backed.available, backed.digest)
        for name, asked in amender.amendments(backed.available, backed.digest).items():
            amendments.setdefault(name, []).extend(asked)
    if amendments:
        files, broken = _amended(workspace, files, amendments)
        failed += broken
    above: list[FileChange] = []
    if scan.layers is not None and solution is not None:
        below = {file.file: file for file in files}
        change = partial(_above, scan.layers, solution, below)
        made = [_made(workspace, name, change) for name in apply.files(scan.layers, solution)]
        failed += [each for each in made if isinstance(each, Skipped)]
        above = [each for each in made if isinstance(each, FileChange)]
        files = [file for file in files if file.file not in {each.file for each in above}]
    names = frozenset(file.file for file in above)
    return Edits([*files, *above], failed, new_text, scan.layers, solution, names, amendments, together)


def _amended(
    workspace: Workspace, files: list[FileChange], amendments: Mapping[str, Sequence[Amendment]]
) -> tuple[list[FileChange], list[Skipped]]:
    """The changes of all files with what is amended in some, on top of the changes that these have already."""
    from gitops_clone.amendments import amended

    by_name = {file.file: file for file in files}

    def amend(name: str, data: bytes) -> FileChange | Skipped:
        return amended(name, by_name.get(name, data), amendments[name])

    made = [_made(workspace, name, amend) for name in amendments]
    files = [file for file in files if file.file not in amendments]
    files += [each for each in made if isinstance(each, FileChange)]
    return files, [each for each in made if isinstance(each, Skipped)]


def _above(
    layers: Layers, solution: Solution, below: Mapping[str, FileChange], name: str, data: bytes
) -> FileChange | Skipped | None:
    """A kustomization file with the edits of the layers, on top of those that it has already."""
    from gitops_clone.layers import apply

    return apply.change_file(layers, solution, name, below.get(name, data))


def _made(
    workspace: Workspace, name: str, change: Callable[[str, bytes], FileChange | Skipped | None]
) -> FileChange | Skipped | None:
    """What comes of a file whose bytes are read now."""
    try:
        return change(name, (workspace.root.path / name).read_bytes())
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}", fatal=True)


def change_files(
    workspace: Workspace, rules: Rules, scan: Scan, new_text: Callable[[Finding], NewText | None]
) -> tuple[list[FileChange], list[Skipped]]:
    """The changes of all files, and what was passed over beyond what the scan tells.

    Each file is read again: copying may have taken minutes, and people go on editing.
    """
    files: list[FileChange] = []
    failed: list[Skipped] = []
    editable = {_text_of(finding.place): finding.place.editable for finding in scan.findings}
    known = {_text_of(finding.place): finding for finding in scan.findings if finding.place.pointer is None}

    def decide(finding: Finding) -> NewText | None:
        """What to write at a place. The scan of all files tells if it may be edited, and what it is in a template."""
        may = editable.get(_text_of(finding.place), finding.place.editable)
        told = known.get(_text_of(finding.place))
        if is_unknown(finding.place) and told is not None and told.place.image == finding.place.image:
            finding = replace(told, place=finding.place)
        if finding.place.editable and not may:
            return None
        return new_text(replace(finding, place=replace(finding.place, editable=may)))

    for name in dict.fromkeys(finding.place.file for finding in scan.findings if _differs(finding, new_text(finding))):
        try:
            data = (workspace.root.path / name).read_bytes()
        except OSError as error:
            failed.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
            continue
        found = scan_file(name, data, rules)
        changed = change_file(name, data, found.findings, decide)
        failed += [item for item in found.skipped if item not in scan.skipped]
        if isinstance(changed, Skipped):
            failed.append(changed)
        elif changed is not None:
            files.append(changed)
    return files, failed


def _text_of(place: Place) -> tuple[object, ...]:
    return place.file, place.chunk, place.span


def _differs(finding: Finding, new: NewText | None) -> bool:
    return new is not None and new.raw != finding.place.raw
