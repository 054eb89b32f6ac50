"""The commands that look: scan, check, status; and what their reports promise to machines."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonpatch
import yaml

from tests.e2e.checkout import LOCK, Checkout, deployment
from tests.parts import images
from tests.parts.registry import Registry

FINDING_KEYS = ["file", "document", "pointer", "line", "column", "image", "upstream", "backup", "state", "reason"]
MORE_KEYS = ["inner", "certainty", "entry_points"]

MIXED = """\
---
# nothing in the first document
---
kind: Pod
metadata: {name: a, namespace: kube-system}
spec: {containers: [{image: nginx}]}
---
kind: Pod
metadata: {name: ü}
spec:
  initContainers:
    - {image: &same 'redis:7.4'}
  containers:
    - image: *same
    - "image": ghcr.io/acme/shop:${TAG}
    - image: BACKUP/own/tool:1
    - image: BACKUP/ghcr_io/acme/shop:1.0
"""


def test_scan_for_machines(checkout: Checkout) -> None:
    checkout.write("apps/ü b.yaml", MIXED.replace("BACKUP", checkout.registry.address))
    checkout.write("broken.yaml", "kind: Pod\nspec:\n  containers: [{image: nginx}\n")
    checkout.write("excluded.yaml", deployment("nginx"))
    report = checkout.json("scan", "--exclude", "excluded.yaml", code=2)
    assert list(report) == ["version", "findings", "skipped"]
    assert report["version"] == 1
    skipped: Any = report["skipped"]
    assert [list(item) for item in skipped] == [["file", "reason"]] * 2
    assert {item["file"] for item in skipped} == {"broken.yaml", "excluded.yaml"}
    findings: Any = report["findings"]
    assert all({*FINDING_KEYS, *MORE_KEYS} == set(finding) for finding in findings)
    assert len(findings) == 6
    assert {finding["file"] for finding in findings} == {"apps/ü b.yaml"}

    def row(finding: dict[str, object]) -> tuple[object, ...]:
        return tuple(finding[key] for key in FINDING_KEYS[1:])

    redis = ("redis:7.4", "index.docker.io/library/redis:7.4")
    redis_backup = checkout.at_backup("index_docker_io/library/redis:7.4")
    nginx = "index.docker.io/library/nginx:latest"
    nginx_backup = checkout.at_backup("index_docker_io/library/nginx:latest")
    own, shop = checkout.at_backup("own/tool:1"), checkout.at_backup("ghcr_io/acme/shop:1.0")
    containers, variable = "/spec/containers", "ghcr.io/acme/shop:${TAG}"
    assert list(map(row, findings)) == [
        (1, f"{containers}/0/image", 6, 29, "nginx", nginx, nginx_backup, "ignored", "namespace kube-system"),
        (2, "/spec/initContainers/0/image", 12, 22, *redis, redis_backup, "upstream", None),
        (2, f"{containers}/0/image", 14, 14, *redis, redis_backup, "upstream", None),
        (2, f"{containers}/1/image", 15, 16, variable, None, None, "unresolved", "has a variable: ${…}"),
        (2, f"{containers}/2/image", 16, 14, own, None, None, "own", None),
        (2, f"{containers}/3/image", 17, 14, shop, "ghcr.io/acme/shop:1.0", shop, "backup", None),
    ]  # fmt: skip


def test_names_are_relative_to_the_root_wherever_the_command_runs(checkout: Checkout) -> None:
    checkout.write("apps/web/0.yaml", deployment("nginx"))
    checkout.write("apps/db/0.yaml", deployment("redis"))

    def files(report: dict[str, Any]) -> list[str]:
        return [finding["file"] for finding in report["findings"]]

    assert files(checkout.json("scan", "apps/web")) == ["apps/web/0.yaml"]
    top = checkout.path
    checkout.path = top / "apps"
    assert files(checkout.json("scan", "web", "db/0.yaml")) == ["apps/db/0.yaml", "apps/web/0.yaml"]
    checkout.path = top.parent
    assert files(checkout.json("scan", str(top / "apps/web"))) == ["apps/web/0.yaml"]


def test_the_json_patches_of_scan_and_rewrite_do_what_rewrite_writes(checkout: Checkout) -> None:
    text = MIXED.replace("BACKUP", checkout.registry.address)
    checkout.write("mixed.yaml", text)
    patches = json.loads(checkout.run("scan", "--format", "jsonpatch").out)
    assert patches == json.loads(checkout.run("rewrite", "--dry-run", "--format", "jsonpatch").out)
    assert [(entry["file"], entry["document"]) for entry in patches] == [("mixed.yaml", 2)]
    assert [operation["op"] for operation in patches[0]["patch"]] == ["test", "replace"] * 2
    before = list(yaml.safe_load_all(text))[2]
    checkout.run("rewrite")
    after = list(yaml.safe_load_all(checkout.read("mixed.yaml")))[2]
    assert jsonpatch.apply_patch(before, patches[0]["patch"]) == after
    back = json.loads(checkout.run("restore", "--dry-run", "--format", "jsonpatch").out)
    assert jsonpatch.apply_patch(after, back[0]["patch"]) == before


def test_check_fails_for_what_is_not_backed_up(checkout: Checkout) -> None:
    checkout.write("mixed.yaml", MIXED.replace("BACKUP", checkout.registry.address))
    done = checkout.run("check", code=1)
    assert [line.partition(" ")[0] for line in done.out.splitlines() if line.startswith("mixed.yaml:")] == [
        "mixed.yaml:12:22:",
        "mixed.yaml:14:14:",
        "mixed.yaml:17:14:",
    ]
    assert checkout.json("check", code=1)["exit_code"] == 1
    checkout.run("rewrite")
    checkout.run("check")
    checkout.run("check", "--strict", code=1)
    checkout.write("new.yaml", deployment("busybox"))
    checkout.run("check", "mixed.yaml")
    checkout.run("check", "new.yaml", code=1)


def test_status_tells_what_both_registries_serve(checkout: Checkout, public: Registry) -> None:
    names = ("fine", "moved", "gone", "missing", "different")
    for name in names:
        images.push(images.make(f"status {name}"), public, f"status/{name}:1")
    checkout.deploy(*(f"quay.io/status/{name}:1" for name in names))
    checkout.run("rewrite")
    checkout.run("status")
    images.push(images.make("status moved on"), public, "status/moved:1")
    public.delete("status/gone", "1")
    checkout.registry.delete("quay_io/status/missing", "1")
    images.push(images.make("status other"), checkout.registry, "quay_io/status/different:1")
    done = checkout.run("status", code=1)
    rows = dict(re.findall(r"^(\w+ +\w+(?: digest)?)  +quay\.io/status/(\w+):1$", done.out, re.MULTILINE))
    assert {name: tuple(re.split("  +", words)) for words, name in rows.items()} == {
        "fine": ("there", "same digest"),
        "moved": ("moved", "same digest"),
        "gone": ("gone", "same digest"),
        "missing": ("there", "missing"),
        "different": ("there", "different"),
    }
    statuses: Any = checkout.json("status", code=1)["statuses"]
    told = {item["upstream"]: (item["at_upstream"]["state"], item["at_backup"]["state"]) for item in statuses}
    assert told["quay.io/status/gone:1"] == ("gone", "same digest")
    assert told["quay.io/status/missing:1"] == ("there", "missing")


def test_what_is_not_rewritten_is_listed_with_its_reason(checkout: Checkout) -> None:
    checkout.write("mixed.yaml", MIXED.replace("BACKUP", checkout.registry.address))
    checkout.write("flux.yaml", deployment('ghcr.io/acme/shop:1.0 # {"$imagepolicy": "flux-system:shop"}'))
    checkout.write("comment.yaml", deployment("redis:7.4  # gitops-clone: ignore"))
    done = checkout.run("rewrite", "--ignore", "ghcr.io/nobody/*")
    for reason in ("namespace kube-system", "comment gitops-clone: ignore", "flux-system:shop", "has a variable"):
        assert reason in done.out
    assert (done.count("ignored"), done.count("unresolved"), done.count("own")) == (3, 1, 1)
    assert checkout.read("comment.yaml") == deployment("redis:7.4  # gitops-clone: ignore")
    assert LOCK in checkout.git("status", "--porcelain")


def test_a_literal_in_a_template_is_rewritten_in_its_line(checkout: Checkout) -> None:
    template = "{{- if .Values.on }}\nkind: Pod\nspec:\n  containers:\n    - image: redis:7.4\n{{- end }}\n"
    checkout.write("chart/templates/pod.yaml", template)
    checkout.run("rewrite")
    backup = f"{checkout.registry.address}/index_docker_io/library/redis:7.4"
    assert checkout.read("chart/templates/pod.yaml") == template.replace("redis:7.4", backup)
    checkout.run("check")
    checkout.run("restore")
    assert checkout.read("chart/templates/pod.yaml") == template
