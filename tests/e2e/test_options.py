"""What the options of `rewrite` change, run after run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from tests.e2e.checkout import Checkout
from tests.parts import images
from tests.parts.images import Image
from tests.parts.registry import Registry

NGINX = "index.docker.io/library/nginx:1.27"
NGINX_BACKUP = "index_docker_io/library/nginx"


def test_no_mirror_trusts_the_registry_to_fill_itself(
    checkout: Checkout, stock: Mapping[str, Image], skopeo_calls: Callable[[], list[str]]
) -> None:
    checkout.deploy("nginx:1.27")
    checkout.run("rewrite", "--no-mirror")
    assert checkout.image() == checkout.at_backup(f"{NGINX_BACKUP}:1.27")
    assert skopeo_calls() == []
    assert checkout.locked()[NGINX]["digest"] is None
    checkout.run("check")
    done = checkout.run("rewrite")
    assert done.count("copied") == 1
    assert checkout.locked()[NGINX]["digest"] == stock["library/nginx:1.27"].digest
    assert checkout.registry.digest(NGINX_BACKUP, "1.27") == stock["library/nginx:1.27"].digest


def test_a_tag_that_moved_is_copied_again_by_update_only(checkout: Checkout, public: Registry) -> None:
    old = images.push(images.make("moving, old"), public, "acme/moving:1")
    checkout.deploy("ghcr.io/acme/moving:1")
    checkout.run("rewrite")
    new = images.push(images.make("moving, new"), public, "acme/moving:1")
    before = checkout.tree()
    checkout.run("rewrite")
    checkout.run("rewrite", "--recheck")
    assert checkout.tree() == before
    assert checkout.registry.digest("ghcr_io/acme/moving", "1") == old
    status = checkout.run("status", code=1)
    assert re.search(r"^moved +same digest +ghcr\.io/acme/moving:1$", status.out, re.MULTILINE)
    done = checkout.run("rewrite", "--update")
    assert done.count("copied") == 1
    assert checkout.locked()["ghcr.io/acme/moving:1"]["digest"] == new
    assert checkout.registry.digest("ghcr_io/acme/moving", "1") == new
    checkout.run("status")


def test_update_writes_the_new_digest_where_digests_are_pinned(checkout: Checkout, public: Registry) -> None:
    images.push(images.make("pinned, old"), public, "acme/pinned:1")
    checkout.deploy("ghcr.io/acme/pinned:1")
    checkout.run("rewrite", "--pin", "always")
    new = images.push(images.make("pinned, new"), public, "acme/pinned:1")
    checkout.run("rewrite", "--pin", "always", "--update")
    assert checkout.image() == checkout.at_backup(f"ghcr_io/acme/pinned:1@{new}")
    checkout.run("restore")
    assert checkout.image() == "ghcr.io/acme/pinned:1"


def test_recheck_copies_again_what_the_backup_lost(checkout: Checkout, stock: Mapping[str, Image]) -> None:
    checkout.deploy("nginx:1.27")
    checkout.run("rewrite")
    checkout.registry.delete(NGINX_BACKUP, "1.27")
    assert checkout.run("rewrite").count("copied") == 0
    assert checkout.run("rewrite", "--recheck").count("copied") == 1
    assert checkout.registry.digest(NGINX_BACKUP, "1.27") == stock["library/nginx:1.27"].digest


def test_pin_says_what_is_written_and_may_change(
    checkout: Checkout, stock: Mapping[str, Image], skopeo_calls: Callable[[], list[str]]
) -> None:
    nginx, redis = stock["library/nginx:1.27"].digest, stock["library/redis:7.4"].digest
    originals = ("nginx:1.27", f"redis:7.4@{redis}", f"redis@{redis}")
    hub = checkout.at_backup("index_docker_io/library")
    tag = redis.replace(":", "_")
    forms = {
        "never": (f"{hub}/nginx:1.27", f"{hub}/redis:{tag}", f"{hub}/redis:{tag}"),
        "digest": (f"{hub}/nginx:1.27", f"{hub}/redis:7.4@{redis}", f"{hub}/redis@{redis}"),
        "always": (f"{hub}/nginx:1.27@{nginx}", f"{hub}/redis:7.4@{redis}", f"{hub}/redis@{redis}"),
    }

    def written() -> tuple[str, ...]:
        return tuple(checkout.image(f"{number}.yaml") for number in range(3))

    checkout.deploy(*originals)
    checkout.run("rewrite", "--pin", "digest")
    assert written() == forms["digest"]
    assert checkout.registry.catalogue() == {NGINX_BACKUP: ["1.27"], "index_docker_io/library/redis": [tag]}
    calls = skopeo_calls()
    for pin in ("always", "digest"):
        checkout.run("rewrite", "--pin", pin)
        assert written() == forms[pin]
        checkout.run("check")
    checkout.run("rewrite", "--pin", "always")
    checkout.run("restore")
    assert written() == originals
    checkout.run("rewrite")
    assert written() == forms["never"]
    assert skopeo_calls() == calls


def test_one_platform(checkout: Checkout, stock: Mapping[str, Image]) -> None:
    checkout.deploy("nginx:1.27", f"redis@{stock['library/redis:7.4'].digest}")
    checkout.run("rewrite", "--platform", "linux/arm64")
    digest = stock["library/nginx:1.27"].platforms["linux/arm64"]
    assert checkout.locked()[NGINX]["digest"] == digest
    assert checkout.registry.digest(NGINX_BACKUP, "1.27") == digest
    redis = stock["library/redis:7.4"].digest
    assert checkout.registry.digest("index_docker_io/library/redis", redis) == redis, "a digest brings all platforms"
    checkout.run("status", "--platform", "linux/arm64")


def test_the_cluster_has_another_name_for_the_registry(checkout: Checkout) -> None:
    port = checkout.registry.address.partition(":")[2]
    cluster = f"registry.cluster.example:{port}/mirror"
    names = ("--backup-registry", cluster, "--push-registry", f"localhost:{port}/mirror")
    checkout.deploy("nginx:1.27")
    checkout.run("rewrite", *names)
    assert checkout.image() == f"{cluster}/{NGINX_BACKUP}:1.27"
    assert checkout.lock()["backup-registry"] == cluster
    assert checkout.registry.catalogue() == {f"mirror/{NGINX_BACKUP}": ["1.27"]}
    checkout.run("status", *names)
    checkout.deploy(f"localhost:{port}/mirror/{NGINX_BACKUP}:1.27")
    checkout.run("rewrite", *names)
    assert checkout.image() == f"{cluster}/{NGINX_BACKUP}:1.27", "the name for this machine is none for the cluster"


def test_a_prefix_keeps_the_teams_own_images_apart(checkout: Checkout) -> None:
    prefix = checkout.at_backup("acme/mirror")
    own = checkout.at_backup("acme/frontend:1")
    checkout.deploy("nginx:1.27", own)
    checkout.run("rewrite", "--backup-registry", prefix)
    assert checkout.image("0.yaml") == f"{prefix}/{NGINX_BACKUP}:1.27"
    assert checkout.image("1.yaml") == own
    checkout.run("check", "--backup-registry", prefix)
    checkout.run("check", "--strict", "--backup-registry", prefix, code=1)


@pytest.mark.parametrize("pin", ["never", "always"])
def test_a_tag_that_a_bot_bumped_on_the_backup_is_traced_and_copied(
    checkout: Checkout, public: Registry, pin: str
) -> None:
    old, new = (images.push(images.make(f"bumped {pin} {tag}"), public, f"acme/{pin}:{tag}") for tag in (1, 2))
    checkout.deploy(f"ghcr.io/acme/{pin}:1")
    checkout.run("rewrite", "--pin", pin)
    end = {"never": ("", ""), "always": (f"@{old}", f"@{new}")}[pin]
    assert checkout.image() == checkout.at_backup(f"ghcr_io/acme/{pin}:1{end[0]}")
    checkout.deploy(checkout.at_backup(f"ghcr_io/acme/{pin}:2"))
    checkout.run("check", code=1)
    assert checkout.run("rewrite", "--pin", pin).count("copied") == 1
    assert checkout.image() == checkout.at_backup(f"ghcr_io/acme/{pin}:2{end[1]}")
    assert checkout.locked()[f"ghcr.io/acme/{pin}:2"]["digest"] == new
    assert checkout.registry.digest(f"ghcr_io/acme/{pin}", "2") == new
    checkout.run("check")


def test_a_bumped_tag_that_no_upstream_has_is_told(checkout: Checkout) -> None:
    bumped = checkout.at_backup("ghcr_io/acme/nowhere:2")
    checkout.deploy(bumped, "nginx:1.27")
    done = checkout.run("rewrite", code=3)
    assert checkout.image("0.yaml") == bumped
    assert checkout.image("1.yaml") == checkout.at_backup(f"{NGINX_BACKUP}:1.27")
    assert "ghcr.io/acme/nowhere:2" in done.out
    checkout.run("check", code=1)


def test_settings_come_from_file_environment_and_options(checkout: Checkout) -> None:
    checkout.write(".gitops-clone.toml", 'backup-registry = "file.example/mirror"\nexclude = ["1.yaml"]\n')
    checkout.deploy("nginx:1.27", "redis:7.4")

    def backup(*arguments: str) -> list[object]:
        report = checkout.json("scan", *arguments)
        assert isinstance(report["findings"], list)
        return [finding["backup"] for finding in report["findings"]]

    environment = dict(checkout.environment)
    assert backup() == [checkout.at_backup(f"{NGINX_BACKUP}:1.27")]
    assert backup("--backup-registry", "option.example") == [f"option.example/{NGINX_BACKUP}:1.27"]
    checkout.environment = environment | {"GITOPS_CLONE_BACKUP_REGISTRY": ""}
    assert backup() == [f"file.example/mirror/{NGINX_BACKUP}:1.27"]


def test_certainty_decides_what_is_copied_and_rewritten(checkout: Checkout) -> None:
    checkout.write(
        "images.yaml", "kind: ConfigMap\nmetadata: {name: operator}\ndata:\n  shell-image: docker.io/acme/shop:1.0\n"
    )
    before = checkout.tree()
    assert "likely, not certain: --certainty likely takes it" in checkout.run("rewrite").out
    assert checkout.tree() == before
    checkout.run("check", "--strict")
    checkout.run("check", "--certainty", "likely", code=1)
    checkout.run("rewrite", "--certainty", "likely")
    assert checkout.read("images.yaml").endswith(
        f"shell-image: {checkout.at_backup('index_docker_io/acme/shop:1.0')}\n"
    )
    checkout.run("check")
    checkout.run("check", "--certainty", "likely")
    checkout.run("restore")
    assert checkout.read("images.yaml") == before["images.yaml"].decode()
