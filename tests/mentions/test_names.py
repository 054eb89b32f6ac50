"""Names of repositories found in any text, and nothing that only looks like them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_clone.mentions.names import compile_names, spellings

NGINX = "index.docker.io/library/nginx"
GRAFANA = "index.docker.io/grafana/grafana"
SHOP = "ghcr.io/acme/shop"
NAMES = compile_names([NGINX, GRAFANA, SHOP])
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def _found(text: str) -> list[tuple[str, str]]:
    return [(hit.name, hit.text) for hit in NAMES.find(text.encode())]


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("crane copy ghcr.io/acme/shop:1.0 x", SHOP, "ghcr.io/acme/shop:1.0"),
        ("See ghcr.io/acme/shop.", SHOP, "ghcr.io/acme/shop"),
        (f"'ghcr.io/acme/shop@{DIGEST}'", SHOP, f"ghcr.io/acme/shop@{DIGEST}"),
        (f"ghcr.io/acme/shop:1.0@{DIGEST}", SHOP, f"ghcr.io/acme/shop:1.0@{DIGEST}"),
        ("--image=ghcr.io/acme/shop", SHOP, "ghcr.io/acme/shop"),
        ('"ghcr.io/acme/shop:${TAG}"', SHOP, "ghcr.io/acme/shop"),
        ("ghcr.io/acme/shop*", SHOP, "ghcr.io/acme/shop"),
        ("docker://ghcr.io/acme/shop:1", SHOP, "ghcr.io/acme/shop:1"),
        ("oci://ghcr.io/acme/shop", SHOP, "ghcr.io/acme/shop"),
        ("docker pull grafana/grafana", GRAFANA, "grafana/grafana"),
        ("docker.io/grafana/grafana:11", GRAFANA, "docker.io/grafana/grafana:11"),
        ("FROM nginx AS web", NGINX, "nginx"),
        ("FROM --platform=$BUILDPLATFORM nginx:1.27", NGINX, "nginx:1.27"),
        ("image: 'nginx'", NGINX, "nginx"),
        ("docker run nginx:1.27-alpine", NGINX, "nginx:1.27-alpine"),
        ("docker run nginx:latest", NGINX, "nginx:latest"),
        ("docker run nginx:12", NGINX, "nginx:12"),
        (f"nginx@{DIGEST}", NGINX, f"nginx@{DIGEST}"),
        ("library/nginx", NGINX, "library/nginx"),
        ("docker.io/nginx", NGINX, "docker.io/nginx"),
    ],
)
def test_what_names_an_image(text: str, name: str, shown: str) -> None:
    assert _found(text) == [(name, shown)]


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/grafana/grafana",
        "https://ghcr.io/acme/shop",
        "localhost:5001/ghcr_io/acme/shop:1 eu.ghcr.io/acme/shop myghcr.io/acme/shop",
        "ghcr.io/acme/shop-api ghcr.io/acme/shop/api ghcr.io/acme/shop_api ghcr.io/acme/shop.api",
        "@grafana/grafana grafana/grafana-enterprise grafana/grafana/tree",
        "the nginx of http://nginx:80 and nginx:8080, nginx: yes, my-nginx:1.27, nginx_requests:rate5m",
        "node: nginx:nginx_connections x.nginx:1.27 a/nginx:1.27 :nginx:1.27",
        "FROM nginx-unprivileged",
    ],
)
def test_what_does_not(text: str) -> None:
    assert _found(text) == []


_BEFORE = ["", "\n", " ", "=", '"', "'", "(", "[", ",", "oci://", "docker://", "ü", "#", ": "]
_AFTER = ["", "\n", " ", ":v1", f"@{DIGEST}", f":v1@{DIGEST}", '"', ")", ",", "*", "\0", ". "]


@pytest.mark.parametrize("name", [GRAFANA, SHOP, NGINX, "localhost:5000/a", "registry.acme.io:8443/a-b/c_d/e.f"])
def test_each_spelling_is_found_wherever_a_word_may_stand(name: str) -> None:
    search = compile_names([name, "quay.io/acme/shop", "index.docker.io/acme/grafana"])
    for spelling in spellings(name):
        for before in _BEFORE:
            for after in _AFTER:
                text = f"{before}{spelling}{after}"
                tagged = after[:1] in (":", "@")
                if "/" in spelling or tagged:
                    (hit,) = search.find(text.encode())
                    assert (hit.name, hit.text) == (name, spelling + (after if tagged else ""))
                    assert text.encode()[hit.start : hit.end].decode() == hit.text


@given(st.binary(max_size=200))
def test_any_bytes_are_searched(data: bytes) -> None:
    for hit in NAMES.find(data):
        assert hit.name in (NGINX, GRAFANA, SHOP)


def test_the_time_does_not_depend_on_the_number_of_names() -> None:
    text = b"a/b/c/d-e.f: g/h nginx:1.27 grafana/grafana\n" * 20_000
    many = compile_names([GRAFANA, *(f"registry.example.com/team{number}/app{number}" for number in range(5_000))])
    start = time.monotonic()
    assert len(many.find(text)) == 20_000
    assert time.monotonic() - start < 3
