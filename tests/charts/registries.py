"""The registries of these tests, and what is asked of them with the real helm."""

from __future__ import annotations

import hashlib
import http.client
import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.parts import wheel
from tests.parts.registry import Registry

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registries(NamedTuple):
    upstream: Registry
    backup: Registry

    @property
    def moved(self) -> str:
        """Where the backup registry has what the upstream has."""
        flat = self.upstream.address.replace(".", "_").replace(":", "_")
        return f"{self.backup.address}/{flat}"


def helm(*words: str) -> None:
    done = subprocess.run([str(wheel.folder() / "helm"), *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def pulled(url: str, version: str, folder: Path) -> str:
    """The checksum of a chart as `helm pull` brings it."""
    folder.mkdir()
    helm("pull", url, f"--version={version}", f"--destination={folder}", "--plain-http")
    (package,) = folder.iterdir()
    return hashlib.sha256(package.read_bytes()).hexdigest()


def pushed(registry: Registry, repository: str, tag: str, kind: str) -> str:
    """The digest of a new artifact with one layer, whose configuration is of some type."""

    def blob(content: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        connection = http.client.HTTPConnection(registry.address, timeout=20)
        connection.request("POST", f"/v2/{repository}/blobs/uploads/")
        opened = connection.getresponse()
        opened.read()
        connection.request("PUT", f"{opened.headers['Location']}&digest={digest}", content)
        assert connection.getresponse().status == 201
        connection.close()
        return {"digest": digest, "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {"mediaType": kind, **blob(b"{}")},
        "layers": [{"mediaType": "application/vnd.cncf.flux.content.v1.tar+gzip", **blob(b"packed manifests")}],
    }
    connection = http.client.HTTPConnection(registry.address, timeout=20)
    connection.request("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest), {"Content-Type": _MANIFEST})
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()
    return answer.headers["Docker-Content-Digest"]
