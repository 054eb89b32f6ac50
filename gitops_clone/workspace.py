"""What every command starts from: the root, the settings, the lock file, the files to look at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gitops_clone.config import CONFIG_NAME, Settings, load
from gitops_clone.errors import UsageError
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.finding import Skipped
from gitops_clone.image import parse
from gitops_clone.lockfile import LOCK_NAME, Lock, read
from gitops_clone.naming import Scheme, Unrelocatable
from gitops_clone.repo.files import KUSTOMIZATION_NAMES, Root, find_root, list_files, list_kustomizations, own_files
from gitops_clone.repo.write import printable
from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class Workspace:
    """A repository (or folder) and the user's choices.

    `texts` are those of the files that a program reads as text: kustomizations put them into ConfigMaps.
    """

    root: Root
    settings: Settings
    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    texts: frozenset[str] = frozenset()

    @property
    def lock_path(self) -> Path:
        return self.root.path / LOCK_NAME

    @property
    def scheme(self) -> Scheme:
        return Scheme(self.settings.backup_registry)

    def kustomizations(self) -> list[str]:
        """All kustomization files of the root, not just those of the run: names relative to it."""
        return list_kustomizations(self.root)

    def with_kustomizations(self) -> Workspace:
        """The workspace with the kustomization files that reach one of its files: an overlay may have to follow."""
        from gitops_clone.layers.survey import reaching

        files = {*self.files, *reaching(self.root.path, self.kustomizations(), self.files)}
        return replace(self, files=tuple(sorted(files))).with_texts()

    def with_texts(self) -> Workspace:
        """The workspace with the files that its kustomizations put into ConfigMaps."""
        kustomizations = [name for name in self.files if name.rpartition("/")[2] in KUSTOMIZATION_NAMES]
        if not kustomizations:
            return self
        from gitops_clone.layers.generated import text_files

        found = own_files(self.root, text_files(self.root.path, kustomizations), self.settings.exclude)
        return replace(self, files=tuple(sorted({*self.files, *found})), texts=frozenset(found))

    def beside(self) -> list[str]:
        """The manifests of the root that are not part of the run, nor excluded: names relative to it."""
        everything, _ = list_files(self.root, [self.root.path], self.settings.exclude)
        return sorted(set(everything).difference(self.files))

    def read_lock(self) -> Lock | None:
        """The lock file. Raises `UsageError` if it is broken, forged, or was written for another backup registry."""
        lock = read(self.lock_path)
        if lock is not None and lock.backup_registry != self.settings.backup_registry:
            raise UsageError(
                f"{LOCK_NAME}: its images are on {lock.backup_registry}, but the backup registry of this run is "
                f"{self.settings.backup_registry}: set backup-registry to the former, or to move, "
                "run `gitops-clone restore` with the former and remove the lock file"
            )
        for upstream, entry in lock.images.items() if lock is not None else ():
            if not _is_named(self.scheme, upstream, entry.backup):
                raise UsageError(
                    f"{LOCK_NAME}: {upstream}: its backup has not the name that the naming scheme gives it: "
                    "remove the line and run `gitops-clone rewrite`"
                )
        return lock

    def rules(self, lock: Lock | None) -> Rules:
        """What decides the states of findings, given a lock file."""
        settings = self.settings
        return Rules(
            scheme=self.scheme,
            lock=lock or Lock(settings.backup_registry, {}),
            push_scheme=Scheme(settings.push_registry) if settings.push_registry else None,
            ignore=settings.ignore,
            ignore_namespace=settings.ignore_namespace,
            own=settings.own,
            pin=settings.pin,
            catalogue=Catalogue(settings.catalogue) if settings.catalogue else SHIPPED,
            certainty=settings.certainty,
            texts=self.texts,
            charts=settings.charts,
        )


def open_workspace(
    paths: Sequence[Path], environ: Mapping[str, str], options: Mapping[str, object], *, list_paths: bool = True
) -> Workspace:
    """The workspace of some paths (of the working directory without any). Raises `UsageError`."""
    root = _root_of(paths)
    for path in () if list_paths else paths:
        if not os.path.lexists(path):
            raise UsageError(f"{printable(path)}: no such file or directory")
    settings = load(root.path, environ, options)
    return workspace_at(root, settings, paths or [Path()]) if list_paths else Workspace(root, settings, (), ())


def workspace_at(root: Root, settings: Settings, paths: Sequence[Path]) -> Workspace:
    """The workspace of some paths below a root that is known."""
    files, skipped = list_files(root, paths, settings.exclude)
    return Workspace(root, settings, tuple(files), tuple(skipped)).with_texts()


def _is_named(scheme: Scheme, upstream: str, backup: str) -> bool:
    try:
        return str(scheme.backup(parse(upstream))) == backup
    except Unrelocatable:
        return False


def _root_of(paths: Sequence[Path]) -> Root:
    """The root of the working directory, unless the first path lies outside it."""
    try:
        root = find_root(Path())
    except FileNotFoundError:
        raise UsageError("the working directory does not exist any more") from None
    if not paths or not os.path.exists(paths[0]):
        return root
    target = Path(os.path.realpath(paths[0]))
    start = target if target.is_dir() else target.parent
    if target.is_relative_to(root.path) and (root.git or start == root.path):
        return root
    inner = find_root(start)
    known = inner.git or os.path.isfile(inner.path / CONFIG_NAME)
    return root if target.is_relative_to(root.path) and not known else inner
