"""A changed `pin` makes of entries what a fresh run with it would have written; nothing else about them changes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import yaml

from gitops_clone.naming import Pin
from tests.layers import trees
from tests.layers.test_kustomize import DIGEST, HUB, Repository, deployment, overlays
from tests.parts import kustomize

_LOCK = ".gitops-clone.lock"


def locked(upstream: str) -> str:
    """The digest that the tests' lock file has for an upstream."""
    return f"sha256:{hashlib.sha256(upstream.encode()).hexdigest()}"


class Pinned(Repository):
    """A repository whose images are all copied, under made-up digests."""

    def __init__(self, root: Path, files: trees.Files) -> None:
        super().__init__(root, files)
        self.run("rewrite", "--no-mirror")
        lines = (root / _LOCK).read_text().splitlines(keepends=True)
        self.lock = "".join(map(_with_digest, lines[: lines.index("changes:\n")] if "changes:\n" in lines else lines))
        self.run("restore")
        self.fresh = {pin: self._fresh(pin) for pin in Pin}

    def pinned(self, pin: Pin) -> dict[str, str]:
        """The files after a run with this pin."""
        (self.root / ".gitops-clone.toml").write_text(f'pin = "{pin}"\n')
        self.run("rewrite", "--no-mirror")
        return {name: self.text(name) for name in self.files}

    def _fresh(self, pin: Pin) -> dict[str, str]:
        (self.root / _LOCK).write_text(self.lock)
        found = self.pinned(pin)
        self.restored()
        return found

    def hold(self) -> None:
        """Each change of the pin gives what a fresh run gives, a second run changes nothing, restore is exact."""
        (self.root / _LOCK).write_text(self.lock)
        for pin in (*_CHANGES, Pin.NEVER):
            assert self.pinned(pin) == self.fresh[pin], pin
        assert self.pinned(pin) == self.fresh[pin], f"{pin}, again"
        self.restored()


_CHANGES = (Pin.NEVER, Pin.DIGEST, Pin.ALWAYS, Pin.NEVER, Pin.ALWAYS, Pin.DIGEST)  # and to never: each into the others


def _with_digest(line: str) -> str:
    match = re.match(r' +"?([^" ]+?)"?: \{', line)
    return line.replace('"digest": null', f'"digest": "{locked(match[1])}"') if match else line


def images(root: Path, point: str) -> list[str]:
    built = yaml.safe_load(kustomize.build(root / point))
    return [container["image"] for container in built["spec"]["template"]["spec"]["containers"]]


PROD = "prod/kustomization.yaml"
NEW_TAG = 'images:\n- name: nginx # web\n  newTag: "1.25"\n'
DIGESTS = f"images:\n- name: nginx\n  digest: {DIGEST} # kept\n"
FLOW = f'images: [{{name: nginx, newTag: "1"}}, {{"name": "redis", "newName": "quay.io/a/b", "digest": "{DIGEST}"}}]\n'
OTHER_NAME = "images:\n- name: nginx\n  newName: quay.io/a/nginx\n"
TREES = {
    "tag": overlays(deployment("nginx:1.23"), prod=NEW_TAG),
    "digest": overlays(deployment("nginx:1.23"), prod=DIGESTS),
    "flow": overlays(deployment("nginx:1.23", "redis:7"), prod=FLOW),
    "two": overlays(deployment("nginx:1.23", f"redis@{DIGEST}"), prod=NEW_TAG, stage=""),
    "spellings": overlays(deployment("nginx:1", "docker.io/library/nginx:1"), prod=NEW_TAG),
    "tags": overlays(deployment("nginx:1", "nginx:2"), prod=OTHER_NAME),
    "below": overlays(deployment(f"nginx@{DIGEST}"), prod=OTHER_NAME, stage=""),
    "flux": {
        **overlays(deployment("nginx:1.23", "redis:7"), prod=""),
        "flux.yaml": (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec:\n"
            "  path: flux/prod\n  sourceRef: {kind: GitRepository, name: here}\n"
            f"  images:\n  - name: nginx\n    newTag: '1.25' # web\n  - name: redis\n    digest: {DIGEST}\n"
        ),
    },
    "argo": {
        **overlays(deployment("nginx:1.23", "redis:7"), prod=""),
        "argo.yaml": (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec:\n  source:\n"
            "    repoURL: https://example.com/here.git\n    path: argo/prod\n"
            f"    kustomize:\n      images:\n      - nginx:1.25\n      - redis=quay.io/a/b@{DIGEST}\n"
        ),
    },
}


def test_entries_follow_a_changed_pin(tmp_path: Path) -> None:
    """In kustomizations, Kustomizations of Flux and Applications of Argo CD; of the last, digests alone."""
    files = {f"{tree}/{name}": text for tree, found in TREES.items() for name, text in found.items()}
    repository = Pinned(tmp_path, files)
    nginx = locked("index.docker.io/library/nginx:1.25")
    always = repository.fresh[Pin.ALWAYS]
    entry = f'images:\n- name: nginx # web\n  newName: {HUB}/nginx\n  newTag: "1.25"\n'
    assert always[f"tag/{PROD}"] == f"resources:\n- ../base\n{entry}  digest: {nginx}\n"
    assert f"newTag: '1.25' # web\n    newName: {HUB}/nginx\n    digest: {nginx}\n" in always["flux/flux.yaml"]
    assert f"redis=localhost:5001/quay_io/a/b@{DIGEST}" in always["argo/argo.yaml"]
    repository.hold()
    repository.pinned(Pin.ALWAYS)
    assert images(tmp_path, "tag/prod") == [f"{HUB}/nginx:1.25@{nginx}"]
    assert images(tmp_path, "tags/prod") == ["localhost:5001/quay_io/a/nginx:1", "localhost:5001/quay_io/a/nginx:2"]
    assert images(tmp_path, "below/prod") == [f"localhost:5001/quay_io/a/nginx@{DIGEST}"]


def test_an_entry_follows_another_locked_digest(tmp_path: Path) -> None:
    repository = Pinned(tmp_path, TREES["tag"])
    (tmp_path / _LOCK).write_text(repository.lock)
    repository.pinned(Pin.ALWAYS)
    old, new = locked("index.docker.io/library/nginx:1.25"), locked("moved")
    lock = (tmp_path / _LOCK).read_text()
    (tmp_path / _LOCK).write_text(lock.replace(f'"digest": "{old}"', f'"digest": "{new}"'))
    repository.pinned(Pin.ALWAYS)
    assert f"digest: {new}\n" in repository.text(PROD)
    assert old not in repository.text(PROD)
    repository.restored()


def test_an_added_entry_is_added_anew(tmp_path: Path) -> None:
    """What is rendered is what a fresh run gives, also where that would have edited another place."""
    both = f"images:\n- name: nginx\n  newTag: '2'\n  digest: {DIGEST}\n"
    repository = Pinned(tmp_path, overlays(deployment("nginx:1"), prod=both))
    (tmp_path / _LOCK).write_text(repository.lock)
    tagged, pinned = f"{HUB}/nginx:{DIGEST.replace(':', '_')}", f"{HUB}/nginx:2@{DIGEST}"
    for pin, image in ((Pin.NEVER, tagged), (Pin.DIGEST, pinned), (Pin.ALWAYS, pinned), (Pin.NEVER, tagged)):
        once = repository.pinned(pin)
        assert images(tmp_path, "prod") == [image]
        assert repository.pinned(pin) == once
    assert once == repository.fresh[Pin.NEVER]
    repository.restored()
