"""The files of a revision, beside the user's checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.repo.files import Root
from gitops_clone.repo.revision import check_out
from tests.repo.repositories import Repository


def test_the_files_as_a_checkout_has_them(repository: Repository, tmp_path: Path) -> None:
    repository.write(".gitattributes", "*.yaml text eol=crlf\nvendor export-ignore\n")
    repository.write("a.yaml", "a: 1\r\n")
    repository.write("vendor/b.txt", "b\n")
    repository.write("name with ü.txt", "c\n")
    repository.commit(".")
    repository.write("a.yaml", "a: 2\r\n")
    (repository.path / "vendor/b.txt").unlink()
    before = repository.git("status", "--porcelain")
    check_out(Root(repository.path, git=True), "HEAD", tmp_path / "base")
    assert (tmp_path / "base/a.yaml").read_bytes() == b"a: 1\r\n"
    assert (tmp_path / "base/vendor/b.txt").read_text() == "b\n"
    assert (tmp_path / "base/name with ü.txt").read_text() == "c\n"
    assert repository.git("status", "--porcelain") == before


@pytest.mark.parametrize("revision", ["v1", "main~1", "main@{0}"])
def test_whatever_git_takes_for_a_commit(repository: Repository, tmp_path: Path, revision: str) -> None:
    repository.write("a.yaml", "old")
    repository.commit("a.yaml")
    repository.git("tag", "-a", "v1", "-m", "tag")
    repository.write("a.yaml", "new")
    repository.commit("a.yaml")
    check_out(Root(repository.path, git=True), revision, tmp_path / "base")
    assert (tmp_path / "base/a.yaml").read_text() == ("new" if revision == "main@{0}" else "old")


def test_in_a_linked_worktree_and_in_a_hook(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("a.yaml", "old")
    repository.commit("a.yaml")
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    monkeypatch.setenv("GIT_DIR", str(repository.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.path / ".git/index"))
    check_out(Root(tmp_path / "linked", git=True), "HEAD", tmp_path / "base")
    assert (tmp_path / "base/a.yaml").read_text() == "old"


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD:a.yaml", ""])
def test_what_is_no_commit(repository: Repository, tmp_path: Path, revision: str) -> None:
    repository.write("a.yaml", "old")
    repository.commit("a.yaml")
    with pytest.raises(UsageError, match="git knows no such revision"):
        check_out(Root(repository.path, git=True), revision, tmp_path / "base")
