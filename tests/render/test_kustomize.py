"""`verify` over kustomizations, rendered by the real kustomize."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.parts import git_http
from tests.parts.registry import make_certificate
from tests.parts.web import WebServer
from tests.render.repository import BACKUP, Repository, deployment

_SHOP = Path(__file__).parents[2] / "fixtures/shop"

_OVERLAY = """\
resources:
  - ../base
images:
  - name: nginx
    newTag: "1.27"
"""


@pytest.fixture
def overlay(repository: Repository) -> Repository:
    """A base, and an overlay that sets its tag; committed."""
    repository.write(
        {
            "base/kustomization.yaml": "resources:\n  - web.yaml\n",
            "base/web.yaml": deployment("nginx:1.25"),
            "overlay/kustomization.yaml": _OVERLAY,
        }
    )
    repository.commit()
    return repository


def test_an_image_that_is_not_backed_up_is_named_with_its_object_and_entry_point(overlay: Repository) -> None:
    done = overlay.run("verify", code=1)
    assert done.verdicts == {"overlay": "failed"}
    assert "nginx:1.27  Deployment shop/web" in done.out
    assert "1 of 1 entry point failed" in done.out


def test_the_shop_after_a_rewrite(repository: Repository) -> None:
    shutil.copytree(_SHOP, repository.path, dirs_exist_ok=True)
    repository.commit()
    repository.run("rewrite", "--no-mirror")
    done = repository.run("verify", "--base", "HEAD")
    assert done.verdicts == {
        "Kustomization flux-system/apps (clusters/production/apps.yaml)": "ok",
        "Kustomization flux-system/infrastructure (clusters/production/apps.yaml)": "ok",
    }
    assert "nothing else has changed" in done.out


def test_a_rewrite_of_an_overlay_proves_itself(overlay: Repository) -> None:
    overlay.run("rewrite", "--no-mirror")
    report = overlay.json("--base", "HEAD")
    (point,) = report["entry_points"]
    assert (point["folder"], point["verdict"], point["comparison"], point["diff"]) == ("overlay", "ok", "same", "")
    assert [image["image"] for image in point["images"]] == [f"{BACKUP}/library/nginx:1.27"]
    assert point["images"][0]["upstream"] == "index.docker.io/library/nginx:1.27"


def test_an_overlay_that_lost_its_tag_is_seen_by_comparing(overlay: Repository) -> None:
    """The name in the base is rewritten, the one in the overlay is not: the overlay's tag is lost."""
    overlay.edit("base/web.yaml", "nginx:", f"{BACKUP}/library/nginx:")
    overlay.run("verify")
    done = overlay.run("verify", "--base", "HEAD", code=1)
    assert f"-      - image: {BACKUP}/library/nginx:1.27" in done.out
    assert f"+      - image: {BACKUP}/library/nginx:1.25" in done.out
    assert "expected, Deployment shop/web" in done.out


def test_a_digest_that_pins_the_copy_is_no_change(overlay: Repository) -> None:
    digest = f"sha256:{'1' * 64}"
    overlay.write({"other/kustomization.yaml": "resources:\n  - web.yaml\n"})
    overlay.write({"other/web.yaml": deployment(f"redis:7@{digest}")})
    overlay.commit()
    overlay.run("rewrite", "--no-mirror", "--pin", "digest")
    assert digest in (overlay.path / "other/web.yaml").read_text()
    overlay.run("verify", "--base", "HEAD")


def test_any_other_change_is_shown(overlay: Repository) -> None:
    overlay.run("rewrite", "--no-mirror")
    overlay.edit("base/web.yaml", "name: web\n  namespace", "name: web\n  labels: {tier: front}\n  namespace")
    done = overlay.run("verify", "--base", "HEAD", code=1)
    assert "+    tier: front" in done.out


