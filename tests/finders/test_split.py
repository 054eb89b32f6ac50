"""Split references: put together from fields of an object, relocated and restored in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_clone.finders.catalogue import Form, Role, Row
from gitops_clone.finders.compose import joined
from gitops_clone.finders.path import format_path
from gitops_clone.finding import Part, Span
from gitops_clone.parts import spread
from tests.finders.objects import all_rows, document_for
from tests.looking import findings, reasons, rewritten
from tests.parts.laws import Covered, hold

SHA = "0a" * 32
ROWS = [
    row
    for row in all_rows()
    if row.form is Form.SPLIT and not any(part.from_top for part in row.parts.get(Role.REGISTRY, ()))
]


def _id(row: Row) -> str:
    return f"{row.kind} {format_path(row.path)}"


@pytest.mark.parametrize("row", ROWS, ids=_id)
def test_each_row_is_relocated_and_restored(row: Row, tmp_path: Path) -> None:
    covered = Covered()
    hold("a.json", json.dumps(document_for(row), indent=1).encode(), tmp_path, covered)
    assert covered.edits >= 1


@pytest.mark.parametrize(
    ("repository", "parts", "image"),
    [
        ("acme/app", {Role.TAG: "1"}, "acme/app:1"),
        ("acme/app", {Role.REGISTRY: "quay.io", Role.TAG: "1"}, "quay.io/acme/app:1"),
        ("app", {Role.REGISTRY: "quay.io/acme/", Role.TAG: "v1+meta"}, "quay.io/acme/app:v1-meta"),
        ("acme/app", {Role.TAG: f"1@sha256:{SHA}"}, f"acme/app:1@sha256:{SHA}"),
        ("acme/app", {Role.TAG: f"sha256:{SHA}"}, f"acme/app@sha256:{SHA}"),
        ("acme/app", {Role.TAG: "1", Role.DIGEST: f"sha256:{SHA}"}, f"acme/app:1@sha256:{SHA}"),
        ("acme/app", {Role.SHA: SHA}, f"acme/app@sha256:{SHA}"),
        ("acme/app", {Role.TAG: "1", Role.DIGEST: SHA}, f"acme/app:1@sha256:{SHA}"),
        ("acme/app", {}, "acme/app"),
    ],
)
def test_parts_make_a_reference(repository: str, parts: dict[Role, str], image: str) -> None:
    assert joined(repository, parts) == image


HOME = "localhost:5001/index_docker_io"


@pytest.mark.parametrize(
    ("repository", "registry", "reference", "new"),
    [
        ("acme/app", "", f"{HOME}/acme/app:1", [f"{HOME}/acme/app"]),
        ("acme/app", "docker.io", f"{HOME}/acme/app:1", [HOME]),
        ("app", "docker.io/acme", f"{HOME}/acme/app:1", [f"{HOME}/acme"]),
        ("app", "docker.io/acme/", f"{HOME}/acme/app:1", [f"{HOME}/acme/"]),
        ("nginx", "docker.io", f"{HOME}/library/nginx:1", ["library/nginx", HOME]),
        ("nginx", "docker.io/library", f"{HOME}/library/nginx:1", [f"{HOME}/library"]),
        ("library/nginx", HOME, "docker.io/nginx:1", ["nginx", "docker.io"]),
        ("library/nginx", HOME, "docker.io/library/nginx:1", ["docker.io"]),
        (f"{HOME}/acme/app", "", f"acme/app:1@sha256:{SHA}", ["acme/app"]),
        ("acme/app", HOME, f"{HOME}/acme/app:2", []),
    ],
)
def test_a_name_is_spread_over_repository_and_registry(
    repository: str, registry: str, reference: str, new: list[str]
) -> None:
    parts = [_part("repository", repository), *([_part("registry", registry)] if registry else []), _part("tag", "1")]
    assert [value for _, value in spread(reference, parts) or ()] == new


def test_a_name_that_cannot_be_spread() -> None:
    assert spread("quay.io/other:1", [_part("repository", "acme/app"), _part("registry", "quay.io")]) is None


def _part(role: str, value: str) -> Part:
    return Part(role, value, value, Span(0, len(value)), "", "")


DRIVER = """\
apiVersion: nvidia.com/v1
kind: ClusterPolicy
spec:
  toolkit:
    repository: "nvcr.io/nvidia/k8s"   # the registry
    image: container-toolkit
    version: v1.17.0
"""


def test_only_the_registry_changes() -> None:
    assert rewritten(DRIVER.encode()).decode() == DRIVER.replace("nvcr.io", "localhost:5001/nvcr_io")
    (finding,) = findings(DRIVER)
    assert finding.place.image == "nvcr.io/nvidia/k8s/container-toolkit:v1.17.0"
    assert (finding.place.line, finding.place.pointer) == (6, "/spec/toolkit/image")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    version: v1.17.0\n", "", "its tag is not in Git: a program adds it"),
        ("    version: v1.17.0\n", "    version: ''\n", "its tag is not in Git: a program adds it"),
        ("repository: ", "repository: &registry ", "an anchor or an alias is a part of it"),
        ("image: container-toolkit", "image: >-\n      container-toolkit", None),
        ("version: v1.17.0", "version: ${VERSION}", "has a variable: ${…}"),
    ],
)
def test_what_is_left(old: str, new: str, reason: str | None) -> None:
    text = DRIVER.replace(old, new)
    assert [why for _, _, why in reasons(text)] == [reason]
    if reason:
        assert rewritten(text.encode()).decode() == text


def test_a_repository_with_a_tag_stands_for_itself() -> None:
    text = DRIVER.replace("image: container-toolkit", "image: quay.io/acme/toolkit:2")
    assert rewritten(text.encode()).decode() == text.replace("quay.io", "localhost:5001/quay_io")


def test_a_comment_on_its_line_ignores() -> None:
    text = DRIVER.replace("container-toolkit", "container-toolkit # gitops-clone: ignore")
    assert reasons(text)[0][1:] == ("ignored", "comment gitops-clone: ignore")
