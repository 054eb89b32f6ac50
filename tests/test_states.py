"""From a place to a finding: its upstream, its backup, and who wants it left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gitops_clone.finding import State
from gitops_clone.lockfile import Entry, Lock
from gitops_clone.naming import Scheme
from gitops_clone.scan import scan
from gitops_clone.states import Rules
from tests.looking import BACKUP, RULES, findings, reasons

POD = "kind: Pod\nmetadata: {{name: a, namespace: {namespace}}}\nspec: {{containers: [{{image: '{image}'}}]}}\n"
DIGEST = "sha256:" + "ab" * 32


def _pod(image: str, namespace: str = "shop") -> str:
    return POD.format(image=image, namespace=namespace)


def _one(image: str, rules: Rules = RULES) -> tuple[str, str | None, str | None, str | None]:
    (finding,) = findings(_pod(image), rules)
    return finding.state.value, finding.upstream, finding.backup, finding.reason


def test_upstream() -> None:
    nginx = "index.docker.io/library/nginx:1.23"
    assert _one("nginx:1.23") == ("upstream", nginx, f"{BACKUP}/index_docker_io/library/nginx:1.23", None)


@pytest.mark.parametrize(
    ("image", "upstream"),
    [
        (f"{BACKUP}/index_docker_io/library/nginx:1.23", "index.docker.io/library/nginx:1.23"),
        (f"{BACKUP}/ghcr_io/acme/app", "ghcr.io/acme/app:latest"),
        (f"{BACKUP}/registry_acme_io_8443/a/b:1", "registry.acme.io:8443/a/b:1"),
    ],
)
def test_backup(image: str, upstream: str) -> None:
    assert _one(image)[:2] == ("backup", upstream)


def test_the_lock_file_knows_the_way_back() -> None:
    locked = replace(RULES, lock=Lock(BACKUP, {"ghcr.io/acme/app:1": Entry(f"{BACKUP}/ghcr_io/acme/app:1", DIGEST)}))
    assert _one(f"{BACKUP}/ghcr_io/acme/app:1@{DIGEST}", locked)[:2] == ("backup", "ghcr.io/acme/app:1")


@pytest.mark.parametrize("image", [f"{BACKUP}/team/app:1", f"{BACKUP}/app"])
def test_own_images(image: str) -> None:
    assert _one(image) == ("own", None, None, None)


def test_own_images_by_prefix_and_by_pattern() -> None:
    prefixed = Rules(Scheme("eu.acme.dev/team/mirror"), Lock("eu.acme.dev/team/mirror", {}), own=("ghcr.io/acme/*",))
    assert _one("eu.acme.dev/team/app:1", prefixed)[0] == "own"
    assert _one("eu.acme.dev/team/mirror/ghcr_io/x/y:1", prefixed)[:2] == ("backup", "ghcr.io/x/y:1")
    assert _one("ghcr.io/acme/app:1", prefixed)[0] == "own"


def test_the_push_registry_is_the_backup_registry_by_another_name() -> None:
    rules = Rules(Scheme("10.0.0.1:5001"), Lock("10.0.0.1:5001", {}), push_scheme=Scheme(BACKUP))
    upstream = "index.docker.io/library/nginx:1"
    pushed = _one(f"{BACKUP}/index_docker_io/library/nginx:1", rules)
    assert pushed == ("upstream", upstream, "10.0.0.1:5001/index_docker_io/library/nginx:1", None)
    assert _one(f"{BACKUP}/team/app:1", rules)[0] == "own"


@pytest.mark.parametrize("namespace", ["kube-system", "registry", "local-path-storage"])
def test_namespaces_that_are_ignored(namespace: str) -> None:
    assert reasons(_pod("nginx:1", namespace)) == [("nginx:1", "ignored", f"namespace {namespace}")]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("nginx:1", True),
        ("nginx", False),
        ("nginx:*", True),
        ("index.docker.io/library/nginx", True),
        ("index.docker.io/library/*", True),
        ("index.docker.io/library/nginx:1", True),
        ("docker.io/*", False),
        ("*:2", False),
    ],
)
def test_patterns_of_references(pattern: str, fits: bool) -> None:
    expected = ("ignored", f'matches "{pattern}"') if fits else ("upstream", None)
    state, _, _, reason = _one("nginx:1", replace(RULES, ignore=(pattern,)))
    assert (state, reason) == expected


def test_what_is_ignored_still_says_what_it_is() -> None:
    (finding,) = findings(_pod("nginx:1", "kube-system"))
    assert finding.upstream == "index.docker.io/library/nginx:1"
    assert finding.backup == f"{BACKUP}/index_docker_io/library/nginx:1"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("ghcr.io/acme/app:${TAG}", "has a variable: ${…}"),
        ("${REGISTRY:-acme}/app:${TAG:-latest}", "has a variable: ${…}"),
        ("$(IMAGE)", "has a variable: $(…)"),
        ("$IMAGE", "has a variable: $…"),
        ("{{ .Values.image }}", "composed by a template: {{ … }}"),
        ("(@= data.values.image @):1", "ytt expression"),
        ("ENC[AES256_GCM,data:x]", "encrypted"),
        ("ko://acme.dev/cmd", "a Go import path that ko replaces"),
        ("<REGISTRY>/app:1", "has a placeholder"),
        ("app:1###TAG###", "has a placeholder"),
        ("@REGISTRY@/app:1", "has a placeholder"),
        ("Acme/App", "the repository name must be lower-case"),
        ("https://ghcr.io/acme/app", "a URL (https://), not an image reference"),
        ("--help", "not an image reference"),
        ("c" * 64, "64 hexadecimal digits are an image ID, not a name"),
        ("[::1]:5000/a/b:1", "an IPv6 registry has no name on the backup registry"),
        (f"a@sha512:{'a' * 128}", "the digest does not fit into a tag of 128 characters"),
        (f"ghcr.io/{'a' * 245}", "the backup name is longer than 255 characters"),
        ("a" * 256, "the name is longer than 255 characters"),
    ],
)
def test_unresolved(image: str, reason: str) -> None:
    state, _, _, why = _one(image)
    assert (state, why) == ("unresolved", reason)


def test_texts_that_are_shared_are_relocated_together_or_not_at_all() -> None:
    text = """kind: List
