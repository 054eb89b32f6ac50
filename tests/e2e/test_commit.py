"""`rewrite --commit`: one commit of exactly our edits and the lock file, beside the user's own work."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.checkout import LOCK, Checkout, deployment

NGINX, REDIS = "index_docker_io/library/nginx:1.27", "index_docker_io/library/redis:7.4"


def files_of_head(checkout: Checkout) -> list[str]:
    return checkout.git("show", "--format=", "--name-only", "HEAD").splitlines()


def test_one_commit_of_our_edits_and_the_lock_file(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "redis:7.4", "nginx:1.27")
    checkout.write("notes.txt", "mine\n")
    parent = checkout.commit()
    checkout.write("notes.txt", "mine, changed\n")
    checkout.write("untracked.txt", "new\n")
    done = checkout.run("rewrite", "--commit")
    assert checkout.git("rev-parse", "HEAD~1").strip() == parent
    assert files_of_head(checkout) == [LOCK, "0.yaml", "1.yaml", "2.yaml"]
    assert checkout.git("status", "--porcelain") == " M notes.txt\n?? untracked.txt\n"
    message = checkout.git("log", "-1", "--format=%B")
    assert message.startswith("Relocate 2 images to the backup registry\n\n")
    assert f"index.docker.io/library/nginx:1.27 -> {checkout.at_backup(NGINX)} (2 places)" in message
    assert f"index.docker.io/library/redis:7.4 -> {checkout.at_backup(REDIS)}\n" in message
    assert checkout.git("log", "-1", "--format=%an <%ae>").strip() == "Ada Lovelace <ada@example.org>"
    assert checkout.git("rev-parse", "--short=7", "HEAD").strip() in done.out
    assert "git show" in done.out


def test_nothing_to_change_makes_no_commit(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    checkout.commit()
    checkout.run("rewrite", "--commit")
    head = checkout.git("rev-parse", "HEAD")
    checkout.run("rewrite", "--commit")
    assert checkout.git("rev-parse", "HEAD") == head
    checkout.run("rewrite", "--commit", "--dry-run")
    assert checkout.git("rev-parse", "HEAD") == head


def test_a_file_that_somebody_is_working_on(checkout: Checkout) -> None:
    text = "# head\n" + deployment("nginx:1.27") + "      hostname: old\n"
    ours = text.replace("nginx:1.27", checkout.at_backup(NGINX))
    checkout.write("web.yaml", text)
    checkout.write("staged.yaml", text)
    checkout.commit()
    checkout.write("staged.yaml", text.replace("old", "staged"))
    checkout.git("add", "staged.yaml")
    checkout.write("staged.yaml", text.replace("old", "in the work tree"))
    checkout.write("web.yaml", text.replace("old", "new"))
    checkout.run("rewrite", "--commit")
    assert files_of_head(checkout) == [LOCK, "staged.yaml", "web.yaml"]
    for name in ("web.yaml", "staged.yaml"):
        assert checkout.git("show", f"HEAD:{name}") == ours
    assert checkout.read("web.yaml") == ours.replace("old", "new")
    assert checkout.git("show", ":staged.yaml") == ours.replace("old", "staged")
    assert checkout.read("staged.yaml") == ours.replace("old", "in the work tree")


def test_what_cannot_be_committed_is_named(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "redis:7.3")
    checkout.commit()
    checkout.write("1.yaml", deployment("redis:7.4"))
    checkout.write("untracked.yaml", deployment("redis:7.4"))
    done = checkout.run("rewrite", "--commit")
    assert files_of_head(checkout) == [LOCK, "0.yaml"]
    assert checkout.image("1.yaml") == checkout.at_backup(REDIS)
    for name in ("1.yaml", "untracked.yaml"):
        assert name in done.out.partition("commit")[2]
    assert checkout.git("status", "--porcelain") == " M 1.yaml\n?? untracked.yaml\n"


def test_the_rest_is_committed_when_an_image_is_missing(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "ghcr.io/acme/vanished:1")
    checkout.commit()
    checkout.run("rewrite", "--commit", code=3)
    assert files_of_head(checkout) == [LOCK, "0.yaml"]
    assert checkout.git("status", "--porcelain") == ""


def test_the_first_commit_of_a_repository_needs_one_with_the_files(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite", "--commit")
    assert files_of_head(checkout) == [LOCK]
    assert "0.yaml" in done.out.partition("commit")[2]


def test_a_commit_that_cannot_be_made_is_refused_before_the_work(checkout: Checkout, user: Path) -> None:
    checkout.deploy("nginx:1.27")
    head = checkout.commit()
    before = checkout.tree()
    checkout.write(".git/MERGE_HEAD", head)
    done = checkout.run("rewrite", "--commit", code=2)
    assert len(done.errors) == 1
    assert "a merge is in progress" in done.err
    (checkout.path / ".git/MERGE_HEAD").unlink()
    (user / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    done = checkout.run("rewrite", "--commit", code=2)
    assert len(done.errors) == 1
    assert "git config user.name" in done.err
    assert checkout.tree() == before


def test_a_commit_that_fails_at_the_end_says_what_is_done(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    head = checkout.commit()
    checkout.git("config", "commit.gpgSign", "true")
    checkout.git("config", "gpg.program", "false")
    done = checkout.run("rewrite", "--commit", code=2)
    assert len(done.errors) == 1
    assert "git cannot commit" in done.errors[0]
    assert done.errors[0].endswith("the edits are in the work tree, and are left to you to commit")
    assert checkout.git("rev-parse", "HEAD").strip() == head
    assert checkout.image() == checkout.at_backup(NGINX)


def test_without_git_there_is_no_commit(checkout: Checkout) -> None:
    checkout.path = checkout.path.parent / "plain"
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite", "--commit", code=2)
    assert len(done.errors) == 1
    assert "git" in done.err


def test_a_base_is_not_committed_without_the_overlay_that_selects_its_image(checkout: Checkout) -> None:
    overlay = "resources: [../../base]\n"
    checkout.write("base/web.yaml", deployment("nginx:1.27"))
    checkout.write("base/kustomization.yaml", "resources: [web.yaml]\n")
    checkout.write("overlays/test/kustomization.yaml", overlay)
    checkout.write("overlays/production/kustomization.yaml", overlay)
    checkout.deploy("redis:7.4")
    checkout.commit()
    entry = "images:\n- name: nginx\n  newTag: 1.26-alpine\n"
    checkout.write("overlays/production/kustomization.yaml", overlay + entry)
    done = checkout.run("rewrite", "--no-mirror", "--commit")
    assert files_of_head(checkout) == [LOCK, "0.yaml"]
    assert checkout.image("base/web.yaml") == checkout.at_backup(NGINX)
    left_out = done.out.partition("commit")[2]
    assert "overlays/production/kustomization.yaml" in left_out
    assert "base/web.yaml" in left_out
