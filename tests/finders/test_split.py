"""References whose parts stand in several fields of a custom resource."""

from __future__ import annotations

import pytest

from tests.looking import reasons

NO_REGISTRY = "its registry is not in Git: a program adds it"
NO_TAG = "its tag is not in Git: a program adds it"


def split(version: str, kind: str, spec: str) -> list[tuple[str, str, str | None]]:
    return reasons(f"apiVersion: {version}/v1\nkind: {kind}\nspec: {spec}\n")


@pytest.mark.parametrize(
    ("fields", "image", "reason"),
    [
        ("repository: nvcr.io/nvidia, image: toolkit, version: v1", "nvcr.io/nvidia/toolkit:v1", None),
        ("image: toolkit, version: v1", "toolkit:v1", NO_REGISTRY),
        ("repository: '', image: toolkit, version: v1", "toolkit:v1", NO_REGISTRY),
        ("repository: nvcr.io/nvidia, image: toolkit", "nvcr.io/nvidia/toolkit", NO_TAG),
        ("image: 'nvcr.io/nvidia/toolkit:v1'", "nvcr.io/nvidia/toolkit:v1", None),
    ],
)
def test_a_registry_in_another_field(fields: str, image: str, reason: str | None) -> None:
    state = "unresolved" if reason else "upstream"
    assert split("nvidia.com", "ClusterPolicy", f"{{toolkit: {{{fields}}}}}") == [(image, state, reason)]


def test_a_tag_at_the_top_of_the_object() -> None:
    pd = "{version: v8.5.0, pd: {baseImage: pingcap/pd}, tikv: {baseImage: pingcap/tikv, version: v8.1.0}}"
    assert split("pingcap.com", "TidbCluster", pd) == [
        ("pingcap/pd:v8.5.0", "upstream", None),
        ("pingcap/tikv:v8.1.0", "upstream", None),
    ]


def test_a_sign_that_no_tag_can_hold() -> None:
    spec = "{version: v1.32.4+k3s1, upgrade: {image: rancher/k3s-upgrade}}"
    assert split("upgrade.cattle.io", "Plan", spec) == [("rancher/k3s-upgrade:v1.32.4-k3s1", "upstream", None)]


def test_a_condition_that_there_is_no_value() -> None:
    base = "baseImage: quay.io/prometheus/prometheus, tag: v2.26.0"
    group = ("monitoring.coreos.com", "Prometheus")
    assert split(*group, f"{{{base}}}") == [("quay.io/prometheus/prometheus:v2.26.0", "upstream", None)]
    assert split(*group, f"{{image: 'a/b:1', {base}}}") == [("a/b:1", "upstream", None)]
