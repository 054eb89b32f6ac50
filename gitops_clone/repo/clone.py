"""A temporary clone: a work tree of its own at any commit of a remote, while the user's checkout stays as it is.

It borrows the objects of the user's repository (`objects/info/alternates`, gitrepository-layout(5)) and has references,
index and work tree for itself, so that whatever happens nothing is added to the user's repository. A `git worktree`
would not do: it shares the file `shallow`, which a fetch changes, and the attributes, which decide about bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_clone.repo import git_program
from gitops_clone.repo.remote import Remote, with_configuration

# Who commits, how it is signed, how the remote is reached. All else could change bytes, or start programs.
_KEPT = (
    "user.", "author.", "committer.", "commit.gpgsign", "gpg.", "remote.", "url.", "http.", "https.", "credential.",
    "ssh.", "protocol.", "core.sshcommand", "core.askpass", "core.gitproxy", "push.gpgsign",
)  # fmt: skip
_OWN = (("core.hooksPath", os.devnull), ("core.quotePath", "false"), ("gc.auto", "0"), ("maintenance.auto", "false"))


@dataclass(frozen=True, slots=True)
class Clone:
    """A temporary clone with its work tree at `tree`. It has the branches of `remote` that were fetched."""

    tree: Path
    remote: Remote
    environ: Mapping[str, str]
    shallow: bool

    def run(self, what: str, *arguments: str, stdin: bytes = b"", answers: int = 0) -> str:
        return git_program.run(self.tree, what, *arguments, environ=self.environ, stdin=stdin, answers=answers)

    def fetch(self, branches: Sequence[str]) -> None:
        """Get the newest commits of the remote's branches; only those where the user's clone is shallow, too."""
        depth = ["--depth=1"] if self.shallow else []
        refspecs = [f"+refs/heads/{branch}:refs/fetched/{branch}" for branch in branches]
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", *depth]
        arguments = ["fetch", *options, "--", self.remote.name, *refspecs]
        self.remote.talk(self.tree, "fetch", arguments, self.environ)

    def commit_of(self, branch: str) -> str:
        """The newest commit of a branch that was fetched."""
        return self.run("read the branch", "rev-parse", "--verify", f"refs/fetched/{branch}").strip()

    def check_out(self, commit: str) -> None:
        """Make the work tree that of a commit, whatever it was before."""
        self.run("check out the base", "checkout", "--quiet", "--force", "--detach", commit)

    def fork_point(self, base: str, tip: str) -> str:
        """The newest commit that a branch shares with its base; the base's own where that is not known."""
        status, output, _ = git_program.start(self.tree, "merge-base", base, tip, environ=self.environ)
        return output.split()[0] if status == 0 else base

    def stage(self, names: Sequence[str]) -> str:
        """Stage files of the work tree; the tree that a commit would have now."""
        listing = b"".join(os.fsencode(name) + b"\0" for name in names)
        options = ["--force", "--pathspec-from-file=-", "--pathspec-file-nul"]
        if names:
            self.run("stage the edits", "--literal-pathspecs", "add", *options, stdin=listing)
        return self.run("store the edits", "write-tree").strip()

    def commit(self, message: str) -> str:
        """Commit what is staged, signed and named as the user's configuration says; the commit's name."""
        self.run(
            "commit", "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-", stdin=os.fsencode(message)
        )
        return self.run("read HEAD", "rev-parse", "HEAD").strip()


@contextmanager
def temporary_clone(remote: Remote) -> Iterator[Clone]:
    """A clone without any commit checked out, removed in the end. Raises `UsageError` where git refuses."""
    top = remote.top
    paths = git_program.run(
        top,
        "read the repository",
        *("rev-parse", "--path-format=absolute", "--show-object-format", "--is-shallow-repository"),
        *("--git-path", "objects", "--git-path", "shallow"),
    )
    object_format, shallow, objects, boundary = paths.splitlines()
    with TemporaryDirectory(prefix="gitops-clone-") as directory:
        tree = Path(os.path.realpath(directory), "tree")
        environ = _environment(remote)
        options = ["--quiet", "--template=", f"--object-format={object_format}"]
        git_program.run(top, "make a temporary clone", "init", *options, str(tree), environ=environ)
        information = tree / ".git" / "info"
        information.mkdir()
        # The bytes in the work tree are those that are stored: no filters, no line endings or encodings converted.
        (information / "attributes").write_text("* -text -filter -ident -working-tree-encoding\n")
        (tree / ".git" / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
        if shallow == "true":
            (tree / ".git" / "shallow").write_bytes(Path(boundary).read_bytes())
        yield Clone(tree, remote, environ, shallow == "true")


def _environment(remote: Remote) -> Mapping[str, str]:
    """An environment whose git has the part of the user's configuration that is to hold, and nothing else of it.

    It is read in the user's repository, since files may be included for that directory alone.
    """
    listing = git_program.run(remote.top, "read its configuration", "config", "--list", "-z", "--includes")
    entries = [_entry(item) for item in listing.split("\0") if item]
    kept = [(key, _absolute(value, remote.top)) for key, value in entries if key.startswith(_KEPT)]
    environ = {name: value for name, value in git_program.environment().items() if not name.startswith("GIT_CONFIG")}
    variables = with_configuration({}, [*kept, *_OWN, *remote.login])
    return {**environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **variables}


def _absolute(value: str, top: Path) -> str:
    """A URL that is a relative path starts at the user's work tree."""
    return os.path.join(top, value) if value.startswith(("./", "../")) else value


def _entry(item: str) -> tuple[str, str]:
    """Key and value; a key that stands alone means true."""
    key, newline, value = item.partition("\n")
    return key, value if newline else "true"
