"""What a commit takes in, and what of the user's stays as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.repo.commit import Commit, commit_edits
from tests.repo.commits import LOCK, MANIFEST, changed_files, diff, relocate, rewrite, status
from tests.repo.repositories import Repository


def test_clean_files_and_the_lock_file_make_one_commit(committed: Repository) -> None:
    parent = committed.git("rev-parse", "HEAD").strip()

    commit = rewrite(committed, "a.yaml", message="Relocate one image\n\n- nginx:1\n# kept")

    assert commit == Commit(committed.git("rev-parse", "main").strip(), "Relocate one image", ())
    assert committed.git("rev-parse", "HEAD^").strip() == parent
    assert changed_files(committed) == [LOCK, "a.yaml"]
    assert committed.git("show", "HEAD:a.yaml") == MANIFEST.replace("nginx", "backup/nginx")
    assert committed.git("log", "-1", "--format=%B").strip() == "Relocate one image\n\n- nginx:1\n# kept"
    assert committed.git("log", "-1", "--format=%an <%ae>").strip() == "Ada Lovelace <ada@example.org>"
    assert status(committed) == []
    assert committed.git("diff-files") == ""
    assert "commit: Relocate one image" in committed.git("reflog", "-1")


def test_unstaged_changes_elsewhere_in_the_file_stay_unstaged(committed: Repository) -> None:
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))

    commit = rewrite(committed, "a.yaml")

    assert commit.left_out == ()
    assert committed.git("show", "HEAD:a.yaml") == MANIFEST.replace("nginx", "backup/nginx")
    assert status(committed) == [" M a.yaml"]
    assert diff(committed) == ["-replicas: 1", "+replicas: 2"]


def test_staged_changes_stay_staged_and_out_of_the_commit(committed: Repository) -> None:
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))
    committed.git("add", "a.yaml")

    rewrite(committed, "a.yaml")

    assert "replicas: 1" in committed.git("show", "HEAD:a.yaml")
    assert status(committed) == ["M  a.yaml"]
    assert diff(committed, "--cached") == ["-replicas: 1", "+replicas: 2"]


def test_staged_and_unstaged_changes_stay_what_they_are(committed: Repository) -> None:
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))
    committed.git("add", "a.yaml")
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2").replace("# top", "# TOP"))

    rewrite(committed, "a.yaml")

    assert committed.git("show", "HEAD:a.yaml") == MANIFEST.replace("nginx", "backup/nginx")
    assert status(committed) == ["MM a.yaml"]
    assert diff(committed, "--cached") == ["-replicas: 1", "+replicas: 2"]
    assert diff(committed) == ["-# top", "+# TOP"]


def test_edits_that_do_not_apply_to_head_leave_the_file_out(committed: Repository) -> None:
    committed.write("b.yaml", MANIFEST.replace("nginx:1", "redis:7"))
    committed.commit("b.yaml")
    committed.write("b.yaml", MANIFEST)

    commit = rewrite(committed, "a.yaml", "b.yaml")

    assert commit.left_out == (
        ("b.yaml", "the edits do not apply to HEAD's version, which you changed at the same places"),
    )
    assert changed_files(committed) == [LOCK, "a.yaml"]
    assert status(committed) == [" M b.yaml"]


def test_edits_that_do_not_apply_to_the_staged_version_leave_the_file_out(committed: Repository) -> None:
    committed.write("b.yaml", MANIFEST.replace("nginx:1", "redis:7"))
    committed.git("add", "b.yaml")
    committed.write("b.yaml", MANIFEST)

    commit = rewrite(committed, "b.yaml")

    assert commit.left_out == (("b.yaml", "the edits do not apply to the staged version"),)
    assert changed_files(committed) == [LOCK]
    assert status(committed) == ["MM b.yaml"]
    assert "redis:7" in committed.git("show", ":b.yaml")


@pytest.mark.parametrize("stage", [False, True], ids=["untracked", "added"])
def test_a_file_that_is_not_in_head_is_left_out(committed: Repository, stage: bool) -> None:
    committed.write("new.yaml", MANIFEST)
    if stage:
        committed.git("add", "new.yaml")

    commit = rewrite(committed, "new.yaml")

    assert commit.left_out == (("new.yaml", "not in HEAD: commit the file itself first"),)
    assert changed_files(committed) == [LOCK]
    assert status(committed) == (["AM new.yaml"] if stage else ["?? new.yaml"])


def test_a_staged_rename_stays_staged(committed: Repository) -> None:
    committed.git("mv", "a.yaml", "moved.yaml")

    commit = rewrite(committed, "moved.yaml", "b.yaml")

    assert commit.left_out == (("moved.yaml", "not in HEAD: commit the file itself first"),)
    assert changed_files(committed) == [LOCK, "b.yaml"]
    assert "RM a.yaml -> moved.yaml" in status(committed)


def test_a_staged_deletion_stays_staged(committed: Repository) -> None:
    committed.git("rm", "-q", "--cached", "a.yaml")

    commit = rewrite(committed, "a.yaml")

    assert commit.left_out == (("a.yaml", "staged for deletion, or with conflicts"),)
    assert status(committed) == ["D  a.yaml", "?? a.yaml"]


def test_other_staged_files_stay_staged_and_out_of_the_commit(committed: Repository) -> None:
    committed.write("b.yaml", "kind: Other\n")
    committed.write("new.txt", "new\n")
    committed.git("add", "b.yaml", "new.txt")

    rewrite(committed, "a.yaml")

    assert changed_files(committed) == [LOCK, "a.yaml"]
    assert status(committed) == ["M  b.yaml", "A  new.txt"]


def test_the_first_commit_of_an_empty_repository(repository: Repository) -> None:
    repository.write("a.yaml", MANIFEST)

    commit = rewrite(repository, "a.yaml")

    assert commit.sha == repository.git("rev-parse", "main").strip()
    assert repository.git("rev-list", "--count", "HEAD").strip() == "1"
    assert repository.git("ls-files").split() == [LOCK]
    assert commit.left_out == (("a.yaml", "not in HEAD: commit the file itself first"),)


def test_a_detached_head_moves_and_the_branch_does_not(committed: Repository) -> None:
    branch = committed.git("rev-parse", "main").strip()
    committed.git("checkout", "-q", "--detach")

    commit = rewrite(committed, "a.yaml")

    assert committed.git("rev-parse", "HEAD").strip() == commit.sha
    assert committed.git("rev-parse", "main").strip() == branch
    assert committed.git("branch", "--show-current") == ""


def test_nothing_to_change_makes_no_commit(committed: Repository) -> None:
    first = rewrite(committed, "a.yaml")

    again = commit_edits(committed.path, {}, {}, [LOCK], relocate, "Relocate")

    assert again == Commit(None, "Relocate", ())
    assert committed.git("rev-parse", "HEAD").strip() == first.sha


def test_in_the_middle_of_a_merge_nothing_is_committed(committed: Repository) -> None:
    committed.git("checkout", "-q", "-b", "other")
    committed.write("c.yaml", "x: 1\n")
    committed.commit("c.yaml")
    committed.git("checkout", "-q", "main")
    committed.git("merge", "-q", "--no-ff", "--no-commit", "other")
    before = status(committed)

    with pytest.raises(UsageError, match=r"a merge is in progress.*git merge --continue"):
        rewrite(committed, "a.yaml")

    assert committed.git("log", "--format=%s").splitlines() == ["Somebody's work"]
    assert set(before) < set(status(committed))


def test_an_index_that_another_git_holds_is_one_clear_line(committed: Repository) -> None:
    (committed.path / ".git/index.lock").touch()
    parent = committed.git("rev-parse", "HEAD")

    with pytest.raises(UsageError, match=r"index\.lock.*File exists") as raised:
        rewrite(committed, "a.yaml")

    assert "\n" not in str(raised.value)
    assert committed.git("rev-parse", "HEAD") == parent


def test_a_head_that_cannot_move_leaves_nothing_staged(committed: Repository) -> None:
    (committed.path / ".git/refs/heads/main.lock").touch()

    with pytest.raises(UsageError, match="git cannot move HEAD"):
        rewrite(committed, "a.yaml")

    assert status(committed) == [" M a.yaml", f"?? {LOCK}"]


def test_a_full_disk_is_one_clear_line(committed: Repository) -> None:
    code = "import resource, signal, sys; from pathlib import Path; from gitops_clone.repo.commit import commit_edits\n"
    code += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    code += "commit_edits(Path(sys.argv[1]), {'a.yaml': b'x' * 9999}, {'a.yaml': b''}, [], lambda *_: None, 'Relocate')"
    command = [sys.executable, "-c", code, str(committed.path)]

    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)

    assert f"UsageError: {committed.path}: cannot be committed: File too large; " in done.stderr.splitlines()[-1]
    assert status(committed) == []


def test_a_file_with_conflicts_keeps_them(committed: Repository) -> None:
    committed.git("branch", "base")
    committed.git("checkout", "-q", "-b", "other")
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 2"))
    committed.commit("a.yaml")
    committed.git("checkout", "-q", "main")
    committed.write("a.yaml", MANIFEST.replace("replicas: 1", "replicas: 3"))
    committed.commit("a.yaml")
    committed.git("read-tree", "-m", "base", "main", "other")  # as `git stash pop` leaves it: no merge in progress
    unmerged = committed.git("ls-files", "--unmerged")

    commit = rewrite(committed, "a.yaml", "b.yaml")

    assert commit.left_out == (("a.yaml", "staged for deletion, or with conflicts"),)
    assert changed_files(committed) == [LOCK, "b.yaml"]
    assert committed.git("ls-files", "--unmerged") == unmerged != ""


def test_an_ignored_lock_file_is_left_out_and_the_rule_is_named(committed: Repository) -> None:
    committed.write(".gitignore", "*.lock\n")
    committed.commit(".gitignore")

    commit = rewrite(committed, "a.yaml")

    assert commit.left_out == ((LOCK, "ignored by git (.gitignore:1:*.lock): remove that rule"),)
    assert changed_files(committed) == ["a.yaml"]


def test_an_ignored_lock_file_that_is_tracked_is_committed(committed: Repository) -> None:
    committed.write(LOCK, "version: 0\n")
    committed.commit(LOCK)
    committed.write(".gitignore", "*.lock\n")
    committed.commit(".gitignore")

    assert rewrite(committed, "a.yaml").left_out == ()
    assert changed_files(committed) == [LOCK, "a.yaml"]
