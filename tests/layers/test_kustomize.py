"""One example for each rule, rewritten by the command and rendered by the real kustomize."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli
from tests.layers import trees
from tests.layers.rendered import compare
from tests.parts import kustomize

DIGEST = "sha256:" + "0" * 63 + "1"
HUB = "localhost:5001/index_docker_io/library"


def deployment(*images: str) -> str:
    containers = "".join(f"      - name: c{number}\n        image: {image}\n" for number, image in enumerate(images))
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n"
        f"      containers:\n{containers}"
    )


class Repository:
    """A folder with a base, and what the command makes of it."""

    def __init__(self, root: Path, files: trees.Files) -> None:
        self.root = root
        self.files = files
        trees.write(root, files)
        (root / ".gitops-clone.toml").write_text("")

    def rewrite(self, *points: str) -> tuple[int, int]:
        """Rewrite, check the property for entry points, and that a second run and restore are right."""
        before = {point: kustomize.build(self.root / point) for point in points}
        self.run("rewrite", "--no-mirror")
        counts = [compare(text, kustomize.build(self.root / point)) for point, text in before.items()]
        once = {name: (self.root / name).read_bytes() for name in (*self.files, ".gitops-clone.lock")}
        self.run("rewrite", "--no-mirror")
        assert {name: (self.root / name).read_bytes() for name in once} == once
        return sum(moved for moved, _ in counts), sum(kept for _, kept in counts)

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [*arguments, str(self.root)])
        assert done.exit_code == code, done.output
        return done.stdout

    def text(self, name: str) -> str:
        return (self.root / name).read_text()

    def findings(self) -> dict[str, tuple[str, str]]:
        found = json.loads(self.run("scan", "--format", "json"))["findings"]
        return {f"{f['file']}{f['pointer']} {f['image']}": (f["state"], f["reason"] or "") for f in found}

    def restored(self) -> None:
        self.run("restore")
        assert {name: self.text(name) for name in self.files} == self.files


def overlays(base: str, **layers: str) -> trees.Files:
    files = {"base/web.yaml": base, "base/kustomization.yaml": "resources:\n- web.yaml\n"}
    return files | {f"{name}/kustomization.yaml": f"resources:\n- ../base\n{text}" for name, text in layers.items()}


def test_a_tag_that_every_overlay_overrides_stays_and_the_entry_names_the_backup(tmp_path: Path) -> None:
    images = 'images:\n- name: nginx # web\n  newTag: "1.25"\n'
    repository = Repository(tmp_path, overlays(deployment("nginx:1.23"), prod=images))
    findings = repository.findings()
    state, reason = findings["base/web.yaml/spec/template/spec/containers/0/image nginx:1.23"]
    assert (state, reason) == ("ignored", "never rendered as written: prod/kustomization.yaml:4 changes it")
    assert findings["prod/kustomization.yaml/images/0/newTag nginx:1.25"][0] == "upstream"
    assert repository.rewrite("prod") == (1, 0)
    assert repository.text("base/web.yaml") == repository.files["base/web.yaml"]
    assert repository.text("prod/kustomization.yaml") == (
        f'resources:\n- ../base\nimages:\n- name: nginx # web\n  newName: {HUB}/nginx\n  newTag: "1.25"\n'
    )
    assert "nginx:1.23" not in repository.text(".gitops-clone.lock")
    repository.restored()


def test_a_base_that_is_rendered_as_written_is_rewritten_and_selectors_follow(tmp_path: Path) -> None:
    images = 'images:\n- name: "nginx"\n  newTag: "1.25"\n'
    repository = Repository(tmp_path, overlays(deployment("nginx:1.23"), prod=images, test=""))
    assert repository.rewrite("prod", "test") == (2, 0)
    assert f"image: {HUB}/nginx:1.23\n" in repository.text("base/web.yaml")
    assert f'- name: "{HUB}/nginx"\n  newTag: "1.25"\n' in repository.text("prod/kustomization.yaml")
    repository.run("check")
    repository.restored()


def test_a_placeholder_is_neither_copied_nor_changed(tmp_path: Path) -> None:
    images = "images:\n- {name: controller, newName: ghcr.io/a/b, newTag: v1}\n"
    repository = Repository(tmp_path, overlays(deployment("controller:latest"), prod=images))
    assert repository.rewrite("prod") == (1, 0)
    assert "{name: controller, newName: localhost:5001/ghcr_io/a/b, newTag: v1}" in repository.text(
        "prod/kustomization.yaml"
    )
    assert "controller" not in repository.text(".gitops-clone.lock").split("changes:")[0]
    repository.restored()


def test_a_digest_becomes_a_tag(tmp_path: Path) -> None:
    images = f"images:\n- name: nginx\n  digest: {DIGEST}\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1"), prod=images))
    assert repository.rewrite("prod") == (1, 0)
    assert f"  newTag: {DIGEST.replace(':', '_')}\n" in repository.text("prod/kustomization.yaml")
    repository.restored()


def test_one_image_in_two_spellings_is_relocated_by_added_entries(tmp_path: Path) -> None:
    """In place, both would become one name, and the overlay's tag would go to both."""
    images = 'images:\n  - name: nginx\n    newTag: "1.25"\n'
    base = deployment("nginx:1.23", "docker.io/nginx:1.23")
    repository = Repository(tmp_path, overlays(base, prod=images, test=""))
    assert repository.rewrite("prod", "test") == (4, 0)
    repository.restored()


