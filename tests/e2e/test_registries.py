"""Registries as they are: with log-ins, private certificates and bad days."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.checkout import Checkout
from tests.parts import containers
from tests.parts.proxy import Answer, Proxy, Rule
from tests.parts.registry import PASSWORD, Registry, free_port

NewRegistry = Callable[..., Registry]
NewProxy = Callable[..., Proxy]
NGINX_BACKUP = "index_docker_io/library/nginx"


@pytest.mark.parametrize("way", ["docker config", "authfile", "REGISTRY_AUTH_FILE"])
def test_log_ins_are_skopeos_own(checkout: Checkout, new_registry: NewRegistry, user: Path, way: str) -> None:
    checkout.registry = new_registry(auth=True)
    checkout.deploy("nginx:1.27")
    before = checkout.tree()
    done = checkout.run("rewrite", code=3)
    assert f"log in with `skopeo login {checkout.registry.address}`" in done.out
    assert checkout.tree() == before
    folder = user / (".docker" if way == "docker config" else "log-ins")
    file = containers.log_in(folder, checkout.registry.address)
    options = ["--authfile", str(file)] if way == "authfile" else []
    if way == "REGISTRY_AUTH_FILE":
        checkout.environment["REGISTRY_AUTH_FILE"] = str(file)
    done = checkout.run("rewrite", *options)
    assert checkout.registry.digest(NGINX_BACKUP, "1.27")
    status = checkout.run("status", *options)
    check = checkout.run("check")
    for text in (done.out, done.err, status.out, status.err, check.out, checkout.read(".gitops-clone.lock")):
        assert PASSWORD not in text


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "unknown"])
def test_tls_with_a_private_ca(checkout: Checkout, new_registry: NewRegistry, trusted: bool) -> None:
    # Not by a name of loopback, where any certificate will do.
    checkout.registry = new_registry(tls=True, host=socket.gethostname().lower())
    checkout.deploy("nginx:1.27")
    if not trusted:
        done = checkout.run("rewrite", code=3)
        assert f"the certificate of backup registry {checkout.registry.address} is not trusted" in done.out
        assert checkout.image() == "nginx:1.27"
        return
    checkout.environment["SSL_CERT_FILE"] = str(checkout.registry.ca)
    checkout.run("rewrite")
    assert checkout.image() == checkout.at_backup(f"{NGINX_BACKUP}:1.27")
    assert checkout.registry.digest(NGINX_BACKUP, "1.27")
    checkout.run("status")


_BUSY = Answer(429, {"Retry-After": "1"}, b'{"errors": [{"code": "TOOMANYREQUESTS"}]}')


@pytest.mark.parametrize(
    "rule",
    [
        Rule("GET .*/manifests/", times=1, answer=Answer(503)),
        Rule("GET .*/blobs/", times=1, answer=_BUSY),
        Rule("GET .*/blobs/", times=1, cut=20),
        Rule("GET .*/manifests/", times=1, cut=20),
    ],
    ids=["503", "429", "cut blob", "cut manifest"],
)
def test_a_bad_day_of_the_upstream_is_survived(
    checkout: Checkout, upstream: Registry, user: Path, new_proxy: NewProxy, rule: Rule
) -> None:
    faulty = new_proxy(upstream, rule)
    containers.redirect(user, {"docker.io": faulty.address})
    checkout.deploy("nginx:1.27")
    checkout.run("rewrite")
    assert rule.times == 0, "the fault has happened"
    assert checkout.image() == checkout.at_backup(f"{NGINX_BACKUP}:1.27")
    assert checkout.registry.digest(NGINX_BACKUP, "1.27")


@pytest.mark.parametrize(
    "rule",
    [
        Rule("PUT .*/manifests/", times=1, answer=Answer(503)),
        Rule("POST .*/blobs/uploads", times=1, answer=Answer(502)),
        Rule("HEAD .*/manifests/1.27", times=1, cut=0),
    ],
    ids=["503", "502", "cut"],
)
def test_a_bad_day_of_the_backup_registry_is_survived(checkout: Checkout, new_proxy: NewProxy, rule: Rule) -> None:
    real = checkout.registry
    faulty = new_proxy(real, rule)
    checkout.deploy("nginx:1.27", "redis:7.4")
    checkout.run("rewrite", "--push-registry", faulty.address)
    assert rule.times == 0, "the fault has happened"
    assert real.digest(NGINX_BACKUP, "1.27")
    assert checkout.image() == checkout.at_backup(f"{NGINX_BACKUP}:1.27")


def test_a_registry_cannot_write_on_the_terminal(
    checkout: Checkout, upstream: Registry, user: Path, new_proxy: NewProxy
) -> None:
    text = r"\u001b[2J\u0007 gone\n::error::forged\r"
    body = f'{{"errors": [{{"code": "DENIED", "message": "{text}"}}]}}'.encode()
    hostile = new_proxy(
        upstream, Rule("GET .*/manifests/", answer=Answer(403, {"Content-Type": "application/json"}, body))
    )
    containers.redirect(user, {"docker.io": hostile.address})
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite", code=3)
    assert not {"\x1b", "\x07", "\r"} & {*done.out, *done.err}
    assert not any(line.lstrip().startswith("::") for line in (done.out + done.err).splitlines())


def test_a_signed_address_is_not_printed(
    checkout: Checkout, upstream: Registry, user: Path, new_proxy: NewProxy
) -> None:
    """Registries send clients to storage at addresses that hold a signature."""
    storage = f"http://127.0.0.1:{free_port()}/blob?X-Signature=s3cr3t&token=s3cr3t"
    sending = new_proxy(upstream, Rule("GET .*/blobs/", answer=Answer(307, {"Location": storage})))
    containers.redirect(user, {"docker.io": sending.address})
    checkout.deploy("nginx:1.27")
    done = checkout.run("rewrite", "--retries", "1", code=3)
    assert sending.count("/blobs/")
    assert "s3cr3t" not in done.out + done.err


def test_a_backup_registry_that_is_down(checkout: Checkout) -> None:
    checkout.registry.stop()
    checkout.deploy("nginx:1.27", "redis:7.4")
    before = checkout.tree()
    done = checkout.run("rewrite", "--retries", "0", code=3)
    assert f"backup registry {checkout.registry.address} cannot be reached" in done.out
    assert done.count("failed") == 2
    assert checkout.tree() == before


def test_a_backup_registry_that_is_none(checkout: Checkout, new_proxy: NewProxy) -> None:
    page = Answer(200, {"Content-Type": "text/html"}, b"<html>Welcome to nginx!</html>")
    other = new_proxy(checkout.registry, Rule("", answer=page))
    checkout.deploy("nginx:1.27", "redis:7.4")
    before = checkout.tree()
    done = checkout.run("rewrite", "--backup-registry", other.address, code=3)
    assert f"backup registry {other.address} is not a container registry" in done.out
    assert checkout.tree() == before


def test_skopeo_is_not_installed(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    git = shutil.which("git")
    assert git
    (tmp_path / "bin/git").symlink_to(git)
    checkout.deploy("nginx:1.27")
    before = checkout.tree()
    done = checkout.run("rewrite", code=2, env={"PATH": str(tmp_path / "bin")})
    assert len(done.errors) == 1
    assert "skopeo is not installed" in done.err
    assert "apt-get install skopeo" in done.err
    assert checkout.tree() == before
    checkout.run("rewrite")
    checkout.run("rewrite", env={"PATH": str(tmp_path / "bin")})


def test_an_image_that_takes_too_long_is_given_up(
    checkout: Checkout, upstream: Registry, user: Path, new_proxy: NewProxy
) -> None:
    slow = new_proxy(upstream, Rule("GET .*/library/redis/manifests/", hang=True))
    containers.redirect(user, {"docker.io": slow.address})
    checkout.deploy("nginx:1.27", "redis:7.4")
    done = checkout.run("rewrite", "--timeout", "2s", code=3)
    assert "timed out after 2 s" in done.out
    assert (done.count("copied"), done.count("failed")) == (1, 1)
