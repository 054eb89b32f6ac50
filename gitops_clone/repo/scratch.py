"""A temporary index with a work tree of its own: what git would store for given bytes, the user's own left alone.

git itself applies attributes, filters and line endings (`update-index` as `git add`, `checkout-index` as a checkout),
since no other program does it exactly so: whether CRLF is converted depends on what the index holds already.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

from gitops_clone.errors import UsageError
from gitops_clone.repo import git_program
from gitops_clone.repo.write import printable

if TYPE_CHECKING:
    from git import Repo


class Entry(NamedTuple):
    """What an index or a tree says of a file: mode (six octal digits) and blob (hexadecimal)."""

    mode: str
    blob: str

    @property
    def is_regular(self) -> bool:
        return self.mode.startswith("100")


class GitRepository:
    """The repository at the top of a work tree, and one way to run git in it.

    Raises `UsageError` where there is none, or git refuses it.
    """

    def __init__(self, top: Path) -> None:
        try:
            from git import Repo
            from git.exc import InvalidGitRepositoryError, NoSuchPathError
        except ImportError as error:  # so GitPython says that there is no git program
            raise UsageError("a commit needs git, which is not installed") from error
        self.top = top
        try:
            self._repo: Repo = Repo(top)
            bare = self._repo.bare
        except (InvalidGitRepositoryError, NoSuchPathError):
            bare = True
        if bare:
            raise UsageError(f"{printable(top)}: not the top of a git work tree, nothing can be committed")
        self.git_dir = Path(self._repo.git_dir).absolute()
        self._execute(["rev-parse", "--git-dir"], "open the repository", {})  # where git checks who owns it

    def run(
        self, what: str, *arguments: str, stdin: bytes = b"", scratch: Scratch | None = None, answers: int = 0
    ) -> bytes:
        """What git prints; `what` is for the message of the `UsageError` that is raised where it fails.

        An exit code up to `answers` is no failure but an answer.
        Works on the user's index and work tree, or on those of `scratch`. Hooks may have set other locations in the
        environment, so that all are given.
        """
        locations = {
            "GIT_DIR": str(self.git_dir),
            "GIT_WORK_TREE": str(scratch.tree if scratch else self.top),
            "GIT_INDEX_FILE": str(scratch.index if scratch else self.git_dir / "index"),
        }
        settings = ["-c", "core.fsmonitor=false", "-c", "core.fsyncMethod=batch"]
        return self._execute(["-C", locations["GIT_WORK_TREE"], *settings, *arguments], what, locations, stdin, answers)

    def head(self) -> str | None:
        """The commit that HEAD names; None before the first one."""
        # Not asked of GitPython, which does not know every way in which git keeps references (reftable, SHA-256).
        sha = self.run("read HEAD", "rev-parse", "--quiet", "--verify", "HEAD^{commit}", answers=1)
        return sha.decode().strip() or None

    def _execute(
        self, arguments: list[str], what: str, locations: Mapping[str, str], stdin: bytes = b"", answers: int = 0
    ) -> bytes:
        with TemporaryFile() as stream:
            stream.write(stdin)
            stream.seek(0)
            status, output, errors = self._repo.git.execute(
                ["git", *arguments],
                istream=stream,
                env={**locations, **git_program.UNATTENDED},
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        if status not in range(answers + 1):
            raise git_program.refusal(self.top, what, errors)
        return output


class Scratch:
    """A temporary index, filled from a listing of `ls-tree -r -z` or `ls-files -s -z`, and an empty work tree for it.

    `base` is what it holds at first; files with conflicts are not in it.
    """

    def __init__(self, repository: GitRepository, directory: Path, listing: bytes) -> None:
        self._repository = repository
        self._listing = listing
        self.index = directory / "index"
        self.tree = directory / "tree"
        self.tree.mkdir(parents=True)
        self.base = _parse(listing)
        self.reset()

    def reset(self) -> None:
        """Forget what was stored since."""
        self.index.unlink(missing_ok=True)
        self._run("update-index", "-z", "--index-info", stdin=self._listing)

    def contents(self, names: Iterable[str]) -> dict[str, bytes]:
        """The files as a checkout would write them."""
        wanted = list(names)
        self._copy_attributes(wanted)
        self._run("checkout-index", "--force", "-z", "--stdin", stdin=_lines(wanted))
        return {name: (self.tree / name).read_bytes() for name in wanted}

    def store(self, contents: Mapping[str, bytes]) -> dict[str, Entry]:
        """Store files as `git add` would, but with the mode that `base` has for them."""
        self._copy_attributes(contents)
        for name, content in contents.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            executable = name in self.base and self.base[name].mode == "100755"
            path.chmod(0o755 if executable else 0o644)
        self._run("update-index", "--add", "-z", "--stdin", stdin=_lines(contents))
        stored = _parse(self._run("ls-files", "--stage", "-z"))
        return {name: stored[name] for name in contents}

    def write_tree(self, entries: Mapping[str, Entry]) -> str:
        """The tree that has `entries` and else what `base` has."""
        self.reset()
        self._run("update-index", "-z", "--index-info", stdin=index_info(entries))
        return self._run("write-tree").decode().strip()

    def _copy_attributes(self, names: Iterable[str]) -> None:
        # git looks for .gitattributes in the work tree first, and only then in the index.
        directories = {parent for name in names for parent in Path(name).parents}
        for directory in directories:
            source, copy = self._repository.top / directory / ".gitattributes", self.tree / directory / ".gitattributes"
            if source.is_file() and not source.is_symlink() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)

    def _run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return self._repository.run("store the edits", *arguments, stdin=stdin, scratch=self)


def index_info(entries: Mapping[str, Entry]) -> bytes:
    """The input of `git update-index -z --index-info`; the mode 0 removes a file."""
    return b"".join(f"{mode} {blob}\t".encode() + os.fsencode(name) + b"\0" for name, (mode, blob) in entries.items())


def _parse(listing: bytes) -> dict[str, Entry]:
    entries = {}
    for line in filter(None, listing.split(b"\0")):
        description, _, name = line.partition(b"\t")
        # "MODE BLOB STAGE" of ls-files, "MODE TYPE BLOB" of ls-tree; stages other than 0 are sides of a conflict.
        mode, second, third = description.decode().split(" ")
        if len(third) > 1:
            entries[os.fsdecode(name)] = Entry(mode, third)
        elif third == "0":
            entries[os.fsdecode(name)] = Entry(mode, second)
    return entries


def _lines(names: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(name) + b"\0" for name in names)
