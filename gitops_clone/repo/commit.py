"""One commit of exactly our edits, beside what the user has staged or changed.

Pushing and pull requests start from the `Commit` that `commit_edits` returns; they have modules of their own.

No commit hooks are run: a pre-commit hook that runs gitops-clone would wait for the lock that this run holds, and any
other would judge a work tree that is not what is committed. Signing and identity are those of git's configuration.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone.errors import UsageError
from gitops_clone.repo.scratch import Entry, GitRepository, Scratch, index_info
from gitops_clone.repo.write import printable

_LEFT = "the edits are in the work tree, and are left to you to commit"
_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


@dataclass(frozen=True, slots=True)
class Commit:
    """What was committed: the commit's name (None: there was nothing to commit), and per file what was not, and why."""

    sha: str | None
    subject: str
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Edits:
    """Our edits: whole files before and after, how to make them in other versions, which files go `together`."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    reapply: Callable[[str, bytes], bytes | None]
    together: Sequence[Collection[str]]

    def store(self, scratch: Scratch, names: Iterable[str]) -> dict[str, Entry | None]:
        """Store the scratch's version of each file with our edits; None where they do not apply to it."""
        names = list(names)
        stored = scratch.store({name: self.before[name] for name in names})
        changed = [name for name in names if stored[name].blob != scratch.base[name].blob]
        scratch.reset()
        edited: dict[str, bytes | None] = {name: self.after[name] for name in names}
        edited |= {name: self.reapply(name, content) for name, content in scratch.contents(changed).items()}
        stored = scratch.store({name: content for name, content in edited.items() if content is not None})
        return {name: stored.get(name) for name in names}


def refuse_early(root: Path) -> None:
    """Raise the `UsageError` of `commit_edits`, as far as it is known before the edits are made."""
    repository = GitRepository(root)
    _refuse_unfinished(repository)
    for identity in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        repository.run("commit", "var", identity)


def commit_edits(
    root: Path,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    whole: Sequence[str],
    reapply: Callable[[str, bytes], bytes | None],
    message: str,
    together: Sequence[Collection[str]] = (),
) -> Commit:
    """Commit our edits on the current branch (or on a detached HEAD, or as the very first commit).

    `root` is the top of the work tree, where the edits are written already; `before` and `after` are the bytes of each
    changed file there, `whole` the files that are committed as they are. A file that the user has changed too is
    committed as HEAD's version with our edits, `reapply(file, bytes)`, where that is not None. What is staged stays
    staged, with our edits made in it; the work tree is not touched. Files that cannot be handled so are left out, and
    where one of a group of `together` is, all of these are.

    Raises `UsageError`, with nothing committed or staged, in the middle of a merge or rebase, without an identity, and
    for whatever git refuses.
    """
    repository = GitRepository(root)
    _refuse_unfinished(repository)
    try:
        with TemporaryDirectory(prefix="gitops-clone-") as directory:
            return _commit(repository, Path(directory), _Edits(before, after, reapply, together), whole, message)
    except OSError as error:
        raise UsageError(f"{printable(root)}: cannot be committed: {error.strerror}; {_LEFT}") from error
    except UsageError as error:
        raise UsageError(f"{error}; {_LEFT}") from error


def _commit(repository: GitRepository, directory: Path, edits: _Edits, whole: Sequence[str], message: str) -> Commit:
    parent = repository.head()
    listing = repository.run("read HEAD", "ls-tree", "-r", "-z", "--full-tree", parent) if parent else b""
    head = Scratch(repository, directory / "head", listing)
    staged = Scratch(repository, directory / "staged", repository.run("read the index", "ls-files", "-s", "-z"))
    entries, index, left_out = _store_edits(head, staged, edits)
    whole_entries, ignored = _store_whole(repository, head, staged, whole)
    entries = {name: entry for name, entry in (entries | whole_entries).items() if head.base.get(name) != entry}
    index = {name: entry for name, entry in (index | whole_entries).items() if name in entries}
    subject = message.partition("\n")[0]
    reasons = tuple(sorted((left_out | ignored).items()))
    if not entries:
        return Commit(None, subject, reasons)
    sha = _create(repository, head.write_tree(entries), parent, message)
    nothing = Entry("0", "0" * len(sha))
    _advance(repository, sha, parent, index, {name: staged.base.get(name, nothing) for name in index}, subject)
    return Commit(sha, subject, reasons)


def _refuse_unfinished(repository: GitRepository) -> None:
    for name, operation in _UNFINISHED.items():
        if (repository.git_dir / name).exists():
            remedy = f"finish it (git {operation} --continue) or give it up (git {operation} --abort)"
            raise UsageError(
                f"{printable(repository.top)}: a {operation} is in progress, nothing is committed; {remedy}"
            )


