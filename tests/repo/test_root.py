"""Where the tree begins that a command looks at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_clone.repo.files import Root, find_root
from tests.repo.listing import found
from tests.repo.repositories import Repository, init


class TestFindRoot:
    def test_the_top_of_the_work_tree(self, repository: Repository) -> None:
        inner = repository.write("a/b/.gitops-clone.toml", "").parent

        assert find_root(inner) == Root(repository.path, git=True)

    def test_a_linked_worktree_and_a_submodule_have_their_own(self, repository: Repository, tmp_path: Path) -> None:
        repository.write("a.yaml", "")
        repository.commit("a.yaml")
        repository.git("worktree", "add", "-q", str(repository.path / "side"))
        repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository.path), "sub")

        assert find_root(repository.path / "side") == Root(repository.path / "side", git=True)
        assert find_root(repository.path / "sub") == Root(repository.path / "sub", git=True)

    def test_the_variables_of_a_hook_do_not_mislead(
        self, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository.write("a/b.yaml", "")
        other = init(tmp_path / "other")
        monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
        monkeypatch.chdir(repository.path / "a")

        assert find_root(Path()) == Root(repository.path, git=True)
        assert found() == (["a/b.yaml"], [])

    def test_the_nearest_configuration_where_there_is_no_git(self, tmp_path: Path) -> None:
        (tmp_path / "a/b/c").mkdir(parents=True)
        (tmp_path / "a/.gitops-clone.toml").touch()
        (tmp_path / ".gitops-clone.toml").touch()

        assert find_root(tmp_path / "a/b/c") == Root(Path(os.path.realpath(tmp_path / "a")), git=False)

    @pytest.mark.parametrize("kind", ["empty", "broken", "bare"])
    def test_else_the_directory_itself(self, tmp_path: Path, kind: str) -> None:
        start = Repository(tmp_path / "start")
        (start.path / ".git" if kind == "broken" else start.path).mkdir(parents=True)
        if kind == "bare":
            start.git("init", "-q", "--bare")

        assert find_root(start.path) == Root(Path(os.path.realpath(start.path)), git=False)

    def test_without_a_git_program_there_is_no_work_tree(
        self, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inner = repository.write("a/b.yaml", "").parent
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.chdir(inner)

        assert find_root(Path()) == Root(inner, git=False)
        assert found() == (["b.yaml"], [])

    def test_a_symlink_is_resolved(self, repository: Repository, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(repository.path)

        assert find_root(tmp_path / "link").path == repository.path