def test_the_users_checkout_is_left_alone(overlay: Repository) -> None:
    overlay.write({"base/web.yaml": deployment(f"{BACKUP}/library/nginx:1.25"), "notes": "mine"})
    overlay.git("add", "notes")
    before = overlay.git("status", "--porcelain"), overlay.git("worktree", "list"), overlay.git("for-each-ref")
    index = (overlay.path / ".git/index").read_bytes()
    overlay.run("verify", "--base", "HEAD", code=1)
    assert (overlay.path / ".git/index").read_bytes() == index
    assert before == (
        overlay.git("status", "--porcelain"),
        overlay.git("worktree", "list"),
        overlay.git("for-each-ref"),
    )


def test_what_does_not_build_is_not_verified(overlay: Repository) -> None:
    overlay.write({"broken/kustomization.yaml": "resources:\n  - nowhere.yaml\n"})
    overlay.commit()
    overlay.run("rewrite", "--no-mirror", "base", "overlay")
    done = overlay.run("verify", "--base", "HEAD")
    assert done.verdicts == {"overlay": "ok", "broken": "not verified"}
    assert "nowhere.yaml" in done.out
    assert str(overlay.path) not in done.out
    assert "1 not verified" in done.out
    overlay.run("verify", "--strict", code=1)


def test_what_built_before_must_build(overlay: Repository) -> None:
    overlay.edit("overlay/kustomization.yaml", "../base", "../gone")
    done = overlay.run("verify", "--base", "HEAD", "overlay", code=1)
    assert done.verdicts == {"overlay": "failed"}
    assert "it rendered at the revision, now: accumulating resources" in done.out


def test_an_entry_point_that_is_gone(overlay: Repository) -> None:
    overlay.run("rewrite", "--no-mirror")
    overlay.write({"more/kustomization.yaml": "resources:\n  - web.yaml\n", "more/web.yaml": deployment("redis:7")})
    overlay.commit()
    shutil.rmtree(overlay.path / "more")
    done = overlay.run("verify", "--base", "HEAD", code=1)
    assert done.verdicts == {"overlay": "ok", "more": "failed"}
    assert "it is no entry point any more" in done.out


def test_a_new_entry_point_has_nothing_to_compare_with(overlay: Repository) -> None:
    overlay.run("rewrite", "--no-mirror")
    overlay.write({"more/kustomization.yaml": "resources:\n  - web.yaml\n", "more/web.yaml": deployment("redis:7")})
    report = overlay.json("--base", "HEAD", code=1)
    assert {each["folder"]: each["comparison"] for each in report["entry_points"]} == {"overlay": "same", "more": "new"}


def test_what_is_left_alone_on_purpose_passes(repository: Repository) -> None:
    own, marked = f"{BACKUP.partition('/')[0]}/shop/web:7", "memcached:1.6   # gitops-clone: ignore"
    repository.write(
        {
            "kustomization.yaml": "resources: [own.yaml, marked.yaml, system.yaml, matched.yaml, noted.yaml]\n",
            "own.yaml": deployment(own, "own"),
            "marked.yaml": deployment(marked, "marked"),
            "system.yaml": deployment("registry:2", "system", "kube-system"),
            "matched.yaml": deployment("quay.io/acme/tool:1", "matched"),
            "noted.yaml": deployment("redis:7", "noted").replace(
                "  name: noted\n", '  name: noted\n  annotations: {gitops-clone/ignore: "true"}\n', 1
            ),
        }
    )
    report = repository.json("--ignore", "quay.io/acme/*")
    (point,) = report["entry_points"]
    states = {image["object"].rpartition("/")[2]: image["state"] for image in point["images"]}
    assert states == {
        "own": "own", "marked": "ignored", "system": "ignored", "matched": "ignored", "noted": "ignored"
    }  # fmt: skip
    repository.run("verify", code=1)


def test_only_the_entry_points_that_use_the_paths(overlay: Repository) -> None:
    overlay.write({"more/kustomization.yaml": "resources:\n  - web.yaml\n", "more/web.yaml": deployment("redis:7")})
    assert set(overlay.run("verify", "base/web.yaml", code=1).verdicts) == {"overlay"}
    assert set(overlay.run("verify", "more", code=1).verdicts) == {"more"}


