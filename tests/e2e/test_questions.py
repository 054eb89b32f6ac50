"""The commands that answer questions, by their command lines: explain, scan --mentions, gaps."""

from __future__ import annotations

import pytest

from tests.e2e.checkout import Checkout, deployment

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec: {chart: {spec: {chart: podinfo, sourceRef: {kind: HelmRepository, name: podinfo}}}}
"""


def test_explain(checkout: Checkout) -> None:
    checkout.write("apps/web.yaml", deployment("nginx:1.27"))
    backup = checkout.at_backup("index_docker_io/library/nginx:1.27")
    assert f"becomes    {backup}" in checkout.run("explain", "apps/web.yaml:10").out
    assert checkout.run("explain", backup).out.startswith("apps/web.yaml:10:18  nginx:1.27\n")
    explanations = checkout.json("explain", "apps/web.yaml:2")["explanations"]
    assert isinstance(explanations, list)
    assert [told["is_image"] for told in explanations] == [False]
    for wrong in ("apps/gone.yaml:1", "apps/web.yaml:11", "apps/web.yaml", "No Image"):
        assert len(checkout.run("explain", wrong, code=2).errors) == 1


def test_mentions(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    checkout.write("README.md", "Runs nginx:1.27.\n")
    checkout.write("hack/bump.sh", "sed -i s#nginx:1.27#nginx:1.28# 0.yaml\n")
    checkout.git("add", "-A")
    assert "hack/bump.sh:1:10" in checkout.run("scan", "--mentions").out
    done = checkout.run("rewrite")
    told = "3 other places mention relocated images, 2 of them needing a hand: gitops-clone scan --mentions"
    assert told in done.out
    assert told not in checkout.run("rewrite").out  # nothing was relocated
    mentions = checkout.json("scan", "--mentions")["mentions"]
    assert isinstance(mentions, list)
    assert [mention["file"] for mention in mentions] == ["README.md", "hack/bump.sh", "hack/bump.sh"]


@pytest.mark.parametrize("strict", [False, True])
def test_gaps(checkout: Checkout, strict: bool) -> None:
    options = ["--strict"] if strict else []
    checkout.run("gaps", *options)
    checkout.write("release.yaml", RELEASE)
    assert "HelmRelease web: podinfo" in checkout.run("gaps", *options, code=int(strict)).out


def test_help(checkout: Checkout) -> None:
    assert "FILE:LINE|IMAGE" in checkout.run("explain", "--help").out
    assert "--mentions" in checkout.run("scan", "--help").out
    assert "--strict" in checkout.run("gaps", "--help").out
