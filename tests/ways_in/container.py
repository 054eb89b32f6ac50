"""The container image, built and run without Docker and without a registry for its base: `make test-container`.

Slow, so its name keeps it out of the other tests. Needs root, debootstrap and buildah (Debian packages).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e.checkout import deployment
from tests.parts import containers, images
from tests.parts.registry import Registry
from tests.parts.tools import tool

SOURCE = Path(__file__).parents[2]
CACHE = Path.home() / ".cache/gitops-clone-tests"
MIRROR = "http://deb.debian.org/debian"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
HOST_CERTIFICATES = "/etc/ssl/of-the-host.crt"
EPOCH = "1700000000"

Buildah = Callable[..., str]


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """Call it with buildah's arguments; it keeps all it makes in a folder of its own."""
    folder = tmp_path_factory.mktemp("buildah")
    environment = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
    program = [tool("buildah"), "--root", str(folder / "root"), "--runroot", str(folder / "run")]

    def run(*arguments: str) -> str:
        done = subprocess.run([*program, *arguments], env=environment, cwd=SOURCE, capture_output=True, text=True)
        assert done.returncode == 0, f"buildah {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout.strip()

    yield run
    run("rm", "--all")
    shutil.rmtree(folder / "root")


@pytest.fixture(scope="module")
def image(buildah: Buildah) -> str:
    """The image, built on a base that is made here; it gets this machine's certificates, for builds behind a proxy."""
    base = buildah("from", "scratch")
    buildah("add", "--quiet", base, str(_debian()), "/")
    buildah("copy", "--quiet", base, str(CERTIFICATES), HOST_CERTIFICATES)
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and "LINKS" not in name}
    for name, value in {**settings, "PIP_CERT": HOST_CERTIFICATES}.items():
        buildah("config", "--env", f"{name}={value}", base)
    buildah("commit", "--quiet", "--rm", base, "localhost/base:bookworm")
    given = {"BASE": "localhost/base:bookworm", "VERSION": "1.2.3", "REVISION": "abc123", "SOURCE_DATE_EPOCH": EPOCH}
    arguments = [f"--build-arg={name}={value}" for name, value in given.items()]
    buildah(
        "build", "--quiet", "--pull-never", "--timestamp", EPOCH, *arguments, "--tag", "localhost/gitops-clone", "."
    )
    return "localhost/gitops-clone"


@pytest.fixture
def run(buildah: Buildah, image: str) -> Iterator[Buildah]:
    """Call it with buildah's options and a command line, to be run in a container as the image's own user."""
    container = buildah("from", "--pull-never", image)
    yield lambda *arguments: buildah("run", *arguments[:-1], container, "--", "sh", "-c", arguments[-1])
    buildah("rm", container)


def _debian() -> Path:
    """A minimal Debian, made once on this machine."""
    folder = CACHE / "bookworm"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as unfinished:
            made = Path(unfinished) / "root"
            subprocess.run([tool("debootstrap"), "--variant=minbase", "bookworm", str(made), MIRROR], check=True)
            made.rename(folder)
    return folder


def test_labels_user_and_entry_point(buildah: Buildah, image: str) -> None:
    """What `docker inspect` shows: the labels of the OCI image specification, and a numeric user that is not root."""
    form = '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{index .OCIv1.Config.Labels "%s"}}'
    told = {
        key: buildah("inspect", "--type", "image", "--format", form % f"org.opencontainers.image.{key}", image)
        for key in ("title", "version", "revision", "licenses")
    }
    assert told == {
        "title": "1000:1000 [gitops-clone] gitops-clone",
        "version": "1000:1000 [gitops-clone] 1.2.3",
        "revision": "1000:1000 [gitops-clone] abc123",
        "licenses": "1000:1000 [gitops-clone] Apache-2.0",
    }


def test_all_that_it_starts_is_there_and_nothing_that_built_it(run: Buildah) -> None:
    """It has the forges' libraries, skopeo and git; no pip, no package lists."""
    assert run("id -u") == "1000"
    assert run("gitops-clone --version").startswith("gitops-clone, version ")
    assert run("python3 -I -c 1; /opt/gitops-clone/bin/python -c 'import github, gitlab' && echo fine") == "fine"
    assert run("skopeo --version && git --version").startswith("skopeo version 1.")
    assert run("ls /opt/gitops-clone/bin | grep -c pip || true") == "0"
    assert run("ls /var/lib/apt/lists /var/cache/apt/archives | grep -c 'deb$\\|_Packages' || true") == "0"


def test_it_rewrites_a_mounted_repository_of_another_user(
    run: Buildah, tmp_path: Path, upstream: Registry, backup: Registry
) -> None:
    """Images are copied between real registries, and the mounted files rewritten."""
    images.push(images.make("in-container"), upstream, "library/in-container:1")
    containers.redirect(tmp_path, {"docker.io": upstream.address})
    folder = tmp_path / "gitops"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("in-container:1"))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    for path in (folder, folder / "web.yaml"):
        path.chmod(0o777)
    mounts = [f"--volume={folder}:/repository", f"--volume={tmp_path}/.config:/home/gitops/.config:ro"]
    run(*mounts, f"cd /repository && gitops-clone rewrite --backup-registry {backup.address}")
    name = "index_docker_io/library/in-container"
    assert (folder / "web.yaml").read_text() == deployment(f"{backup.address}/{name}:1")
    assert backup.catalogue() == {name: ["1"]}
    assert ".gitops-clone.lock" in os.listdir(folder)
