"""The edits of a run: planned for all files together, written, recorded, made again in another version of a file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gitops_clone import plan
from gitops_clone.change import NewText, change_file
from gitops_clone.finding import Finding, Skipped
from gitops_clone.lockfile import Lock
from gitops_clone.result import FileChange
from gitops_clone.scan import Scan, scan_file
from gitops_clone.workspace import Workspace

if TYPE_CHECKING:
    from gitops_clone.layers.layers import Layers
    from gitops_clone.layers.relocate import Solution
    from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class Edits:
    """What `rewrite` does to files. Kustomizations come last: the lock file then tells what a killed run left out."""

    files: Sequence[FileChange]
    failed: Sequence[Skipped]
    new_text: Callable[[Finding], NewText | None]
    layers: Layers | None = None
    solution: Solution | None = None
    kustomizations: frozenset[str] = frozenset()

    def recorded(self, lock: Lock, findings: Iterable[Finding], rules: Rules) -> Lock:
        """The lock with what stood where the files are changed."""
        manifests = [file for file in self.files if file.file not in self.kustomizations]
        if self.layers is None:
            return plan.with_spellings(lock, manifests, findings, rules)
        from gitops_clone.layers.apply import recorded

        known = {each.file for each in self.layers.survey.graph.kustomizations.values()}
        written = [finding for finding in findings if finding.place.file not in known]
        lock = plan.with_spellings(lock, manifests, written, rules)
        changed = [file for file in self.files if file.file in self.kustomizations]
        return replace(lock, changes=recorded(lock.changes, changed))

    def together(self) -> frozenset[str]:
        """The files of which all must be changed, or none."""
        if self.layers is None or self.solution is None:
            return frozenset()
        from gitops_clone.layers.apply import coupled

        return coupled(self.layers, self.solution)

    def write(self, workspace: Workspace) -> tuple[list[FileChange], list[Skipped]]:
        """Write the files. Where one of those fails that only make sense together, none of them is changed."""
        written, failed = write_files(workspace, self.files)
        together = self.together() if failed else frozenset()
        if together.isdisjoint(item.file for item in failed):
            return written, failed
        back = [replace(file, before=file.after, after=file.before) for file in written if file.file in together]
        undone, stuck = write_files(workspace, back)
        names = {file.file for file in undone}
        failed += [Skipped(name, "left alone: a file that must change with it cannot be written") for name in names]
        return [file for file in written if file.file not in names], failed + stuck

    def again(self, name: str, data: bytes) -> bytes | None:
        """A kustomization's edits in another version of it; None unless every one of them fits."""
        from gitops_clone.layers.apply import change_file

        assert self.layers is not None
        assert self.solution is not None
        changed = change_file(self.layers, self.solution, name, data)
        return changed.after if isinstance(changed, FileChange) else None


def plan_edits(workspace: Workspace, rules: Rules, scan: Scan, lock: Lock, unsafe: Collection[str]) -> Edits:
    """The edits that relocate everything which `lock` has, but for the upstreams whose copy failed (`unsafe`)."""
    usual = partial(plan.relocation, rules=rules, lock=lock, pin=workspace.settings.pin, unsafe=unsafe)
    if scan.layers is None:
        files, failed = change_files(workspace, rules, scan, usual)
        return Edits(files, failed, usual)
    from gitops_clone.layers import apply

    def available(upstream: str) -> bool:
        return upstream in lock.images and upstream not in unsafe

    def digest(upstream: str) -> str | None:
        return lock.images[upstream].digest

    layers = scan.layers
    lost: list[Skipped] = []
    while True:
        solution = layers.solve(available, digest)
        new_text = layers.new_text(solution, usual)
        files, failed = change_files(workspace, rules, scan, new_text)
        above: list[FileChange] = []
        for name in apply.files(layers, solution):
            try:
                changed = apply.change_file(layers, solution, name, (workspace.root.path / name).read_bytes())
            except OSError as error:
                changed = Skipped(name, f"cannot be read: {error.strerror}", fatal=True)
            if isinstance(changed, Skipped):
                failed.append(changed)
            elif changed is not None:
                above.append(changed)
        broken = {item.file for item in failed} & apply.coupled(layers, solution)
        if not broken:
            names = frozenset(file.file for file in above)
            return Edits([*files, *above], [*lost, *failed], new_text, layers, solution, names)
        lost += [item for item in failed if item.file in broken]
        layers = replace(layers, files=layers.files - broken)


def change_files(
    workspace: Workspace, rules: Rules, scan: Scan, new_text: Callable[[Finding], NewText | None]
) -> tuple[list[FileChange], list[Skipped]]:
    """The changes of all files, and what was passed over beyond what the scan tells.

    Each file is read again: copying may have taken minutes, and people go on editing.
    """
    files: list[FileChange] = []
    failed: list[Skipped] = []
    for name in dict.fromkeys(finding.place.file for finding in scan.findings if _differs(finding, new_text(finding))):
        try:
            data = (workspace.root.path / name).read_bytes()
        except OSError as error:
            failed.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
            continue
        found = scan_file(name, data, rules)
        changed = change_file(name, data, found.findings, new_text)
        failed += [item for item in found.skipped if item not in scan.skipped]
        if isinstance(changed, Skipped):
            failed.append(changed)
        elif changed is not None:
            files.append(changed)
    return files, failed


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
