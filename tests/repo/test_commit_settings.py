"""Commits in repositories of each kind, as git is configured there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.repo.commit import commit_edits
from tests.repo.commits import LOCK, MANIFEST, relocate, rewrite, status
from tests.repo.repositories import Repository, init


def test_without_an_identity_nothing_is_committed_and_the_remedy_is_named(committed: Repository) -> None:
    committed.git("config", "--unset", "user.name")
    committed.git("config", "--unset", "user.email")
    committed.git("config", "user.useConfigOnly", "true")
    parent = committed.git("rev-parse", "HEAD")

    with pytest.raises(UsageError, match=r"git config user\.email") as raised:
        rewrite(committed, "a.yaml")

    assert "\n" not in str(raised.value)
    assert committed.git("rev-parse", "HEAD") == parent
    assert status(committed) == [" M a.yaml", f"?? {LOCK}"]


def test_the_identity_of_the_environment_is_honoured(committed: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "A Bot")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "bot@example.org")

    rewrite(committed, "a.yaml")

    assert committed.git("log", "-1", "--format=%an/%cn").strip() == "A Bot/Ada Lovelace"


def test_a_commit_is_signed_where_the_configuration_says_so(committed: Repository, tmp_path: Path) -> None:
    signer = tmp_path / "signer"
    signer.write_text('#!/bin/sh\ncat >/dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho SIGNATURE\n')
    signer.chmod(0o755)
    committed.git("config", "gpg.program", str(signer))
    committed.git("config", "commit.gpgSign", "true")

    rewrite(committed, "a.yaml")

    assert "gpgsig SIGNATURE" in committed.git("cat-file", "commit", "HEAD")


def test_the_executable_bit_is_kept(repository: Repository) -> None:
    repository.write("a.yaml", MANIFEST).chmod(0o755)
    repository.commit("a.yaml")
    repository.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))

    rewrite(repository, "a.yaml")

    assert repository.git("ls-tree", "HEAD", "a.yaml").startswith("100755 ")
    assert status(repository) == [" M a.yaml"]


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "dirty"])
@pytest.mark.parametrize("by", ["autocrlf", "gitattributes"])
def test_line_endings_are_stored_as_git_add_would(repository: Repository, by: str, dirty: bool) -> None:
    if by == "autocrlf":
        repository.git("config", "core.autocrlf", "true")
    else:
        repository.write(".gitattributes", "*.yaml text=auto eol=crlf\n")
        repository.commit(".gitattributes")
    crlf = MANIFEST.replace("\n", "\r\n")
    repository.write("a.yaml", crlf)
    repository.commit("a.yaml")
    if dirty:
        repository.write("a.yaml", crlf.replace("replicas: 1", "replicas: 2"))

    rewrite(repository, "a.yaml")

    assert repository.git("cat-file", "blob", "HEAD:a.yaml") == MANIFEST.replace("nginx", "backup/nginx")
    assert status(repository) == ([" M a.yaml"] if dirty else [])
    assert b"backup/nginx:1\r\n" in (repository.path / "a.yaml").read_bytes()


def test_line_endings_that_were_committed_as_crlf_stay_so(repository: Repository) -> None:
    crlf = MANIFEST.replace("\n", "\r\n")
    repository.write("a.yaml", crlf)
    repository.commit("a.yaml")
    repository.git("config", "core.autocrlf", "true")

    rewrite(repository, "a.yaml")

    assert repository.git("cat-file", "blob", "HEAD:a.yaml") == crlf.replace("nginx", "backup/nginx")
    assert status(repository) == []


def test_a_clean_and_smudge_filter_is_applied(repository: Repository) -> None:
    repository.git("config", "filter.upper.clean", "tr a-z A-Z")
    repository.git("config", "filter.upper.smudge", "tr A-Z a-z")
    repository.write("deep/.gitattributes", "*.yaml filter=upper\n")
    repository.write("deep/a.yaml", "image: nginx:1\nx: 1\n")
    repository.commit("deep")
    repository.write("deep/a.yaml", "image: nginx:1\nx: 2\n")

    rewrite(repository, "deep/a.yaml")

    assert repository.git("cat-file", "blob", "HEAD:deep/a.yaml") == "IMAGE: BACKUP/NGINX:1\nX: 1\n"
    assert status(repository) == [" M deep/a.yaml"]


def test_a_repository_of_another_user_is_refused_with_the_remedy(
    committed: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own switch for its tests

    with pytest.raises(UsageError, match=r"git config --global --add safe\.directory"):
        rewrite(committed, "a.yaml")


def test_a_large_index_split_in_two_files(committed: Repository) -> None:
    committed.git("update-index", "--split-index")
    committed.write("b.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))
    committed.git("add", "b.yaml")

    rewrite(committed, "a.yaml", "b.yaml")

    assert status(committed) == ["M  b.yaml"]


def test_the_working_directory_and_the_variables_of_hooks_do_not_matter(
    committed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = init(tmp_path / "other")
    committed.write("deep/er/ä b.yaml", MANIFEST)
    committed.commit("deep")
    monkeypatch.chdir(committed.path / "deep")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))

    rewrite(committed, "deep/er/ä b.yaml")

    assert committed.git("show", "HEAD:deep/er/ä b.yaml") == MANIFEST.replace("nginx", "backup/nginx")
    assert status(committed) == []
    assert status(other) == []


def test_a_linked_worktree(committed: Repository, tmp_path: Path) -> None:
    committed.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side")

    commit = rewrite(side, "a.yaml")

    assert committed.git("rev-parse", "side").strip() == commit.sha
    assert status(side) == []
    assert status(committed) == []


def test_a_submodule_gets_its_own_commit(committed: Repository, tmp_path: Path) -> None:
    outer = init(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(committed.path), "sub")
    inner = Repository(outer.path / "sub")
    inner.git("config", "user.name", "Ada Lovelace")
    inner.git("config", "user.email", "ada@example.org")

    commit = rewrite(inner, "a.yaml")

    assert inner.git("rev-parse", "main").strip() == commit.sha
    assert status(inner) == []


def test_a_repository_with_sha256_objects(tmp_path: Path) -> None:
    repository = init(tmp_path / "repository", "--object-format=sha256")
    repository.write("a.yaml", MANIFEST)
    repository.commit("a.yaml")

    commit = rewrite(repository, "a.yaml")

    assert commit.sha is not None
    assert len(commit.sha) == 64
    assert status(repository) == []


def test_commit_hooks_are_not_run(committed: Repository) -> None:
    hook = committed.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    assert rewrite(committed, "a.yaml").sha == committed.git("rev-parse", "HEAD").strip()


@pytest.mark.parametrize("kind", ["none", "bare"])
def test_what_is_no_work_tree_gives_one_clear_line(tmp_path: Path, kind: str) -> None:
    repository = Repository(tmp_path)
    if kind == "bare":
        repository.git("init", "-q", "--bare")
    no_edits: Mapping[str, bytes] = {}

    with pytest.raises(UsageError, match="not the top of a git work tree"):
        commit_edits(tmp_path, no_edits, no_edits, [], relocate, "Relocate")
