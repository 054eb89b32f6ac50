"""The demo: `gitops-clone rewrite` on a copy of fixtures/shop, between two registries on loopback.

The upstream registry stands in for Docker Hub, ghcr.io, quay.io and registry.k8s.io: skopeo is sent to it by a
registries.conf in a HOME of the demo's own. Its images are made on the fly. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.parts import containers, images, registry
from tests.parts.registry import Registry

CHECKOUT = Path(__file__).resolve().parent.parent
SAMPLE = CHECKOUT / "fixtures/shop"
PREFERRED_PORT = 5001

# What the sample references, as the stand-in names it. bitnami/mongodb is left out: it has vanished.
UPSTREAM_IMAGES = (
    "library/busybox:1.36",
    "library/nginx:1.27-alpine",
    "library/postgres:16.4",
    "library/python:3.12-slim",
    "library/redis:7.4-alpine",
    "grafana/grafana:11.3.0",
    "acme-shop/cart:1.9.0",
    "acme-shop/orders:1.18.0",
    "acme-shop/search-model:2024-11",
    "acme-shop/storefront:2.4.1",
    "oauth2-proxy/oauth2-proxy:v7.7.1",
    "prometheus/node-exporter:v1.8.2",
    "prometheus/prometheus:v2.55.0",
    "dns/k8s-dns-node-cache:1.23.1",
    "pause:3.10",
)


@dataclass(frozen=True)
class Stage:
    """Where the demo plays, in which environment, and the seconds to wait after each scene."""

    repository: Path
    environment: Mapping[str, str]
    pause: float

    def say(self, text: str) -> None:
        print(f"\n{_styled('36', f'# {text}')}", flush=True)

    def run(self, *command: str, expect: int = 0) -> None:
        """Show a command, run it, and end the demo if its exit code is not the one that the story needs."""
        print(f"{_styled('1', f'$ {shlex.join(command)}')}", flush=True)
        done = subprocess.run(command, cwd=self.repository, env=self.environment)
        if done.returncode != expect:
            sys.exit(f"demo: exit code {done.returncode}, expected {expect}")
        if expect:
            print(_styled("2", f"(exit code {expect})"), flush=True)
        time.sleep(self.pause)


def main() -> None:
    """Set the stage, play, and take everything down but the repository."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".demo", help="where to play; emptied first")
    parser.add_argument("--pause", type=float, default=0, help="seconds after each command, for the recording")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with serving_upstream(folder / "upstream") as upstream, serving_backup(folder / "registry") as backup:
        environment = make_environment(folder / "home", upstream)
        digests = {name: images.push(images.make(name), upstream, name) for name in UPSTREAM_IMAGES}
        repository = make_repository(folder / "shop", environment, digests["library/postgres:16.4"])
        play(Stage(repository, environment, options.pause), backup)
    for part in ("upstream", "registry", "home"):
        shutil.rmtree(folder / part)
    print(f"\nThe registries are stopped. The repository is still there: cd {os.path.relpath(repository)}; git diff")


def play(stage: Stage, backup: Registry) -> None:
    """The scenes, in order."""
    flag = () if backup.address == f"localhost:{PREFERRED_PORT}" else ("--backup-registry", backup.address)
    stage.say(
        "Copy every image that the repository references, and rewrite the references. One of them is gone already."
    )
    stage.run("gitops-clone", "rewrite", *flag, expect=3)
    stage.run("git", "--no-pager", "diff", "-U1", "--ignore-cr-at-eol")
    stage.say("The lock file: which upstream is backed up where, under which digest.")
    stage.run("cat", ".gitops-clone.lock")
    stage.say(f"The backup registry, {backup.address}, holds all platforms of them:")
    show_catalogue(backup)
    time.sleep(stage.pause)
    stage.say("Again, over a part of it: nothing to copy, nothing to change.")
    stage.run("gitops-clone", "rewrite", "infrastructure", *flag)
    stage.say("In CI, without network: which references are not backed up?")
    stage.run("gitops-clone", "check", *flag, expect=1)
    stage.say("All that has changed:")
    stage.run("git", "--no-pager", "diff", "--stat")


def show_catalogue(backup: Registry) -> None:
    catalogue = backup.catalogue()
    width = max(map(len, catalogue), default=0)
    for repository, tags in catalogue.items():
        for tag in tags:
            manifests = backup.manifest(repository, tag)["manifests"]
            assert isinstance(manifests, list)
            platforms = (f"{entry['platform']['os']}/{entry['platform']['architecture']}" for entry in manifests)
            shown = tag if len(tag) <= 20 else f"{tag[:19]}…"
            print(f"  {repository:{width}}  {shown:20}  {' '.join(platforms)}", flush=True)


@contextmanager
def serving_upstream(folder: Path) -> Iterator[Registry]:
    upstream = registry.start(folder)
    try:
        yield upstream
    finally:
        upstream.stop()


@contextmanager
def serving_backup(folder: Path) -> Iterator[Registry]:
    """The registry of `make registry`, on localhost:5001 if that is free."""
    port = PREFERRED_PORT if _is_free(PREFERRED_PORT) else registry.free_port()
    script = str(CHECKOUT / "scripts/registry")
    subprocess.run([script, "start", str(folder), str(port)], check=True, stdout=subprocess.DEVNULL)
    try:
        yield Registry(folder, f"localhost:{port}")
    finally:
        subprocess.run([script, "stop", str(folder), str(port)], check=True, stdout=subprocess.DEVNULL)


def make_environment(home: Path, upstream: Registry) -> dict[str, str]:
    containers.redirect(home, dict.fromkeys(containers.PUBLIC, upstream.address))
    git = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _IDENTITY.items()}
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GITOPS_CLONE_", "GIT_"))}
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # our gitops-clone
    return containers.environment(own, home) | git | path


_IDENTITY = {"NAME": "demo", "EMAIL": "demo@localhost"}


def make_repository(folder: Path, environment: Mapping[str, str], postgres: str) -> Path:
    """A git repository with the sample, whose one digest is that of the image that was made for it."""
    shutil.copytree(SAMPLE, folder)
    pinned = folder / "apps/catalog/postgres.yaml"
    pinned.write_text(re.sub(r"sha256:[0-9a-f]{64}", postgres, pinned.read_text()))
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "The shop as it is"]):
        _git(folder, environment, command)
    return folder


def _git(folder: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> None:
    subprocess.run(("git", *arguments), cwd=folder, env=environment, check=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _styled(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if sys.stdout.isatty() else text


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
