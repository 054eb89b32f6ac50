"""Which files of the tree a command takes, and which it skips."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.finding import Skipped
from gitops_clone.repo.files import find_root, list_files
from tests.repo.listing import found
from tests.repo.repositories import Repository, init

OTHER_REPOSITORY = "in another git repository (a submodule or a clone): run gitops-clone there"


@pytest.fixture(params=[True, False], ids=["git", "no git"])
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A directory with and without git, which is the working directory."""
    directory = init(tmp_path / "tree") if request.param else Repository(Path(os.path.realpath(tmp_path)) / "tree")
    directory.path.mkdir(exist_ok=True)
    monkeypatch.chdir(directory.path)
    return directory


class TestListFiles:
    def test_manifests_are_listed_once_sorted_and_nothing_else(self, tree: Repository) -> None:
        names = ["B.yaml", "a b/ä\n\t1.yml", "a/c.json", "a/d.yaml", "Z/-x.yaml"]
        for name in [*names, "README.md", "x.yaml.bak", "deep/.gitops-clone.yaml", ".gitops-clone.lock"]:
            tree.write(name, "")

        assert found(".", "a", "a/d.yaml", "./a/../a") == (sorted(names), [])

    def test_only_what_is_below_the_paths(self, tree: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ["a/x.yaml", "a2/x.yaml", "b/x.yaml", "b/y.yaml", "*/x.yaml"]:
            tree.write(name, "")
        monkeypatch.chdir(tree.path / "b")
        root = find_root(tree.path)

        assert list_files(root, [Path("../a"), Path("y.yaml")], []) == (["a/x.yaml", "b/y.yaml"], [])
        assert list_files(root, [Path()], []) == (["b/x.yaml", "b/y.yaml"], [])
        assert list_files(root, [Path("../b/..")], [])[0] == [
            "*/x.yaml",
            "a/x.yaml",
            "a2/x.yaml",
            "b/x.yaml",
            "b/y.yaml",
        ]
        assert list_files(root, [tree.path / "*"], []) == (["*/x.yaml"], [])
        assert list_files(root, [], []) == ([], [])

    def test_a_file_that_is_named_is_taken_whatever_its_suffix(self, tree: Repository) -> None:
        tree.write("values.tpl", "")

        assert found("values.tpl") == (["values.tpl"], [])

    def test_our_own_files_are_not_taken_even_if_named(self, tree: Repository) -> None:
        tree.write(".gitops-clone.lock", "")

        assert found(".gitops-clone.lock") == ([], [Skipped(".gitops-clone.lock", "gitops-clone's own file")])

    def test_an_excluded_file_is_listed_as_skipped(self, tree: Repository) -> None:
        for name in ["a/test/x.yaml", "a/x.yaml", "b.yaml", "test/notes.txt"]:
            tree.write(name, "")

        skipped = [Skipped("a/test/x.yaml", 'excluded by "test"'), Skipped("b.yaml", 'excluded by "/b.*"')]
        assert found(exclude=("test", "/b.*")) == (["a/x.yaml"], skipped)
        assert found("b.yaml", exclude=("test", "/b.*")) == ([], skipped[1:])

    def test_a_path_that_does_not_exist_is_one_clear_line(self, tree: Repository) -> None:
        for path in ("gone.yaml", "go\nne", "gone/"):
            with pytest.raises(UsageError, match=r"^'?go.*: no such file or directory$"):
                found(path)

    def test_a_path_that_the_system_refuses_is_one_clear_line(self, tree: Repository) -> None:
        with pytest.raises(UsageError, match=r"xxx: File name too long$"):
            found("x" * 300)

    def test_a_path_outside_is_one_clear_line(self, tree: Repository, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside/a.yaml").touch()
        (tree.path / "link").symlink_to(tmp_path / "outside")

        for path in ("..", "../outside", "../outside/a.yaml", str(tmp_path / "outside"), "link/a.yaml", "/"):
            with pytest.raises(UsageError, match=r"outside .*tree; run gitops-clone in its own repository"):
                found(path)

    def test_a_symlink_in_the_tree_stands_for_its_target(self, tree: Repository) -> None:
        tree.write("base/a.yaml", "")
        tree.write("base/b.tpl", "")
        (tree.path / "apps").mkdir()
        (tree.path / "apps/a.yaml").symlink_to("../base/a.yaml")
        (tree.path / "apps/b.yaml").symlink_to(tree.path / "base/b.tpl")

        assert found() == (["base/a.yaml", "base/b.tpl"], [])
        assert found("apps") == (["base/a.yaml", "base/b.tpl"], [])
        assert found("apps/a.yaml") == (["base/a.yaml"], [])

    def test_a_symlink_out_of_the_tree_or_to_nothing_is_skipped(self, tree: Repository, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside/a.yaml").touch()
        (tree.path / "dangling.yaml").symlink_to("gone.yaml")
        (tree.path / "directory").symlink_to(tmp_path / "outside")
        (tree.path / "file.yaml").symlink_to("../outside/a.yaml")
        (tree.path / "loop.yaml").symlink_to("loop.yaml")
        (tree.path / "plain").symlink_to("/etc/passwd")

        outside, nothing = "a symbolic link to a target outside the repository", "a symbolic link to nothing"
        skipped = [
            Skipped("dangling.yaml", nothing),
            Skipped("directory", outside),
            Skipped("file.yaml", outside),
            Skipped("loop.yaml", nothing),
        ]
        assert found() == ([], skipped)
        assert found(*(entry.file for entry in skipped)) == ([], skipped)

    def test_a_symlink_to_a_directory_in_the_tree_adds_nothing_or_says_so(self, tree: Repository) -> None:
        tree.write("base/a.yaml", "")
        tree.write("apps/b.yaml", "")
        (tree.path / "apps/base").symlink_to("../base")

        reason = "a symbolic link to the directory base: name that directory to include it"
        assert found() == (["apps/b.yaml", "base/a.yaml"], [])
        assert found("apps") == (["apps/b.yaml"], [Skipped("apps/base", reason)])
        assert found("apps/base") == (["base/a.yaml"], [])
        assert found("apps/base/a.yaml") == (["base/a.yaml"], [])

    def test_an_excluded_symlink_is_not_followed(self, tree: Repository) -> None:
        tree.write("base/a.txt", "")
        (tree.path / "a.yaml").symlink_to("base/a.txt")

        assert found(exclude=("a.yaml",)) == ([], [Skipped("a.yaml", 'excluded by "a.yaml"')])

    def test_a_name_that_is_not_utf8_is_skipped_and_printable(self, tree: Repository) -> None:
        with open(os.fsencode(tree.path) + b"/caf\xe9.yaml", "wb"):
            pass

        reason = "the file name is not UTF-8; rename it"
        assert found() == ([], [Skipped(r"caf\xe9.yaml", reason, fatal=True)])
        assert found(os.fsdecode(b"caf\xe9.yaml")) == ([], [Skipped(r"caf\xe9.yaml", reason, fatal=True)])

    def test_what_is_no_regular_file_is_skipped(self, tree: Repository) -> None:
        os.mkfifo(tree.path / "pipe.yaml")

        assert found("pipe.yaml") == ([], [Skipped("pipe.yaml", "not a regular file")])

    def test_another_repository_in_the_tree_is_left_alone(self, tree: Repository) -> None:
        inner = init(tree.path / "a/inner")
        inner.write("b/x.yaml", "")
        inner.commit("b")
        tree.write("y.yaml", "")

        assert found() == (["y.yaml"], [Skipped("a/inner", OTHER_REPOSITORY)])
        assert found("a/inner/b/x.yaml") == ([], [Skipped("a/inner/b/x.yaml", OTHER_REPOSITORY)])
        assert found("a/inner/b") == ([], [Skipped("a/inner/b", OTHER_REPOSITORY)])

    def test_a_directory_named_like_a_manifest(self, tree: Repository) -> None:
        tree.write("dir.yaml/a.yaml", "")

        assert found() == (["dir.yaml/a.yaml"], [])


def test_a_directory_that_may_not_be_read_is_skipped_and_fatal() -> None:
    code = "import os, sys; from pathlib import Path; from gitops_clone.repo.files import Root, list_files\n"
    code += "if os.geteuid() == 0: os.setuid(65534)\n"
    code += "print(*list_files(Root(Path.cwd(), False), [Path(path) for path in sys.argv[1:]], []))"

    with tempfile.TemporaryDirectory() as directory:  # not below pytest's, which only their owner enters
        os.chmod(directory, 0o755)
        tree = Repository(Path(os.path.realpath(directory)))
        tree.write("a.yaml", "")
        tree.write("sealed/b.yaml", "").parent.chmod(0)
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        listed, named = (
            subprocess.run(
                [sys.executable, "-c", code, path], cwd=tree.path, env=environment, capture_output=True, text=True
            )
            for path in (".", "sealed/b.yaml")
        )
        tree.path.joinpath("sealed").chmod(0o700)

    skipped = Skipped("sealed", "cannot be listed: Permission denied", fatal=True)
    assert listed.stdout == f"['a.yaml'] [{skipped}]\n"
    assert "UsageError: sealed/b.yaml: Permission denied\n" in named.stderr


class TestListFilesOfGit:
    @pytest.fixture(autouse=True)
    def _inside(self, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(repository.path)

    def test_ignored_files_are_taken_only_if_named_or_tracked(self, repository: Repository) -> None:
        for name in ["build/a.yaml", "b.yaml", "tracked.yaml"]:
            repository.write(name, "")
        repository.commit("tracked.yaml")
        repository.write(".gitignore", "build/\ntracked.yaml\n")

        assert found() == (["b.yaml", "tracked.yaml"], [])
        assert found("build/a.yaml") == (["build/a.yaml"], [])
        assert found("build") == ([], [Skipped("build", "nothing in it, or nothing that git does not ignore")])

    def test_deleted_files_are_not_listed(self, repository: Repository) -> None:
        repository.write("a.yaml", "")
        repository.commit("a.yaml")
        (repository.path / "a.yaml").unlink()

        assert found() == ([], [])

    def test_a_file_with_conflicts_is_listed_once(self, repository: Repository) -> None:
        repository.write("a.yaml", "x: 0\n")
        repository.commit("a.yaml")
        repository.git("checkout", "-q", "-b", "other")
        repository.write("a.yaml", "x: 1\n")
        repository.commit("a.yaml")
        repository.git("checkout", "-q", "main")
        repository.write("a.yaml", "x: 2\n")
        repository.commit("a.yaml")
        repository.git("read-tree", "-m", "HEAD~1", "main", "other")

        assert repository.git("ls-files", "--unmerged").count("a.yaml") == 3
        assert found() == (["a.yaml"], [])

    def test_a_tracked_directory_that_became_a_symlink_is_not_followed(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        repository.write("a/x.yaml", "")
        repository.commit("a")
        (repository.path / "a").rename(tmp_path / "elsewhere")
        (repository.path / "a").symlink_to(tmp_path / "elsewhere")

        assert found() == ([], [Skipped("a", "a symbolic link to a target outside the repository")])

    def test_a_submodule_is_left_alone(self, repository: Repository, tmp_path: Path) -> None:
        other = init(tmp_path / "other")
        other.write("x.yaml", "")
        other.commit("x.yaml")
        repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "sub")

        assert found() == ([], [Skipped("sub", OTHER_REPOSITORY)])
        assert found("sub") == ([], [Skipped("sub", OTHER_REPOSITORY)])

    def test_files_of_git_itself_are_never_taken(self, repository: Repository) -> None:
        repository.write(".git/x.yaml", "")

        assert found(".git/x.yaml") == ([], [Skipped(".git/x.yaml", "part of git's own directory")])

    @pytest.mark.parametrize("config", ["core.bare=true", "core.repositoryFormatVersion=99"])
    def test_a_repository_that_git_refuses_is_one_clear_line(self, repository: Repository, config: str) -> None:
        repository.git("config", *config.split("="))

        with pytest.raises(UsageError, match=r"repository: git cannot list the files: \w.*") as raised:
            found()
        assert "\n" not in str(raised.value)

    def test_a_worktree_whose_repository_is_gone_is_one_clear_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "side").mkdir()
        (tmp_path / "side/.git").write_text("gitdir: /gone\n")
        monkeypatch.chdir(tmp_path / "side")

        with pytest.raises(UsageError, match=r"side: git cannot list the files: not a git repository: /gone"):
            found()

    def test_a_repository_of_another_user_is_refused_with_the_remedy_but_named_files_are_not(
        self, repository: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository.write("a.yaml", "")
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch for its tests

        with pytest.raises(UsageError, match=r"git config --global --add safe\.directory .*repository$") as raised:
            found()
        assert "\n" not in str(raised.value)
        assert found("a.yaml") == (["a.yaml"], [])
