"""The edits of a run: planned for all files together, written, recorded, made again in another version of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gitops_clone import plan, spellings
from gitops_clone.change import NewText, change_file
from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.lockfile import Lock, place_key
from gitops_clone.result import Change, FileChange
from gitops_clone.scan import Scan, scan_file
from gitops_clone.workspace import Workspace

if TYPE_CHECKING:
    from gitops_clone.documents.amend import Amendment
    from gitops_clone.layers.layers import Layers
    from gitops_clone.layers.relocate import Solution
    from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class Edits:
    """What `rewrite` does to files. Those that tell `changes` come last: the lock file then tells what a kill left out.

    `solution` is that of the layers; `amendments` are made in a file after its other edits. Of the files of a group
    in `together`, all are changed, or none.
    """

    files: Sequence[FileChange]
    failed: Sequence[Skipped]
    new_text: Callable[[Finding], NewText | None]
    layers: Layers | None = None
    solution: Solution | None = None
    kustomizations: frozenset[str] = frozenset()
    amendments: Mapping[str, Sequence[Amendment]] = field(default_factory=dict)
    together: Sequence[frozenset[str]] = ()

    def recorded(self, lock: Lock, findings: Iterable[Finding], rules: Rules) -> Lock:
        """The lock with what stood where the files are changed."""
        # Of a kustomization, its entries and patches are told by `changes`, what a finder saw in it by its spelling.
        manifests = [replace(f, changes=tuple(filter(self._is_usual, f.changes))) for f in self.files]
        if self.amendments:
            from gitops_clone.amendments import recorded

            asked = [file for file in self.files if file.file not in self.kustomizations]
            lock = replace(lock, changes=recorded(lock.changes, asked))
        if self.layers is None:
            return plan.with_spellings(lock, manifests, findings, rules)
        from gitops_clone.layers import apply

        places = [finding for finding in findings if not self.layers.makes(finding)]
        written = [each for each in places if not _is_told(each.place, lock)]
        lock = plan.with_spellings(lock, manifests, written, rules)
        above = [file for file in self.files if file.file in self.kustomizations]
        changed = [replace(f, changes=tuple(c for c in f.changes if not self._is_usual(c))) for f in above]
        return replace(lock, changes=apply.recorded(lock.changes, changed))

    def _is_usual(self, change: Change) -> bool:
        """Whether a whole reference is replaced where a finder saw it: only then its span is known."""
        return change.places[0].span.end > 0 and not change.amended

    def write(self, workspace: Workspace) -> tuple[list[FileChange], list[Skipped]]:
        """Write the files. Where one of those fails that only make sense together, none of them is changed."""
        written, failed = write_files(workspace, self.files)
        while lost := self._half(written, {item.file for item in failed}):
            back = [replace(file, before=file.after, after=file.before) for file in written if file.file in lost]
            undone, stuck = write_files(workspace, back)
            names = {file.file for file in back}
            reason = "left alone: a file that must change with it cannot be written"
            failed += [*(Skipped(file.file, reason) for file in undone), *stuck]
            written = [file for file in written if file.file not in names]
        return written, failed

    def again(self, name: str, data: bytes, rules: Rules) -> bytes | None:
        """The same edits in another version of a file; None unless every one of them fits."""
        changed: FileChange | None = None
        if usual := self._usual_places(name):
            found = [
                finding
                for finding in scan_file(name, data, rules).findings
                if (*_where(finding.place), finding.place.raw) in usual
            ]
            if len({_where(finding.place) for finding in found}) < len(usual):
                return None
            made = change_file(name, data, found, self.new_text)
            if not isinstance(made, FileChange):
                return None
            changed = made
        if name in self.amendments:
            from gitops_clone.amendments import amended

            also = amended(name, changed or data, self.amendments[name])
            if not isinstance(also, FileChange):
                return None
            changed = also
        if name in self.kustomizations:
            from gitops_clone.layers.apply import change_file as change_kustomization

            assert self.layers is not None
            assert self.solution is not None
            return _bytes_of(change_kustomization(self.layers, self.solution, name, changed or data))
        return _bytes_of(changed)

    def _usual_places(self, name: str) -> set[tuple[int, str, str]]:
        """The places of a file where whole references are replaced, with the texts that stood there."""
        changes = (
            change for file in self.files if file.file == name for change in filter(self._is_usual, file.changes)
        )
        return {(*_where(change.places[0]), change.before) for change in changes}

    def _half(self, written: Iterable[FileChange], failed: Collection[str]) -> set[str]:
        """The files that were written though another one of their group was not."""
        groups = [group for group in self.together if not group.isdisjoint(failed)]
        return {file.file for file in written if any(file.file in group for group in groups)}


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


def _bytes_of(changed: FileChange | Skipped | None) -> bytes | None:
    return changed.after if isinstance(changed, FileChange) else None


def change_files(
    workspace: Workspace, rules: Rules, scan: Scan, new_text: Callable[[Finding], NewText | None]
) -> tuple[list[FileChange], list[Skipped]]:
    """The changes of all files, and what was passed over beyond what the scan tells.

    Each file is read again: copying may have taken minutes, and people go on editing.
    """
    files: list[FileChange] = []
    failed: list[Skipped] = []
    editable = {_text_of(finding.place): finding.place.editable for finding in scan.findings}

    def decide(finding: Finding) -> NewText | None:
        """What to write at a place: whether it may be edited is told by the scan of all files."""
        may = editable.get(_text_of(finding.place), finding.place.editable)
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


def _is_told(place: Place, lock: Lock) -> bool:
    """Whether the lock file tells under `changes` what stood at a place, or in all of its scalar."""
    scalar = place_key(place.file, place.document, place.text_pointer or "")
    return spellings.key_of(place) in lock.changes or scalar in lock.changes


def _where(place: Place) -> tuple[int, str]:
    """Where in its file a place is, whatever stands there."""
    return place.document, f"{place.text_pointer}{place.inner}"


def _text_of(place: Place) -> tuple[object, ...]:
    return place.file, place.chunk, place.span


def _differs(finding: Finding, new: NewText | None) -> bool:
    return new is not None and new.raw != finding.place.raw


def write_files(workspace: Workspace, files: Sequence[FileChange]) -> tuple[list[FileChange], list[Skipped]]:
    """Write each file unless it has changed meanwhile; what could not be written is told, and the rest goes on."""
    from gitops_clone.repo.write import WriteError, printable, replace_file

    written: list[FileChange] = []
    failed: list[Skipped] = []
    for file in files:
        path = workspace.root.path / file.file
        try:
            if path.read_bytes() != file.before:
                failed.append(Skipped(file.file, "changed by somebody else during the run: run again", fatal=True))
                continue
            replace_file(path, file.after)
        except OSError as error:
            failed.append(Skipped(file.file, f"cannot be written: {error.strerror}", fatal=True))
        except WriteError as error:
            failed.append(Skipped(file.file, str(error).removeprefix(f"{printable(path)}: "), fatal=True))
        else:
            written.append(file)
    return written, failed
