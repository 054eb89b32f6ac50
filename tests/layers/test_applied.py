"""What Flux and Argo CD apply: each way to override, what follows, what is held and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli

BACKUP = "localhost:5001/index_docker_io/library"
DIGEST = "sha256:" + "b2" * 32


def pods(*images: str) -> str:
    containers = "".join(f"  - name: c{number}\n    image: {image}\n" for number, image in enumerate(images))
    return f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n{containers}"


def flux(path: str, spec: str = "", name: str = "apps") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  path: {path}
{spec}"""


def argo(path: str, source: str = "", annotations: str = "") -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: apps
{annotations}spec:
  destination:
    namespace: shop
  source:
    repoURL: https://git.example.com/fleet
    path: {path}
{source}"""


class Tree:
    """A folder of files, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".gitops-clone.toml").write_text("")

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def everything(self) -> dict[str, str]:
        return {str(p.relative_to(self.folder)): p.read_text() for p in self.folder.rglob("*") if p.is_file()}

    def run(self, *arguments: str) -> dict[str, Any]:
        done = CliRunner().invoke(cli, [*arguments, "--format", "json", str(self.folder)])
        assert done.exit_code in (0, 1), done.output
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def rewrite(self) -> dict[str, Any]:
        return self.run("rewrite", "--no-mirror")

    def states(self) -> dict[tuple[str, str], tuple[str, str | None]]:
        """State and reason of each image, by file."""
        found = self.run("scan")["findings"]
        return {(each["file"], each["image"]): (each["state"], each["reason"]) for each in found}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_what_had_to_be_left_is_left_by_the_next_run_too(tree: Tree) -> None:
    """One image of a group is copied for another place, so that the rest of the group could go alone."""
    tree.write(
        {
            "base/kustomization.yaml": "resources: [web.yaml]\nimages:\n- name: quay.io:443/x\n",
            "base/web.yaml": pods("quay.io:443/x:1", "nginx:1", "docker.io/library/nginx", "docker.io/library/nginx:1"),
            "middle/kustomization.yaml": "resources: [../base]\nimages:\n"
            f"- name: docker.io/library/nginx\n  digest: {DIGEST}\n- name: quay.io:443/x\n  newTag: 4-alpine\n",
            "clusters/0.yaml": argo("middle").replace("namespace: shop", "namespace: kube-system"),
            "clusters/1.yaml": flux("base", "  images:\n  - name: docker.io/library/nginx:1\n"),
        }
    )
    tree.rewrite()
    once = tree.everything()
    tree.rewrite()
    assert tree.everything() == once


PATCH = """\
resources: [apps.yaml]
patches:
- target: {kind: Kustomization, name: apps}
  patch: |
"""


@pytest.mark.parametrize(
    "patch",
    [
        "    - op: replace\n      path: /spec/path\n      value: ./other\n",
        "    - op: add\n      path: /spec/images\n      value: [{name: nginx, newTag: '9'}]\n",
        "    apiVersion: kustomize.toolkit.fluxcd.io/v1\n    kind: Kustomization\n    metadata: {name: apps}\n"
        "    spec:\n      images: [{name: nginx, newTag: '9'}]\n",
    ],
    ids=["path", "images", "merge"],
)
def test_an_object_that_a_kustomization_patches_holds_what_it_applies(tree: Tree, patch: str) -> None:
    tree.write(
        {
            "apps/web.yaml": pods("nginx:1"),
            "apps/kustomization.yaml": "resources: [web.yaml]\n",
            "clusters/apps.yaml": flux("./apps", '  images:\n  - name: nginx\n    newTag: "2"\n'),
            "clusters/kustomization.yaml": PATCH + patch,
        }
    )
    before = tree.everything()
    states = tree.states()
    assert {state for state, _ in states.values()} <= {"unresolved", "ignored"}, states
    assert any("clusters/" in (reason or "") for _, reason in states.values()), states
    tree.rewrite()
    assert tree.everything() == before


def test_a_patch_of_what_does_not_matter_holds_nothing(tree: Tree) -> None:
    tree.write(
        {
            "apps/web.yaml": pods("nginx:1"),
            "apps/kustomization.yaml": "resources: [web.yaml]\n",
            "clusters/apps.yaml": flux("./apps", '  images:\n  - name: nginx\n    newTag: "2"\n'),
            "clusters/kustomization.yaml": PATCH + "    - op: add\n      path: /spec/prune\n      value: true\n",
        }
    )
    tree.rewrite()
    assert f"newName: {BACKUP}/nginx" in tree.read("clusters/apps.yaml")


DEFAULTS = """\
    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata: {name: apps}
    spec:
      patches:
      - target: {kind: HelmRelease}
        patch: |
          apiVersion: helm.toolkit.fluxcd.io/v2
          kind: HelmRelease
          metadata: {name: _}
          spec: {upgrade: {remediation: {retries: 2}}}
"""


def test_defaults_that_have_nothing_to_do_with_images_hold_nothing(tree: Tree) -> None:
    tree.write(
        {
            "apps/web.yaml": pods("nginx:1"),
            "apps/kustomization.yaml": "resources: [web.yaml]\n",
            "clusters/apps.yaml": flux("./apps", '  images:\n  - name: nginx\n    newTag: "2"\n'),
            "clusters/kustomization.yaml": PATCH + DEFAULTS,
        }
    )
    tree.rewrite()
    assert f"newName: {BACKUP}/nginx" in tree.read("clusters/apps.yaml")
