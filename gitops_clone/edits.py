"""The edits of a run: written, recorded, made again in another version of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops_clone import plan, spellings
from gitops_clone.change import NewText, change_file
from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.lockfile import Lock, place_key
from gitops_clone.result import Change, FileChange
from gitops_clone.scan import scan_file
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


def _bytes_of(changed: FileChange | Skipped | None) -> bytes | None:
    return changed.after if isinstance(changed, FileChange) else None


def _is_told(place: Place, lock: Lock) -> bool:
    """Whether the lock file tells under `changes` what stood at a place, or in all of its scalar."""
    scalar = place_key(place.file, place.document, place.text_pointer or "")
    return spellings.key_of(place) in lock.changes or scalar in lock.changes


def _where(place: Place) -> tuple[int, str]:
    """Where in its file a place is, whatever stands there."""
    return place.document, f"{place.text_pointer}{place.inner}"


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