def test_a_tag_with_a_digest_is_relocated_by_an_added_entry(tmp_path: Path) -> None:
    images = f"images:\n- name: nginx\n  newTag: v1\n  digest: {DIGEST}\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1"), prod=images))
    assert repository.rewrite("prod") == (1, 0)
    added = f"- name: nginx\n  newName: {HUB}/nginx\n  newTag: {DIGEST.replace(':', '_')}\n"
    assert repository.text("prod/kustomization.yaml") == repository.files["prod/kustomization.yaml"] + added
    repository.restored()


def test_a_component_and_a_chain_of_entries(tmp_path: Path) -> None:
    files = overlays(deployment("nginx:1"), prod="components:\n- ../c\nimages:\n- name: mine\n  newTag: '2'\n")
    files["c/kustomization.yaml"] = (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- name: nginx\n  newName: mine\n"
    )
    repository = Repository(tmp_path, files)
    assert repository.rewrite("prod") == (1, 0)
    repository.restored()


def test_patches_of_both_kinds_in_files(tmp_path: Path) -> None:
    merge = deployment("busybox:1")
    operation = "- op: replace\n  path: /spec/template/spec/containers/1/image\n  value: redis:7 # cache\n"
    patches = "patches:\n- path: merge.yaml\n- path: json.yaml\n  target: {kind: Deployment, name: web}\n"
    files = overlays(deployment("nginx:1", "nginx:2"), prod=patches)
    repository = Repository(tmp_path, files | {"prod/merge.yaml": merge, "prod/json.yaml": operation})
    assert repository.rewrite("prod") == (2, 0)
    assert f"value: {HUB}/redis:7 # cache\n" in repository.text("prod/json.yaml")
    repository.restored()


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_patches_of_both_kinds_inside_a_kustomization(tmp_path: Path, newline: str) -> None:
    patches = (
        "patches:\n- patch: |-\n    # two images\n    apiVersion: apps/v1\n    kind: Deployment\n"
        "    metadata: {name: web}\n    spec:\n      template:\n        spec:\n          containers:\n"
        '          - {name: c0, image: "busybox:1"} # x\n          - name: c1\n            image: busybox:2\n'
        "- target: {kind: Deployment, name: web}\n  patch: |\n\n"
        "    - op: add\n      path: /spec/template/spec/initContainers\n      value: [{name: i, image: redis:7}]\n"
        "images:\n- name: redis\n  newTag: '8'\n"
    )
    files = overlays(deployment("nginx:1", "nginx:2"), prod=patches)
    files["prod/kustomization.yaml"] = files["prod/kustomization.yaml"].replace("\n", newline)
    repository = Repository(tmp_path, {})
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    before = {name: (tmp_path / name).read_bytes() for name in files}
    assert repository.rewrite("prod") == (3, 0)
    after = (tmp_path / "prod/kustomization.yaml").read_bytes().decode()
    assert f'image: "{HUB}/busybox:1"}} # x{newline}' in after
    assert len(after.splitlines()) == len(before["prod/kustomization.yaml"].splitlines()) + 1
    repository.run("restore")
    assert {name: (tmp_path / name).read_bytes() for name in files} == before


def test_what_only_rendering_shows_keeps_its_selectors(tmp_path: Path) -> None:
    remote = "- https://example.com/x?ref=v1\nimages:\n- name: nginx\n  newTag: '2'\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1"), prod=remote))
    repository.run("rewrite", "--no-mirror")
    assert {name: repository.text(name) for name in repository.files} == repository.files
    assert repository.findings()["prod/kustomization.yaml/images/0/newTag nginx:2"][0] == "unresolved"


def test_a_namespace_of_a_kustomization_counts(tmp_path: Path) -> None:
    repository = Repository(tmp_path, overlays(deployment("nginx:1"), prod="namespace: kube-system\n"))
    (finding,) = repository.findings().values()
    assert finding == ("ignored", "namespace kube-system")
    repository.run("rewrite", "--no-mirror")
    assert repository.text("base/web.yaml") == repository.files["base/web.yaml"]