def test_a_base_that_flux_applies_itself_is_an_entry_point(overlay: Repository) -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: base}\nspec: {path: ./base}\n"
    )
    overlay.write({"clusters/base.yaml": flux})
    assert set(overlay.run("verify", code=1).verdicts) == {"Kustomization base (clusters/base.yaml)", "overlay"}


def test_a_change_of_a_secret_is_told_but_not_shown(overlay: Repository) -> None:
    generator = "secretGenerator:\n  - name: login\n    literals: [user=ada, password=hunter2]\n"
    overlay.write({"overlay/kustomization.yaml": _OVERLAY + generator})
    overlay.commit()
    overlay.edit("overlay/kustomization.yaml", "hunter2", "hunter3")
    done = overlay.run("verify", "--base", "HEAD", code=1)
    assert "-  password: (hidden, before)" in done.out
    assert "   user: (hidden)" in done.out
    assert "aHVudGVy" not in done.out  # hunter, in base64


def test_manifests_in_a_config_map_are_relocated_with_their_file(overlay: Repository) -> None:
    generator = (
        "configMapGenerator:\n  - name: web\n    files: [web.yaml]\n    options: {disableNameSuffixHash: true}\n"
    )
    overlay.write({"base/kustomization.yaml": f"resources:\n  - web.yaml\n{generator}"})
    overlay.commit()
    overlay.write({"base/web.yaml": deployment(f"{BACKUP}/library/nginx:1.25")})
    overlay.edit("overlay/kustomization.yaml", "name: nginx", f"name: {BACKUP}/library/nginx")
    overlay.run("verify", "--base", "HEAD")
    overlay.edit("base/web.yaml", "  name: web\n", "  name: web\n  annotations: {a: b}\n")
    assert "+      annotations: {a: b}" in overlay.run("verify", "--base", "HEAD", code=1).out


def test_why_an_image_was_left_is_told(overlay: Repository) -> None:
    """A transformer in the text of a kustomization is not edited; one in a file of its own is."""
    lines = ["apiVersion: builtin", "kind: ImageTagTransformer", "metadata: {name: tag}"]
    tag = [*lines, "imageTag: {name: nginx, newTag: '1.28'}"]
    inline = "\n".join(["transformers:", "- |", *(f"  {line}" for line in tag)])
    overlay.write({"overlay/kustomization.yaml": f"{_OVERLAY}{inline}\n"})
    overlay.run("rewrite", "--no-mirror")
    out = overlay.run("verify", code=1).out
    assert "nginx:1.28  Deployment shop/web: left, because overlay/kustomization.yaml:" in out
    assert "selects it and cannot be changed" in out


def test_a_repository_without_entry_points(repository: Repository) -> None:
    repository.write({"web.yaml": deployment("nginx:1.25")})
    assert "no entry points" in repository.run("verify").out


def test_a_remote_base_is_fetched_by_git_where_the_network_is_allowed(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    """Over HTTPS with a certificate that the user trusts; no other protocol is spoken."""
    base = Repository(tmp_path / "served" / "base.git", repository.environment)
    base.path.mkdir(parents=True)
    base.git("init", "-q", "-b", "main")
    base.write({"deploy/kustomization.yaml": "resources: [web.yaml]\n", "deploy/web.yaml": deployment("nginx:1.25")})
    base.commit()
    trusted = make_certificate(tmp_path, "127.0.0.1")
    pair = (tmp_path / "server.crt", tmp_path / "server.key")
    web = WebServer(lambda asked: git_http.answer(asked, tmp_path / "served"), pair)
    remote = f"{web.url}/base.git//deploy?ref=main&submodules=false"
    repository.write({"kustomization.yaml": f"resources: ['{remote}']\nimages: [{{name: nginx, newTag: '1.27'}}]\n"})
    assert "--network lets kustomize fetch it" in repository.run("verify").out
    done = repository.run("verify", "--network", code=1, GIT_SSL_CAINFO=str(trusted), SSL_CERT_FILE=str(trusted))
    assert "nginx:1.27  Deployment shop/web" in done.out
    repository.write({"kustomization.yaml": f"resources: ['file://{base.path}//deploy?ref=main']\n"})
    assert repository.run("verify", "--network").verdicts == {".": "not verified"}
    web.stop()
