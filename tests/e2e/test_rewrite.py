"""The main job, from the manifests to the backup registry and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.e2e.checkout import LOCK, Checkout
from tests.parts.images import Image

# Every way to write a reference that the naming scheme has a row for, in a file with everything that must stay.
MANIFESTS = """\
# Two workloads.
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers:
      - image: 'busybox'          # no tag
        name: init
      containers:
        - {name: nginx, image: "nginx:1.27"}
        - name: shop
          image:   ghcr.io/acme/shop:1.0\x20\x20
---

kind: CronJob
apiVersion: batch/v1
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: docker.io/library/nginx:1.27}]}}}}}\
"""


def test_it_copies_rewrites_and_locks(checkout: Checkout, stock: Mapping[str, Image]) -> None:
    checkout.write("apps/web.yaml", MANIFESTS)
    done = checkout.run("rewrite")
    hub = checkout.at_backup("index_docker_io/library")
    expected = (
        MANIFESTS.replace("'busybox'", f"'{hub}/busybox:latest'")
        .replace('"nginx:1.27"', f'"{hub}/nginx:1.27"')
        .replace("docker.io/library/nginx:1.27}", f"{hub}/nginx:1.27}}")
        .replace("ghcr.io/acme/shop:1.0", checkout.at_backup("ghcr_io/acme/shop:1.0"))
    )
    assert checkout.read("apps/web.yaml") == expected
    digest = {name: image.digest for name, image in stock.items()}
    assert checkout.registry.digest("index_docker_io/library/nginx", "1.27") == digest["library/nginx:1.27"]
    assert checkout.registry.digest("ghcr_io/acme/shop", "1.0") == digest["acme/shop:1.0"]
    assert checkout.lock() == {
        "version": 1,
        "backup-registry": checkout.registry.address,
        "images": {
            "ghcr.io/acme/shop:1.0": {
                "backup": checkout.at_backup("ghcr_io/acme/shop:1.0"),
                "digest": digest["acme/shop:1.0"],
                "written": ["ghcr.io/acme/shop:1.0"],
            },
            "index.docker.io/library/busybox:latest": {
                "backup": f"{hub}/busybox:latest",
                "digest": digest["library/busybox:latest"],
                "written": ["busybox"],
            },
            "index.docker.io/library/nginx:1.27": {
                "backup": f"{hub}/nginx:1.27",
                "digest": digest["library/nginx:1.27"],
                "written": [
                    "docker.io/library/nginx:1.27",
                    {"nginx:1.27": ["apps/web.yaml#0/spec/template/spec/containers/0/image"]},
                ],
            },
        },
    }
    assert len(checkout.read(LOCK).splitlines()) == 3 + 3, "one line an image"
    counts = {label: done.count(label) for label in ("found", "copied", "already there", "rewritten", "failed")}
    assert counts == {"found": 4, "copied": 3, "already there": 0, "rewritten": 4, "failed": 0}


def test_an_index_of_several_platforms_arrives_whole(checkout: Checkout, stock: Mapping[str, Image]) -> None:
    checkout.deploy("nginx:1.27", f"redis:7.4@{stock['library/redis:7.4'].digest}")
    checkout.run("rewrite")
    nginx, redis = stock["library/nginx:1.27"], stock["library/redis:7.4"]
    tag = redis.digest.replace(":", "_")
    assert checkout.image("1.yaml") == checkout.at_backup(f"index_docker_io/library/redis:{tag}")
    for repository, version, image in (("nginx", "1.27", nginx), ("redis", tag, redis)):
        repository = f"index_docker_io/library/{repository}"
        assert checkout.registry.digest(repository, version) == image.digest
        for digest in image.platforms.values():
            assert checkout.registry.digest(repository, digest) == digest


def test_a_missing_image_leaves_its_places_and_the_rest_is_done(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "ghcr.io/acme/vanished:1", "redis:7.4", "ghcr.io/acme/vanished:1")
    done = checkout.run("rewrite", code=3)
    assert checkout.image("0.yaml") == checkout.at_backup("index_docker_io/library/nginx:1.27")
    assert checkout.image("1.yaml") == checkout.image("3.yaml") == "ghcr.io/acme/vanished:1"
    assert set(checkout.locked()) == {"index.docker.io/library/nginx:1.27", "index.docker.io/library/redis:7.4"}
    assert (done.count("copied"), done.count("failed"), done.count("rewritten")) == (2, 1, 2)
    for place in ("ghcr.io/acme/vanished:1", "1.yaml:10:18", "3.yaml:10:18"):
        assert place in done.out
    assert done.out.endswith("  git diff\n  gitops-clone rewrite\n")
    checkout.run("check", code=1)


def test_a_second_run_changes_nothing_and_starts_no_skopeo(
    checkout: Checkout, skopeo_calls: Callable[[], list[str]]
) -> None:
    checkout.deploy("nginx:1.27", "redis:7.4")
    checkout.run("rewrite")
    calls, before = skopeo_calls(), checkout.tree()
    times = {name: (checkout.path / name).stat().st_mtime_ns for name in before}
    assert len(calls) >= 2
    done = checkout.run("rewrite")
    assert skopeo_calls() == calls
    assert checkout.tree() == before
    assert {name: (checkout.path / name).stat().st_mtime_ns for name in before} == times
    assert (done.count("copied"), done.count("rewritten")) == (0, 0)


def test_a_dry_run_copies_and_writes_nothing_and_prints_a_diff_for_git(
    checkout: Checkout, skopeo_calls: Callable[[], list[str]]
) -> None:
    checkout.write("a b/Prüfung.yaml", MANIFESTS.replace("\n", "\r\n"))
    checkout.deploy("nginx:1.27", "ghcr.io/acme/vanished:1")
    before = checkout.tree()
    diff = checkout.run("rewrite", "--dry-run").out
    assert checkout.tree() == before
    assert skopeo_calls() == []
    assert checkout.registry.catalogue() == {}
    checkout.git("apply", stdin=diff)
    applied = checkout.tree()
    checkout.git("apply", "--reverse", stdin=diff)
    assert checkout.tree() == before
    checkout.run("rewrite", code=3)
    written = checkout.tree()
    del written[LOCK], written["1.yaml"], applied["1.yaml"]
    assert applied == written


def test_restore_gives_the_original_bytes(checkout: Checkout) -> None:
    checkout.write("apps/web.yaml", MANIFESTS)
    checkout.write("crlf.yaml", b"\xef\xbb\xbf" + MANIFESTS.replace("\n", "\r\n").encode())
    checkout.write("pod.json", '{"kind": "Pod",\n\t"spec": {"containers": [{"image": "docker.io\\/nginx:1.27"}]}}')
    before = checkout.tree()
    checkout.run("rewrite")
    assert all(checkout.tree()[name] != content for name, content in before.items())
    preview = checkout.run("restore", "--dry-run").out
    checkout.run("restore")
    restored = checkout.tree()
    assert restored.pop(LOCK)
    assert restored == before
    assert '+        - {name: nginx, image: "nginx:1.27"}' in preview
    checkout.run("rewrite")
    checkout.run("restore")
    assert {name: checkout.tree()[name] for name in before} == before


def test_restore_names_what_a_rule_keeps(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27", "redis:7.4")
    checkout.run("rewrite")
    done = checkout.run("restore", "--ignore", "*/library/nginx")
    assert "left as they are: 1 place" in done.out
    assert 'matches "*/library/nginx"\n    0.yaml:10:18' in done.out
    assert checkout.image("0.yaml") == checkout.at_backup("index_docker_io/library/nginx:1.27")
    assert checkout.image("1.yaml") == "redis:7.4"


def test_mirror_copies_and_locks_and_leaves_the_manifests(
    checkout: Checkout, skopeo_calls: Callable[[], list[str]]
) -> None:
    checkout.deploy("nginx:1.27", "ghcr.io/acme/vanished:1")
    before = checkout.tree()
    done = checkout.run("mirror", code=3)
    after = checkout.tree()
    assert after.pop(LOCK)
    assert after == before
    assert done.count("copied") == 1
    assert checkout.registry.catalogue() == {"index_docker_io/library/nginx": ["1.27"]}
    checkout.deploy("nginx:1.27")
    (checkout.path / "1.yaml").unlink()
    calls = skopeo_calls()
    checkout.run("rewrite")
    assert checkout.image() == checkout.at_backup("index_docker_io/library/nginx:1.27")
    assert skopeo_calls() == calls, "what is mirrored is not asked again"


def test_nothing_to_do_in_an_empty_repository(checkout: Checkout) -> None:
    assert "no images found" in checkout.run("scan").out
    assert checkout.run("check").code == 0
    done = checkout.run("rewrite")
    assert (done.count("found"), done.count("rewritten")) == (0, 0)
    assert checkout.tree() == {}