x-image: &image nginx:1
items:
- {kind: Pod, metadata: {namespace: shop}, spec: {containers: [{image: *image}]}}
- {kind: Pod, metadata: {namespace: kube-system}, spec: {containers: [{image: *image}]}}
"""
    assert reasons(text) == [
        ("nginx:1", "unresolved", "shares its text with line 5: namespace kube-system"),
        ("nginx:1", "ignored", "namespace kube-system"),
    ]


def test_two_upstreams_with_one_backup_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(_pod("registry.acme.io:80/app:1"))
    (tmp_path / "b.yaml").write_text(_pod("registry.acme.io.80/app:1"))
    found = scan(tmp_path, ["a.yaml", "b.yaml"], RULES)
    states = {finding.upstream: finding.state.value for finding in found.findings}
    assert states == {"registry.acme.io.80/app:1": "upstream", "registry.acme.io:80/app:1": "unresolved"}
    (skipped,) = found.skipped
    assert (skipped.file, skipped.fatal) == ("a.yaml", True)
    assert "would have the backup name of registry.acme.io.80/app:1: ignore one of them" in skipped.reason


def test_a_shared_text_on_the_backup_registry_stays_where_one_of_its_places_is_ignored() -> None:
    manifest = """apiVersion: v1
kind: Pod
spec:
  initContainers:
    - image: &proxy localhost:5001/quay_io/acme/proxy:1
  containers:
    - image: *proxy # gitops-clone: ignore
"""
    assert [finding.state for finding in findings(manifest)] == [State.UNRESOLVED, State.IGNORED]


def test_a_tag_that_looks_like_the_one_made_of_a_digest_is_another_image(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(_pod(f"nginx@{DIGEST}") + "---\n" + _pod(f"nginx:{DIGEST.replace(':', '_')}"))
    found = scan(tmp_path, ["a.yaml"], RULES)
    assert sorted(finding.state for finding in found.findings) == [State.UNRESOLVED, State.UPSTREAM]
    assert [item.fatal for item in found.skipped] == [True]


def test_what_an_earlier_run_wrote_is_backed_up_whatever_certainty_is_asked_now() -> None:
    text = f"kind: ConfigMap\ndata: {{app-image: '{BACKUP}/quay_io/acme/app:1'}}\n"
    lock = Lock(BACKUP, {"quay.io/acme/app:1": Entry(f"{BACKUP}/quay_io/acme/app:1", None)})
    assert [f.state for f in findings(text, replace(RULES, lock=lock))] == ["backup"]
    assert [f.state for f in findings(text)] == ["ignored"]
    assert [f.state for f in findings(text.replace("quay_io", "our"))] == ["own"]
