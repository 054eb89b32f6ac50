"""Others at work at the same time: a second run, an editor, a pipe that ends early."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.checkout import LOCK, Checkout, Done, deployment
from tests.parts import containers
from tests.parts.proxy import Proxy, Rule
from tests.parts.registry import Registry

NewProxy = Callable[..., Proxy]
NGINX, REDIS = "index_docker_io/library/nginx:1.27", "index_docker_io/library/redis:7.4"


@pytest.fixture
def slow(checkout: Checkout, upstream: Registry, user: Path, new_proxy: NewProxy) -> Proxy:
    """An upstream registry that takes its time, so that runs meet and people have time to type."""
    proxy = new_proxy(upstream, Rule("GET .*/manifests/[^s]", delay=1.0))
    containers.redirect(user, {"docker.io": proxy.address})
    return proxy


def finished(process: subprocess.Popen[str], code: int = 0) -> Done:
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return Done(process.returncode, out, err)


def wait_for_copying(proxy: Proxy) -> None:
    deadline = time.monotonic() + 30
    while not proxy.count("/manifests/"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_runs_on_the_same_files(checkout: Checkout, slow: Proxy) -> None:
    checkout.deploy("nginx:1.27", "redis:7.4")
    with checkout.start("rewrite") as first:
        wait_for_copying(slow)
        with checkout.start("rewrite") as second:
            one, two = finished(first), finished(second)
    assert "another run is at work here; waiting for it" in two.err
    assert (one.count("copied"), two.count("copied")) == (2, 0)
    assert (one.count("rewritten"), two.count("rewritten")) == (2, 0)
    assert checkout.image("0.yaml") == checkout.at_backup(NGINX)
    assert checkout.image("1.yaml") == checkout.at_backup(REDIS)
    assert len(checkout.locked()) == 2
    checkout.run("check")


def test_several_runs_on_some_files_each_as_pre_commit_does(checkout: Checkout, slow: Proxy) -> None:
    images = ("nginx:1.27", "redis:7.4", "busybox", "docker.io/nginx:1.27")
    checkout.deploy(*images)
    before = checkout.tree()
    processes = [checkout.start("rewrite", f"{number}.yaml") for number in range(len(images))]
    for process in processes:
        with process:
            finished(process)
    locked = [key.removeprefix("index.docker.io/library/") for key in checkout.locked()]
    assert locked == ["busybox:latest", "nginx:1.27", "redis:7.4"]
    checkout.run("check")
    checkout.run("restore")
    assert {name: checkout.tree()[name] for name in before} == before


def test_what_an_editor_saves_while_images_are_copied_is_kept(checkout: Checkout, slow: Proxy) -> None:
    checkout.deploy("nginx:1.27", "nginx:1.27", "nginx:1.27", "nginx:1.27", "nginx:1.27")
    with checkout.start("rewrite") as process:
        wait_for_copying(slow)
        checkout.write("0.yaml", "# written meanwhile\n" + deployment("nginx:1.27"))
        checkout.write("1.yaml", deployment("redis:7.4"))
        checkout.write("2.yaml", "kind: Pod\nspec:\n  containers: [{image: nginx:1.27")
        (checkout.path / "3.yaml").unlink()
        done = finished(process, 2)
    assert checkout.read("0.yaml") == "# written meanwhile\n" + deployment(checkout.at_backup(NGINX))
    assert checkout.image("1.yaml") == "redis:7.4"
    assert checkout.read("2.yaml") == "kind: Pod\nspec:\n  containers: [{image: nginx:1.27"
    assert not (checkout.path / "3.yaml").exists()
    assert checkout.image("4.yaml") == checkout.at_backup(NGINX)
    assert [line.split(":")[1].strip() for line in done.errors] == ["2.yaml", "3.yaml"]


def test_a_lock_file_that_git_merged_by_union(checkout: Checkout) -> None:
    checkout.write(".gitattributes", f"{LOCK} merge=union\n")
    checkout.write("README", "")
    checkout.commit()
    for branch, image in (("one", "nginx:1.27"), ("two", "redis:7.4")):
        checkout.git("checkout", "-q", "-b", branch, "main")
        checkout.write(f"{branch}.yaml", deployment(image))
        checkout.commit()
        checkout.run("rewrite", "--commit")
    checkout.git("merge", "-q", "--no-edit", "one")
    assert set(checkout.locked()) == {f"index.docker.io/library/{name}" for name in ("nginx:1.27", "redis:7.4")}
    checkout.run("check")
    checkout.run("rewrite", "--commit")
    checkout.run("check")
    assert checkout.git("status", "--porcelain") == ""


def test_a_reader_that_has_seen_enough(checkout: Checkout) -> None:
    checkout.deploy(*["nginx:1.27"] * 40)
    many = "\n---\n".join(deployment(f"ghcr.io/acme/{'long' * 20}:{number}") for number in range(2000))
    checkout.write("many.yaml", many)
    with checkout.start("scan", "--format", "json") as process:
        assert process.stdout
        assert json.loads(process.stdout.readline().rstrip(",\n") + "}") == {"version": 1}
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 0
