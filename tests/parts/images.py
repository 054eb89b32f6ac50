"""Tiny container images, distinct by seed, written as an OCI layout and pushed with skopeo."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.parts.registry import PASSWORD, USER, Registry
from tests.parts.tools import tool

BOTH = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True)
class Image:
    """`digest` is what a registry serves for it, `platforms` each platform's, `blobs` are all its parts."""

    digest: str
    media_type: str
    platforms: dict[str, str]
    blobs: dict[str, bytes] = field(repr=False)


def make(seed: str, platforms: tuple[str, ...] = BOTH, *, docker: bool = False, size: int = 100) -> Image:
    """An image with one layer a platform, of at least `size` incompressible bytes.

    One platform gives a manifest, more give an index; `docker` writes Docker's media types instead of OCI's.
    """
    blobs: dict[str, bytes] = {}
    types = _DOCKER if docker else _OCI
    entries = [_platform_manifest(f"{seed} {platform}", platform, types, blobs, size) for platform in platforms]
    digests = {platform: str(entry["digest"]) for platform, entry in zip(platforms, entries, strict=True)}
    if len(platforms) == 1:
        return Image(str(entries[0]["digest"]), types["manifest"], digests, blobs)
    for platform, entry in zip(platforms, entries, strict=True):
        entry["platform"] = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    index = {"schemaVersion": 2, "mediaType": types["index"], "manifests": entries}
    return Image(str(_add(index, types["index"], blobs)["digest"]), types["index"], digests, blobs)


def push(image: Image, registry: Registry, name: str) -> str:
    """Push to `registry` under `name` (repository:tag) with all platforms; returns the digest."""
    with tempfile.TemporaryDirectory() as folder:
        write_layout(image, Path(folder))
        copy = [tool("skopeo"), "copy", "--quiet", "--all", "--preserve-digests", f"oci:{folder}"]
        if registry.auth:
            copy.append(f"--dest-creds={USER}:{PASSWORD}")
        environment = os.environ | ({"SSL_CERT_FILE": str(registry.ca)} if registry.ca else {})
        copy += [f"--dest-tls-verify={str(registry.ca is not None).lower()}", f"docker://{registry.address}/{name}"]
        done = subprocess.run(copy, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
    return image.digest


def write_layout(image: Image, folder: Path) -> None:
    """Write an OCI image layout (image-spec, image-layout.md) that holds only `image`."""
    (folder / "blobs/sha256").mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    entry = _descriptor(image.blobs[image.digest], image.media_type)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    for digest, blob in image.blobs.items():
        (folder / "blobs/sha256" / digest.removeprefix("sha256:")).write_bytes(blob)


_OCI = {
    "index": "application/vnd.oci.image.index.v1+json",
    "manifest": "application/vnd.oci.image.manifest.v1+json",
    "config": "application/vnd.oci.image.config.v1+json",
    "layer": "application/vnd.oci.image.layer.v1.tar+gzip",
}
_DOCKER = {
    "index": "application/vnd.docker.distribution.manifest.list.v2+json",
    "manifest": "application/vnd.docker.distribution.manifest.v2+json",
    "config": "application/vnd.docker.container.image.v1+json",
    "layer": "application/vnd.docker.image.rootfs.diff.tar.gzip",
}


def _platform_manifest(
    content: str, platform: str, types: dict[str, str], blobs: dict[str, bytes], size: int
) -> dict[str, object]:
    layer, diff_id = _layer(content, size)
    os_name, architecture, *variant = platform.split("/")
    config = {
        "os": os_name,
        "architecture": architecture,
        "config": {"Cmd": ["/content"]},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": "a test"}],
    }
    if variant:
        config["variant"] = variant[0]
    manifest = {
        "schemaVersion": 2,
        "mediaType": types["manifest"],
        "config": _add(config, types["config"], blobs),
        "layers": [_add(layer, types["layer"], blobs)],
    }
    return _add(manifest, types["manifest"], blobs)


def _layer(content: str, size: int) -> tuple[bytes, str]:
    """A tar.gz with one file, and the digest of the tar."""
    noise = hashlib.shake_256(content.encode()).digest(size)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("content")
        entry.size = len(noise)
        tar.addfile(entry, io.BytesIO(noise))
    return gzip.compress(archive.getvalue(), mtime=0), _sha256(archive.getvalue())


def _add(content: object, media_type: str, blobs: dict[str, bytes]) -> dict[str, object]:
    blob = content if isinstance(content, bytes) else json.dumps(content).encode()
    blobs[_sha256(blob)] = blob
    return _descriptor(blob, media_type)


def _descriptor(blob: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _sha256(blob), "size": len(blob)}


def _sha256(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