def _store_edits(
    head: Scratch, staged: Scratch, edits: _Edits
) -> tuple[dict[str, Entry], dict[str, Entry], dict[str, str]]:
    """The entries for the commit and for the user's index, and the files that are left out, each with its reason."""
    names = [name for name, content in edits.after.items() if edits.before[name] != content]
    left_out = {name: reason for name in names if (reason := _why_not(name, head, staged))}
    committed = edits.store(head, (name for name in names if name not in left_out))
    also_staged = [name for name in committed if staged.base[name].blob != head.base[name].blob]
    restaged = edits.store(staged, also_staged)
    entries, index = {}, {}
    for name, entry in committed.items():
        if entry is None:
            left_out[name] = "the edits do not apply to HEAD's version, which you changed at the same places"
        elif name not in restaged:
            entries[name], index[name] = entry, Entry(staged.base[name].mode, entry.blob)
        elif (version := restaged[name]) is None:
            left_out[name] = "the edits do not apply to the staged version"
        else:
            entries[name], index[name] = entry, version
    while missing := next((name for group in edits.together for name in _missing(group, entries, left_out)), None):
        for group in edits.together:
            for name in entries.keys() & set(group) if missing in group else ():
                del entries[name], index[name]
                left_out[name] = f"its edits make sense only with those of {printable(missing)}, which is left out"
    return entries, index, left_out


def _missing(group: Collection[str], entries: Mapping[str, Entry], left_out: Mapping[str, str]) -> Iterator[str]:
    """The files that are left out of a group of which others are not."""
    if not entries.keys().isdisjoint(group):
        yield from (name for name in group if name in left_out)


def _why_not(name: str, head: Scratch, staged: Scratch) -> str | None:
    if name not in head.base:
        return "not in HEAD: commit the file itself first"
    if name not in staged.base:
        return "staged for deletion, or with conflicts"
    if not head.base[name].is_regular or not staged.base[name].is_regular:
        return "not a regular file in HEAD or in the index"
    return None


def _store_whole(
    repository: GitRepository, head: Scratch, staged: Scratch, names: Iterable[str]
) -> tuple[dict[str, Entry], dict[str, str]]:
    """The entries of the files that are committed as they are, and why others are not."""
    contents = {name: path.read_bytes() for name in names if (path := repository.top / name).is_file()}
    rules = {name: rule for name in contents if name not in staged.base and (rule := _ignore_rule(repository, name))}
    entries = head.store({name: content for name, content in contents.items() if name not in rules})
    return entries, {name: f"ignored by git ({rule}): remove that rule" for name, rule in rules.items()}


def _ignore_rule(repository: GitRepository, name: str) -> str | None:
    """The rule that ignores an untracked file, as `FILE:LINE:PATTERN`."""
    # With --non-matching the fields of the rule are there, and empty; the exit code is 1 then.
    arguments = ["check-ignore", "--verbose", "--non-matching", "-z", "--stdin"]
    output = repository.run("look for ignored files", *arguments, stdin=os.fsencode(name) + b"\0", answers=1)
    source, line, pattern, _ = output.split(b"\0")[:4]
    rule = b":".join((source, line, pattern)).decode("utf-8", "backslashreplace")
    return printable(rule) if source and not pattern.startswith(b"!") else None


def _create(repository: GitRepository, tree: str, parent: str | None, message: str) -> str:
    wants_signature = repository.run("read its configuration", "config", "--default=false", "--bool", "commit.gpgSign")
    parents = ["-p", parent] if parent else []
    signature = ["-S"] if wants_signature.strip() == b"true" else []
    arguments = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", *signature, *parents, tree]
    return repository.run("commit", *arguments, stdin=f"{message.rstrip()}\n".encode()).decode().strip()


def _advance(
    repository: GitRepository,
    sha: str,
    parent: str | None,
    index: Mapping[str, Entry],
    old_index: Mapping[str, Entry],
    subject: str,
) -> None:
    """Move the index first and then HEAD, so that a run killed in between leaves our edits staged, not undone."""
    update = ["update-index", "--add", "-z", "--index-info"]
    repository.run("stage the edits", *update, stdin=index_info(index))
    try:
        # An empty old value: HEAD must not exist yet.
        repository.run("move HEAD", "update-ref", "-m", f"commit: {subject}", "HEAD", sha, parent or "")
    except UsageError:
        repository.run("unstage the edits", *update, stdin=index_info(old_index))
        raise
    # Spares the next `git status` the work; the commit is done, whatever comes of this.
    repository.run("refresh the index", "update-index", "-q", "--refresh", answers=255)
