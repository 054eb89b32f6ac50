"""Images that no field names, in what kustomizations are made of: generated ConfigMaps, literals, patches."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli
from tests.layers.rendered import compare_lines
from tests.parts import kustomize

FILES = {
    "base/kustomization.yaml": """\
resources: [deployment.yaml]
generatorOptions: {disableNameSuffixHash: true}
configMapGenerator:
- name: params
  envs: [params.env]
- name: ui
  files: [menu.yaml, run.conf, key=job.json]
- name: literals
  literals:
  - WORKER_IMAGE=quay.io/acme/worker:1
  - "HELPER_IMAGE=acme/helper:2"
""",
    "base/params.env": """\
# quay.io/acme/comment:1
OPERATOR_IMAGE=quay.io/acme/operator:1.1.0
SHELL_IMAGE=acme/shell:2
NAME=operator
""",
    "base/menu.yaml": """\
image:
  value: quay.io/acme/notebook:1   # the default
  options:
  - quay.io/acme/notebook:1
  - quay.io/acme/kept:1 # gitops-clone: ignore
""",
    "base/run.conf": '[runner]\r\nimage = "quay.io/acme/runner:1"\r\n',
    "base/job.json": '{"containers": [{"image": "busybox:1"}], "n": 1}\n',
    "base/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        args: [--reloader=quay.io/acme/reloader:1]
        env:
        - name: TOOL
          value: quay.io/acme/tool:1
""",
    "overlay/kustomization.yaml": """\
resources: [../base]
images:
- name: nginx
  newTag: "2"
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
          - name: web
            env:
            - name: TOOL
              value: quay.io/acme/tool:2
- path: args.yaml
  target: {kind: Deployment, name: web}
""",
    "overlay/args.yaml": """\
- op: add
  path: /spec/template/spec/containers/0/args/-
  value: --helper=quay.io/acme/helper:3
""",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    (tmp_path / ".gitops-clone.toml").write_text("")
    return tmp_path


def run(repository: Path, *arguments: str) -> str:
    done = CliRunner().invoke(cli, [*arguments, str(repository)])
    assert done.exit_code == 0, done.output
    return done.output


def texts(repository: Path) -> dict[str, str]:
    return {name: (repository / name).read_bytes().decode() for name in FILES}


def test_what_is_rendered_is_relocated_and_nothing_else(repository: Path) -> None:
    folder = repository / "overlay"
    before = kustomize.build_all([folder])[folder]
    run(repository, "rewrite", "--no-mirror", "--certainty", "likely")
    after = kustomize.build_all([folder])[folder]
    moved, _ = compare_lines(*(text.replace('\\"', '"') for text in (before, after)))
    assert moved == 12
    places = ("params.env", "menu.yaml", "run.conf", "job.json")
    changed = texts(repository)
    assert all(changed[f"base/{name}"] != FILES[f"base/{name}"] for name in places)
    assert changed["base/params.env"] == FILES["base/params.env"].replace(
        "=quay.io/acme/operator", "=localhost:5001/quay_io/acme/operator"
    ).replace("=acme/shell", "=localhost:5001/index_docker_io/acme/shell")
    assert changed["base/menu.yaml"] == FILES["base/menu.yaml"].replace(
        " quay.io/acme/notebook", " localhost:5001/quay_io/acme/notebook"
    )
    assert changed["base/run.conf"] == FILES["base/run.conf"].replace("quay.io", "localhost:5001/quay_io")
    assert "busybox" in after
    assert "quay.io" not in after.replace("quay.io/acme/comment:1", "").replace("quay.io/acme/kept:1", "")
    # What a patch replaces is not rendered, and stays.
    assert "value: quay.io/acme/tool:1" in changed["base/deployment.yaml"]


def test_a_second_run_changes_nothing_and_restore_brings_every_byte_back(repository: Path) -> None:
    run(repository, "rewrite", "--no-mirror", "--certainty", "likely")
    once = texts(repository)
    run(repository, "rewrite", "--no-mirror", "--certainty", "likely")
    run(repository, "rewrite", "--no-mirror")
    assert texts(repository) == once
    run(repository, "restore")
    assert texts(repository) == FILES


def test_what_is_certain_alone_leaves_the_texts(repository: Path) -> None:
    run(repository, "rewrite", "--no-mirror")
    changed = texts(repository)
    assert [name for name in FILES if changed[name] != FILES[name]] == ["overlay/kustomization.yaml"]


def test_a_file_of_secrets_is_never_read(repository: Path) -> None:
    kustomization = repository / "base" / "kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("configMapGenerator", "secretGenerator"))
    assert "params.env" not in run(repository, "scan")


def test_a_file_outside_is_never_read(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "other.env"
    outside.write_text("SOME_IMAGE=quay.io/acme/outside:1\n")
    (repository / "base" / "params.env").unlink()
    (repository / "base" / "params.env").symlink_to(outside)
    assert "acme/outside" not in run(repository, "scan")


MANIFEST = "kind: Pod\napiVersion: v1\nmetadata: {name: NAME}\nspec:\n  containers:\n  - {name: a, image: IMAGE}\n"
GENERATED = {
    "kustomization.yaml": """\
resources: [pod.yaml, both.yaml]
configMapGenerator:
- {name: jobs, files: [job.yaml, both.yaml]}
- {name: plain, files: [plain.yaml], options: {disableNameSuffixHash: true}}
secretGenerator:
- {name: secret, files: [key=secret.yaml]}
""",
    "pod.yaml": MANIFEST.replace("IMAGE", "redis:7") + "  volumes: [{name: v, configMap: {name: jobs}}]\n",
    "both.yaml": MANIFEST.replace("IMAGE", "busybox:1"),
    "job.yaml": MANIFEST.replace("IMAGE", "nginx:1"),
    "plain.yaml": MANIFEST.replace("IMAGE", "nginx:2"),
    "secret.yaml": MANIFEST.replace("IMAGE", "nginx:3"),
}


def test_a_manifest_of_which_a_name_has_a_hash_waits_for_likely(tmp_path: Path) -> None:
    files = {name: text.replace("NAME", name.partition(".")[0]) for name, text in GENERATED.items()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / ".gitops-clone.toml").write_text("")
    before = kustomize.build(tmp_path)
    run(tmp_path, "rewrite", "--no-mirror")
    names = re.compile(r"(?:jobs|secret)-\w+")
    assert names.findall(before) == names.findall(kustomize.build(tmp_path))
    changed = {name for name, text in files.items() if (tmp_path / name).read_text() != text}
    assert changed == {"kustomization.yaml", "pod.yaml", "plain.yaml"}
    assert "newName: localhost:5001/index_docker_io/library/busybox" in (tmp_path / "kustomization.yaml").read_text()
    found = {each["file"]: each for each in json.loads(run(tmp_path, "scan", "--format", "json"))["findings"]}
    reason = "the name of ConfigMap jobs has a hash of this file, and would change: --certainty likely takes it"
    assert (found["job.yaml"]["state"], found["job.yaml"]["reason"]) == ("ignored", reason)
    assert found["secret.yaml"]["reason"] == "the name of Secret secret has a hash of this file, and would change"
    run(tmp_path, "rewrite", "--no-mirror", "--certainty", "likely")
    assert "image: localhost:5001/" in (tmp_path / "job.yaml").read_text()
    assert (tmp_path / "secret.yaml").read_text() == files["secret.yaml"]
    run(tmp_path, "restore")
    assert {name: (tmp_path / name).read_text() for name in files} == files
