"""References by their shape: what is one in running text, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_clone.finders import shape

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quay.io/acme/app:v1", ["quay.io/acme/app:v1"]),
        ("--reloader=quay.io/acme/reloader:v0.9", ["quay.io/acme/reloader:v0.9"]),
        ("localhost:5001/quay_io/acme/app:1", ["localhost:5001/quay_io/acme/app:1"]),
        ("localhost/acme/app:1", ["localhost/acme/app:1"]),
        ("registry:5000/app:1", ["registry:5000/app:1"]),
        ("10.0.0.1:5000/app:1", ["10.0.0.1:5000/app:1"]),
        (f"gcr.io/acme/app@{DIGEST}", [f"gcr.io/acme/app@{DIGEST}"]),
        (f"gcr.io/acme/app:1@{DIGEST}", [f"gcr.io/acme/app:1@{DIGEST}"]),
        ("quay.io/a/b:RELEASE.2024-11-17T23-20-09Z", ["quay.io/a/b:RELEASE.2024-11-17T23-20-09Z"]),
        ("4.2.0=quay.io/k:4.2\n4.3.0=quay.io/k:4.3\n", ["quay.io/k:4.2", "quay.io/k:4.3"]),
        ('{"a":"quay.io/a/b:1","c":"quay.io/d:2"}', ["quay.io/a/b:1", "quay.io/d:2"]),
        ("quay.io/a/b:1,quay.io/c:2;quay.io/d:3", ["quay.io/a/b:1", "quay.io/c:2", "quay.io/d:3"]),
        ("Pull quay.io/a/b:1.2. Then go on.", ["quay.io/a/b:1.2"]),
        ("docker://quay.io/a/b:1", ["quay.io/a/b:1"]),
        ("oci://ghcr.io/acme/charts/app:1", ["ghcr.io/acme/charts/app:1"]),  # `possible` for its scheme
        ('\\"image\\":\\"quay.io/a/b:1\\"', ["quay.io/a/b:1"]),
        ("registry.k8s.io/pause:3.9", ["registry.k8s.io/pause:3.9"]),
        ("mcr.microsoft.com/dotnet:8", ["mcr.microsoft.com/dotnet:8"]),
        ("registry.gitlab.com/a/b:1", ["registry.gitlab.com/a/b:1"]),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/a:1", ["1.dkr.ecr.eu-west-1.amazonaws.com/a:1"]),
    ],
)
def test_references(text: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in shape.find(text)] == found
    assert shape.may_hold(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "nginx:1.27",
        "library/nginx:1.27",
        "quay.io/acme/app",
        "https://quay.io/acme/app:v1",
        "tcp://registry.acme.io:5000/app:1",
        "git@github.com/acme/app:main",
        "github.com/acme/app:main",
        "raw.githubusercontent.com/acme/app:main",
        "jane@acme.io/app:1",
        "/etc/conf.io/app:ro",
        "nginx.conf/app:ro",
        "conf.d/app:ro",
        "data.acme.io:/var/lib/app:ro",
        "acme.io:8080/health",
        "acme.io:8080",
        "acme.io/docs/page.html:12",
        "sigs.k8s.io/controller-runtime/log.go:12",
        "node-role.kubernetes.io/control-plane:NoSchedule",
        "dedicated.acme.io/gpu:NoExecute",
        "topology.kubernetes.io/zone:a",
        "pubsub.googleapis.com/subscription:resource.labels.id",
        "argoproj.io/Application: |",
        "arn:aws:iam::123:role/app:1",
        "quay.io/acme/app:v1-${SHA}",
        "quay.io/acme/app:${TAG}",
        "quay.io/acme/app:$TAG",
        "quay.io/acme/app:{{ .Tag }}",
        "quay.io/acme/app:v1.{{ .Patch }}",
        "${REGISTRY}/acme/app:1",
        "{{ .Registry }}.io/acme/app:1",
        "quay.io/acme/app:v1/manifests",
        "quay.io/acme/app:1:2",
        f"quay.io/acme/app@{DIGEST}0",
        "quay.io/Acme/app:1",
        "quay.io/acme/*:1",
        "v1.2/3:4",
    ],
)
def test_lookalikes(text: str) -> None:
    assert list(shape.find(text)) == []


@given(st.text(alphabet="aQ1.:/@-_=,\"'\\\n ${}%", max_size=60))
def test_what_is_found_is_found_by_its_bytes_too(text: str) -> None:
    assert not list(shape.find(text)) or shape.may_hold(text.encode())
