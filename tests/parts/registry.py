"""A real container registry (Debian's docker-registry) on a loopback port."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.parts.tools import tool

# Reaches this machine as 127.0.0.1 does, but nobody takes it for loopback: a registry there needs TLS.
NOT_LOOPBACK = "0.0.0.0"
USER, PASSWORD = "robot", "pass-of-the-robot"
# bcrypt of PASSWORD; the registry takes no other kind of hash.
_HTPASSWD = f"{USER}:$2b$05$QRSTUVWXYZabcdefghijkebgZTMcGP4p2FqjcAl3w2pRQiddkkpKO\n"

MANIFEST_TYPES = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)


@dataclass
class Registry:
    """A registry at `address` (host:port), its data below `folder`. `ca`: it speaks TLS; `auth`: it wants a log-in."""

    folder: Path
    address: str
    ca: Path | None = None
    auth: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start serving, or start again after `stop` with the same address and data."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [tool("docker-registry"), "serve", str(self.folder / "config.yml")], stdout=log, stderr=log
        )
        log.close()
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"docker-registry does not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def digest(self, repository: str, reference: str) -> str | None:
        """The digest that the registry serves under a tag or digest; None if there is nothing."""
        status, headers, _ = self.request("HEAD", f"/v2/{repository}/manifests/{reference}")
        return headers["docker-content-digest"] if status == 200 else None

    def manifest(self, repository: str, reference: str) -> dict[str, object]:
        """The manifest under a tag or digest, as JSON."""
        _, _, body = self.request("GET", f"/v2/{repository}/manifests/{reference}")
        manifest: dict[str, object] = json.loads(body)
        return manifest

    def catalogue(self) -> dict[str, list[str]]:
        """All repositories with their tags, sorted."""
        _, _, body = self.request("GET", "/v2/_catalog?n=1000")
        tags = {}
        for name in json.loads(body)["repositories"]:
            status, _, listed = self.request("GET", f"/v2/{name}/tags/list")
            tags[name] = sorted(json.loads(listed)["tags"] or []) if status == 200 else []
        return tags

    def delete(self, repository: str, reference: str) -> None:
        """Delete the manifest behind a tag or digest, as a publisher does."""
        digest = self.digest(repository, reference)
        status, _, _ = self.request("DELETE", f"/v2/{repository}/manifests/{digest}")
        assert status == 202, status

    def request(self, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        """Ask the registry, logged in, accepting all manifest types: status, headers (lower-case names), body."""
        connection = self._connect()
        headers = {"Accept": MANIFEST_TYPES}
        if self.auth:
            headers["Authorization"] = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, body
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if self.ca is None:
            return http.client.HTTPConnection(self.address, timeout=20)
        return http.client.HTTPSConnection(
            self.address, timeout=20, context=ssl.create_default_context(cafile=str(self.ca))
        )

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/v2/")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def start(folder: Path, *, tls: bool = False, auth: bool = False, host: str = "127.0.0.1") -> Registry:
    """Start a registry with its data below `folder`, on loopback, with `host` in its address.

    `tls`: with a certificate for `host` from a CA of its own. `auth`: it wants the log-in of USER.
    """
    folder.mkdir(parents=True, exist_ok=True)
    registry = Registry(folder, f"{host}:{free_port()}", make_certificate(folder, host) if tls else None, auth)
    (folder / "config.yml").write_text(json.dumps(_configuration(registry)))
    (folder / "htpasswd").write_text(_HTPASSWD)
    registry.start()
    return registry


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _configuration(registry: Registry) -> dict[str, object]:
    folder, port = registry.folder, registry.address.rpartition(":")[2]
    server: dict[str, object] = {"addr": f"127.0.0.1:{port}", "relativeurls": True, "secret": "of-a-test"}
    if registry.ca:
        server["tls"] = {"certificate": str(folder / "server.crt"), "key": str(folder / "server.key")}
    configuration: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": server,
    }
    if registry.auth:
        configuration["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    return configuration


def make_certificate(folder: Path, host: str) -> Path:
    """A private CA and a server certificate for `host`; returns the CA's certificate."""
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    (folder / "names").write_text(f"subjectAltName={kind}:{host}\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca = ["-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test CA"]
    request = [*new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}"]
    sign = ["-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
    for command in (
        ["req", *ca],
        ["req", *request],
        ["x509", *sign, "-out", "server.crt", "-days", "2", "-extfile", "names"],
    ):
        subprocess.run([tool("openssl"), *command], cwd=folder, check=True, capture_output=True)
    return folder / "ca.crt"