def test_a_run_for_one_file_leaves_what_needs_another(tmp_path: Path) -> None:
    images = "images:\n- name: nginx\n  newTag: '1.25'\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1.23"), prod=images, test=""))
    done = CliRunner().invoke(cli, ["rewrite", "--no-mirror", "--format", "json", str(tmp_path / "base/web.yaml")])
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["state"] == "unresolved"
    assert "prod/kustomization.yaml:4 must change with it" in finding["reason"]
    assert {name: repository.text(name) for name in repository.files} == repository.files


def test_a_run_for_one_file_takes_in_the_kustomizations_that_reach_it(tmp_path: Path) -> None:
    images = "images:\n- name: nginx\n  newTag: '1.25'\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1.23"), prod=images, test=""))
    before = {point: kustomize.build(tmp_path / point) for point in ("prod", "test")}
    arguments = ["rewrite", "--no-mirror", "--with-kustomizations", str(tmp_path / "base/web.yaml")]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert [compare(text, kustomize.build(tmp_path / point)) for point, text in before.items()] == [(1, 0), (1, 0)]
    assert f"name: {HUB}/nginx" in repository.text("prod/kustomization.yaml")


def test_a_killed_run_is_completed(tmp_path: Path) -> None:
    """Killed after the manifests, before the kustomizations: the lock file tells which names were to follow."""
    images = "images:\n- name: nginx\n  newTag: '1.25'\n"
    repository = Repository(tmp_path, overlays(deployment("nginx:1.23"), prod=images, test=""))
    repository.run("rewrite", "--no-mirror")
    complete = repository.text("prod/kustomization.yaml")
    (tmp_path / "prod/kustomization.yaml").write_text(repository.files["prod/kustomization.yaml"])
    repository.run("rewrite", "--no-mirror")
    assert repository.text("prod/kustomization.yaml") == complete
    repository.restored()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../a]"}, "includes itself"),
        ({"a/kustomization.yaml": "resources: [gone.yaml]"}, "gone.yaml: no such file"),
        ({"a/kustomization.yaml": "resources: [../../x]"}, "../../x: outside the repository"),
        ({"a/kustomization.yaml": "resources: ["}, "not valid YAML"),
        ({"a/kustomization.yaml": "namespace: a", "a/kustomization.yml": "namespace: b"}, "kustomize takes only one"),
    ],
    ids=["cycle", "missing", "above", "broken", "two"],
)
def test_a_broken_layer_is_one_line_and_the_rest_goes_on(tmp_path: Path, files: trees.Files, reason: str) -> None:
    repository = Repository(tmp_path, files | {"pod.yaml": deployment("nginx:1")})
    repository.run("rewrite", "--no-mirror")
    assert HUB in repository.text("pod.yaml")
    skipped = json.loads(repository.run("scan", "--format", "json"))["skipped"]
    assert any(reason in item["reason"] for item in skipped), skipped


def test_an_overlay_below_more_layers_than_are_followed_is_held_back(tmp_path: Path) -> None:
    images = "images:\n- name: nginx\n  newTag: '1.25'\n"
    files = overlays(deployment("nginx:1.23"), k0=images)
    files |= {f"k{number}/kustomization.yaml": f"resources: [../k{number - 1}]\n" for number in range(1, 2000)}
    repository = Repository(tmp_path, files | {"pod.yaml": deployment("redis:7")})
    repository.run("rewrite", "--no-mirror")
    assert {name: repository.text(name) for name in files} == files
    assert HUB in repository.text("pod.yaml")
    state, reason = repository.findings()["base/web.yaml/spec/template/spec/containers/0/image nginx:1.23"]
    assert state == "unresolved"
    assert "more than 100 layers" in reason


def test_each_finding_says_which_entry_points_use_it(tmp_path: Path) -> None:
    images = "images:\n- name: nginx\n  newTag: '1.25'\n"
    files = overlays(deployment("nginx:1.23", "redis:7"), prod=images, test="") | {"pod.yaml": deployment("httpd:2")}
    repository = Repository(tmp_path, files)
    found = json.loads(repository.run("scan", "--format", "json"))["findings"]
    assert {f["image"]: f["entry_points"] for f in found} == {
        "nginx:1.23": ["prod", "test"],
        "redis:7": ["prod", "test"],
        "nginx:1.25": ["prod"],
        "httpd:2": [],
    }
    tree = repository.run("scan", "--tree").split("\n\n")
    assert [part.split("  ")[0] for part in tree[:3]] == ["prod", "test", "in no entry point that is known here"]
