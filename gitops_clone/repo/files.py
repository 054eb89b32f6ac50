"""Which files a run looks at: the root of the repository, and the manifests below the given paths.

The root is found without starting git, and files that are named explicitly need none either (the pre-commit case);
one `git ls-files` lists directories.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitops_clone.config import CONFIG_NAME
from gitops_clone.errors import UsageError
from gitops_clone.finding import Skipped
from gitops_clone.repo import git_program, listing
from gitops_clone.repo.globs import compile_globs
from gitops_clone.repo.write import printable

SUFFIXES = (".yaml", ".yml", ".json")
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_OWN_PREFIX = ".gitops-clone."
_OTHER_REPOSITORY = "in another git repository (a submodule or a clone): run gitops-clone there"


@dataclass(frozen=True, slots=True)
class Root:
    """The directory that all names are relative to (absolute, without symlinks), and whether git can list it."""

    path: Path
    git: bool


def find_root(start: Path) -> Root:
    """The git work tree that holds `start`, else the nearest directory above with a configuration, else `start`.

    Looks for `.git` itself (a directory, or a file in worktrees and submodules), whatever `GIT_DIR` says: git sets that
    for its hooks. Without a git program there is no git work tree.
    """
    top = Path(os.path.realpath(start))
    configured = None
    for directory in (top, *top.parents):
        if _is_repository(str(directory)) and git_program.is_installed():
            return Root(directory, git=True)
        if configured is None and os.path.isfile(directory / CONFIG_NAME):
            configured = directory
    return Root(configured or top, git=False)


def list_files(root: Root, paths: Sequence[Path], exclude: Sequence[str]) -> tuple[list[str], list[Skipped]]:
    """The files to look at: names relative to the root, `/`-separated, sorted, each once; and what is passed over.

    Of a directory: the manifests (`SUFFIXES`), in git those that are tracked or not ignored. A file that is named
    itself is taken whatever its suffix, ignored or not. gitops-clone's own files are never taken. A symlink inside the
    tree stands for its target, under the target's name. Paths are relative to the working directory.

    Raises `UsageError` for a path that does not exist or lies outside the root, and where git refuses.
    """
    collector = _Collector(str(root.path), compile_globs(exclude))
    directories = [name for path in paths if (name := collector.add_path(path)) is not None]
    if directories:
        names = (
            listing.by_git(root.path, directories)
            if root.git
            else listing.by_walking(collector.root, directories, collector.skip)
        )
        collector.add_listed(list(names), directories)
    return sorted(collector.files), sorted(set(collector.skipped), key=lambda skipped: skipped.file)


def list_kustomizations(root: Root) -> list[str]:
    """All kustomization files of the root, excluded or not: names relative to it, sorted."""
    if root.git:
        patterns = [f":(glob)**/{name}" for name in KUSTOMIZATION_NAMES]
        names = listing.by_git(root.path, patterns, literal=False)
    else:
        names = listing.by_walking(str(root.path), [""], lambda *_: None)
    is_own = _own_files(root.path)
    return sorted(name for name in {*names} if name.rpartition("/")[2] in KUSTOMIZATION_NAMES and is_own(name))


def list_tracked(root: Root, exclude: Sequence[str]) -> list[str]:
    """All files of the root that git tracks (without git: all), but excluded ones and gitops-clone's own; sorted.

    Symbolic links are no files here, nor is what lies beyond one.
    """
    names = (
        listing.by_git(root.path, [""], others=False)
        if root.git
        else listing.by_walking(str(root.path), [""], lambda *_: None)
    )
    excluded_by = compile_globs(exclude)
    is_own = _own_files(root.path)
    wanted = (name for name in names if not name.rpartition("/")[2].startswith(_OWN_PREFIX) and not excluded_by(name))
    return sorted(filter(is_own, wanted))


def _own_files(root: Path) -> Callable[[str], bool]:
    """Tells of names whether each is a regular file below real directories; looks at each directory once."""
    real: dict[str, bool] = {"": True}

    def is_a(kind: Callable[[int], bool], name: str) -> bool:
        try:
            return kind(os.lstat(os.path.join(root, name)).st_mode)
        except (OSError, ValueError):  # gone, too long, or no name at all
            return False

    def is_real(directory: str) -> bool:
        above = ""
        for part in directory.split("/") if directory not in real else ():
            inner = f"{above}/{part}" if above else part
            if inner not in real:
                real[inner] = is_a(stat.S_ISDIR, inner)
            if not real[inner]:
                return False
            above = inner
        return real[directory]

    return lambda name: _is_utf8(name) and is_real(name.rpartition("/")[0]) and is_a(stat.S_ISREG, name)


def own_files(root: Root, names: Iterable[str], exclude: Sequence[str]) -> list[str]:
    """Those of some names that are regular files of the root, below real directories, and not excluded; sorted."""
    excluded_by = compile_globs(exclude)
    is_own = _own_files(root.path)
    inside = (name for name in names if not name.startswith(("/", "../")))
    return sorted(name for name in inside if is_own(name) and excluded_by(name) is None)


@dataclass(slots=True)
class _Collector:
    """Takes names one by one and sorts them into files and skipped; remembers what it learned of directories."""

    root: str
    excluded_by: Callable[[str], str | None]
    files: set[str] = field(default_factory=set)
    skipped: list[Skipped] = field(default_factory=list)
    # Of a directory relative to the root, whose parents are own: is it real and ours, or what is it instead?
    own: dict[str, str | None] = field(default_factory=lambda: {"": None})

    def skip(self, name: str, reason: str, fatal: bool = False) -> None:
        self.skipped.append(Skipped(_decodable(name), reason, fatal))

    def add_path(self, path: Path) -> str | None:
        """Take a path of the command line; the name of a directory comes back, to be listed."""
        name = self._relative(path)
        if name is None:
            raise UsageError(
                f"{printable(path)}: outside {printable(self.root)}; run gitops-clone in its own repository"
            )
        try:
            mode = _mode(os.path.join(self.root, name))
        except OSError as error:
            raise UsageError(f"{printable(path)}: {error.strerror}") from error
        if mode is None:
            raise UsageError(f"{printable(path)}: no such file or directory")
        if stat.S_ISLNK(mode):
            return self._follow(name, explicit=True)
        foreign = self._foreign(name if stat.S_ISDIR(mode) else os.path.dirname(name))
        if foreign is not None:
            self.skip(name, foreign)
        elif stat.S_ISDIR(mode):
            return name
        else:
            self._take(name, mode)
        return None

    def add_listed(self, names: Sequence[str], directories: Sequence[str]) -> None:
        """Take what git or the file system listed below the directories."""
        for directory in directories:
            if directory and not any(_is_below(name, directory) for name in names):
                self.skip(directory, "nothing in it, or nothing that git does not ignore")
        for name in names:
            try:
                self._add_listed(name, directories)
            except OSError as error:
                self.skip(name, f"cannot be read: {error.strerror}", fatal=True)

    def _add_listed(self, name: str, directories: Sequence[str]) -> None:
        """Take a listed name, which may be gone, a symlink or another repository."""
        directory, _, base = name.rpartition("/")
        if not base:
            self.skip(directory, _OTHER_REPOSITORY)
            return
        path = f"{self.root}/{name}"
        wanted = base.endswith(SUFFIXES) or base in KUSTOMIZATION_NAMES
        if base.startswith(_OWN_PREFIX) or not (wanted or os.path.isdir(path)):
            return  # what is no manifest matters only as a symlink to a directory, or as a submodule
        if self._foreign(directory) is not None:
            return  # tracked, but a symlink or a repository has taken its directory's place
        mode = _mode(path)
        if mode is None:
            return  # tracked and deleted
        if stat.S_ISREG(mode):
            self._take(name, mode)
        elif stat.S_ISLNK(mode):
            self._follow(name, directories=directories)
        else:
            self.skip(name, _OTHER_REPOSITORY if stat.S_ISDIR(mode) else "not a regular file")

    def _take(self, name: str, mode: int) -> None:
        if name.rpartition("/")[2].startswith(_OWN_PREFIX):
            self.skip(name, "gitops-clone's own file")
        elif glob := self.excluded_by(name):
            self.skip(name, f'excluded by "{glob}"')
        elif not _is_utf8(name):
            self.skip(name, "the file name is not UTF-8; rename it", fatal=True)
        elif not stat.S_ISREG(mode):
            self.skip(name, "not a regular file")
        else:
            self.files.add(name)

    def _follow(self, name: str, *, explicit: bool = False, directories: Sequence[str] = ()) -> str | None:
        """Take the target of a symlink in its stead; the name of a directory comes back where it was named itself."""
        if glob := self.excluded_by(name):
            self.skip(name, f'excluded by "{glob}"')
            return None
        real = os.path.realpath(os.path.join(self.root, name))
        target = self._below_root(real)
        mode = _mode(real)
        if target is None:
            self.skip(name, "a symbolic link to a target outside the repository")
        elif mode is None or stat.S_ISLNK(mode):  # a link is left where links go round in a circle
            self.skip(name, "a symbolic link to nothing")
        elif foreign := self._foreign(target if stat.S_ISDIR(mode) else os.path.dirname(target)):
            self.skip(name, foreign)
        elif not stat.S_ISDIR(mode):
            self._take(target, mode)
        elif explicit:
            return target
        elif not any(_is_below(target, directory) for directory in directories):
            self.skip(name, f"a symbolic link to the directory {_decodable(target)}: name that directory to include it")
        return None

    def _relative(self, path: Path) -> str | None:
        """The path relative to the root, its directories resolved, but not itself; None outside."""
        absolute = os.path.join(os.getcwd(), path)
        directory, name = os.path.split(absolute)
        if name in ("", ".", "..") or os.path.realpath(absolute) == self.root:
            return self._below_root(os.path.realpath(absolute))
        return self._below_root(os.path.join(os.path.realpath(directory), name))

    def _below_root(self, real: str) -> str | None:
        if real == self.root:
            return ""
        prefix = self.root.rstrip("/") + "/"
        name = real.removeprefix(prefix)
        return name if name != real else None

    def _foreign(self, directory: str) -> str | None:
        """Why a directory is not the repository's own, or None. Each directory is looked at once."""
        if directory not in self.own:
            self.own[directory] = self._foreign(directory.rpartition("/")[0]) or self._why_foreign(directory)
        return self.own[directory]

    def _why_foreign(self, directory: str) -> str | None:
        path = f"{self.root}/{directory}"
        if directory.rpartition("/")[2] == ".git":
            return "part of git's own directory"
        if os.path.islink(path):
            return "below a symbolic link"
        return _OTHER_REPOSITORY if os.path.lexists(f"{path}/.git") else None


def _is_repository(directory: str) -> bool:
    path = f"{directory}/.git"
    return os.path.isfile(path) or os.path.isfile(f"{path}/HEAD")


def _mode(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_below(name: str, directory: str) -> bool:
    return not directory or name == directory or name.startswith(f"{directory}/")


def _is_utf8(name: str) -> bool:
    return name.isascii() or not any("\udc80" <= character <= "\udcff" for character in name)


def _decodable(name: str) -> str:
    """The name for reports, in which bytes that are not UTF-8 are escaped."""
    return name if _is_utf8(name) else os.fsencode(name).decode("utf-8", "backslashreplace")
