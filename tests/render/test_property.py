"""What counts as the same rendering, but for relocated images."""

from __future__ import annotations

import pytest

from gitops_clone.lockfile import Entry, Lock
from gitops_clone.naming import Scheme
from gitops_clone.render.documents import read
from gitops_clone.render.property import difference
from gitops_clone.states import Rules
from tests.render.repository import BACKUP, deployment

DIGEST = f"sha256:{'1' * 64}"
NGINX = f"{BACKUP}/library/nginx"
_LOCK = Lock("localhost:5001", {"index.docker.io/library/nginx:1.25": Entry(f"{NGINX}:1.25", DIGEST)})
_RULES = Rules(Scheme("localhost:5001"), _LOCK, ignore_namespace=("kube-system",), own=("localhost:5001/shop/*",))


def compare(before: str, after: str) -> str:
    return difference(read(before), read(after), _RULES)


@pytest.mark.parametrize("image", ["nginx:1.25", f"{NGINX}:1.25", f"{NGINX}:1.25@{DIGEST}"])
def test_an_image_is_what_it_was_or_its_backup_pinned_or_not(image: str) -> None:
    assert compare(deployment("nginx:1.25"), deployment(image)) == ""
    assert compare(deployment(f"{NGINX}:1.25"), deployment(f"{NGINX}:1.25@{DIGEST}")) == ""


@pytest.mark.parametrize(
    "image", [f"{NGINX}:1.26", f"{NGINX}:1.25@sha256:{'2' * 64}", "localhost:5001/library/nginx:1.25", "nginx:1.26"]
)
def test_no_other_image_will_do(image: str) -> None:
    diff = compare(deployment("nginx:1.25"), deployment(image))
    assert f"-          image: {NGINX}:1.25\n+          image: {image}\n" in diff


def test_what_is_to_be_left_alone_stays() -> None:
    own, ours = deployment("localhost:5001/shop/web:1"), deployment("nginx:1.25", namespace="kube-system")
    assert compare(own, deployment("localhost:5001/shop/web:2")) != ""
    assert compare(ours, deployment(f"{NGINX}:1.25", namespace="kube-system")) != ""


def test_objects_are_found_by_name() -> None:
    web, cart = deployment("nginx:1.25"), deployment("nginx:1.25", "cart")
    assert compare(f"{web}---\n{cart}", f"{web.replace('nginx', NGINX)}---\n{cart.replace('nginx', NGINX)}") == ""
    gone = compare(f"{web}---\n{cart}", web)
    assert "-  name: cart\n" in gone
    assert "-  name: web\n" not in gone


def test_comments_that_helm_leaves_do_not_count() -> None:
    web = deployment("nginx:1.25")
    assert compare(f"# Source: a\n{web}", f"# Source: b\n{web}") == ""


def test_a_name_with_another_hash_is_the_same_object() -> None:
    before = deployment("nginx:1.25", "web-k695gkmbtk")
    after = deployment(f"{NGINX}:1.25", "web-f9m77dtd4d").replace("- name: web-f9m77dtd4d", "- name: web-k695gkmbtk")
    diff = compare(before, after)
    assert [line for line in diff.splitlines()[2:] if line[0] in "+-"] == [
        "-  name: web-k695gkmbtk",
        "+  name: web-f9m77dtd4d",
    ]


SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-k695gkmbtk
data:
  app.json: '{"image": "quay.io/acme/app:1", "n": "1"}'
  worker-image: quay.io/acme/worker:1
"""
USER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        args:
        - --tool=quay.io/acme/tool:1
        envFrom:
        - configMapRef:
            name: settings-k695gkmbtk
"""
HASHES = ("k695gkmbtk", "f9m77dtd4d")


def test_images_in_texts_and_the_hash_of_these_may_change_and_nothing_else() -> None:
    before = f"{SETTINGS}---\n{USER}"
    after = before.replace("quay.io/", f"{BACKUP.partition('/')[0]}/quay_io/")
    assert compare(before, before) == ""
    assert compare(before, after) == ""
    assert compare(before, after.replace(*HASHES)) == ""
    assert compare(before, after.replace(*HASHES).replace('"n": "1"', '"n": "2"')) != ""
    assert compare(before, after.replace(*HASHES, 1)) != ""
    assert compare(before, after.replace("tool:1", "tool:2")) != ""
    assert compare(before, after.replace("--tool", "--other")) != ""
    assert compare(before, after.replace("settings-k695gkmbtk", "others-f9m77dtd4d")) != ""
