"""What digest a registry serves under a reference.

The backup registry is asked by an anonymous HEAD on a kept connection, about 1 ms on loopback. What that cannot settle
(log-ins, certificates, mirrors) is asked through skopeo, 20 ms and more, and so is every upstream registry.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import threading
from typing import Any

from gitops_clone.image import Reference
from gitops_clone.mirror.model import Absent, MirrorSettings, Present
from gitops_clone.mirror.problem import Kind, Problem
from gitops_clone.mirror.skopeo import Skopeo, is_loopback, registry_host

# Without the type of what is stored, a registry answers 404 or another digest (distribution-spec, "Pulling manifests").
MANIFEST_TYPES = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEAD_TIMEOUT = 10.0
# What a registry serves under a reference, or why that is not known.
Served = Present | Absent | Problem
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class BackupRegistry:
    """The backup registry as this machine reaches it. Safe to use from several threads.

    Once nobody answers at its address, every further look-up says so at once.
    """

    def __init__(self, settings: MirrorSettings, skopeo: Skopeo) -> None:
        self._settings = settings
        self._skopeo = skopeo
        self._host = (settings.push_registry or settings.backup_registry).partition("/")[0]
        self._loopback = is_loopback(self._host)
        self._heads = _Heads(self._host, tls=not self._loopback)
        # http.client knows no proxies, and nobody reaches loopback through one.
        self._ask_anonymously = self._loopback or not any(os.environ.get(name) for name in _PROXY_VARIABLES)
        self._outage: Problem | None = None

    def look_up(self, backup: Reference, deadline: float) -> Served:
        """What the registry serves under `backup`, the name that the cluster uses."""
        if self._outage:
            return self._outage
        reference = self._settings.reachable(backup)
        found = self._head(reference) if self._ask_anonymously else None
        if found is None:
            found = _served(self._skopeo.manifest(reference, deadline, backup=True), f"backup registry {self._host}")
        if isinstance(found, Problem) and found.kind is Kind.UNREACHABLE:
            # No other try, neither for this image nor for hundreds of others.
            found = self._outage = Problem(Kind.FINAL, found.reason)
        return found

    def close(self) -> None:
        """Drop the connections; whoever waits on one stops waiting."""
        self._heads.close()

    def _head(self, reference: Reference) -> Served | None:
        """The registry's answer to an anonymous HEAD; None where skopeo must be asked."""
        try:
            response = self._heads.ask(reference)
        except ConnectionRefusedError:
            # Elsewhere than on loopback, the user's registries.conf may know another address.
            reason = f"backup registry {self._host} cannot be reached: connection refused"
            return Problem(Kind.UNREACHABLE, reason) if self._loopback else None
        except (OSError, http.client.HTTPException):
            self._ask_anonymously = False  # Certificates, plain HTTP, a fault: skopeo knows what to say.
            return None
        digest = response.headers.get("Docker-Content-Digest", "")
        if response.status == 200 and _DIGEST.fullmatch(digest):
            return Present(digest)
        if response.status == 404 and self._loopback and _speaks_registry(response):
            return Absent(f"not found on backup registry {self._host}")
        if response.status in (401, 403):
            self._ask_anonymously = False  # It wants a log-in for this one, and will for the others.
        return None


def look_up_upstream(skopeo: Skopeo, upstream: Reference, deadline: float, platform: str | None = None) -> Served:
    """What an upstream registry serves; with `platform`, the digest that a copy of that platform alone would have."""
    manifest = skopeo.manifest(upstream, deadline)
    return _served(manifest, registry_host(upstream), None if upstream.digest else platform)


def _served(manifest: bytes | Problem, where: str, platform: str | None = None) -> Served:
    if isinstance(manifest, Problem):
        return Absent(manifest.reason) if manifest.kind is Kind.MISSING else manifest
    try:
        content = json.loads(manifest)
    except ValueError:
        content = None
    if not isinstance(content, dict) or "schemaVersion" not in content:
        return Problem(Kind.FINAL, f"{where} is not a container registry")
    if platform and "manifests" in content:
        return _platform_digest(content, platform)
    return Present(f"sha256:{hashlib.sha256(manifest).hexdigest()}")


def _platform_digest(index: dict[str, Any], platform: str) -> Present | Absent:
    wanted = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    for entry in index["manifests"]:
        offered = entry.get("platform") or {}
        if all(offered.get(key) == value for key, value in wanted.items()) and _DIGEST.fullmatch(entry["digest"]):
            return Present(entry["digest"])
    return Absent(f"no image for the platform {platform}")


class _Heads:
    """Sends HEAD requests for manifests, on connections that are kept and shared."""

    def __init__(self, host: str, *, tls: bool) -> None:
        self._host = host
        self._context = ssl.create_default_context() if tls else None
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def ask(self, reference: Reference) -> http.client.HTTPResponse:
        """The answer, its body read. Raises `OSError` or `HTTPException` where there is none."""
        path = f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag}"
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._send(kept, path)
            except (ConnectionError, http.client.RemoteDisconnected):
                pass  # The server had closed it while it was idle.
        return self._send(self._new_connection(), path)

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            for connection in self._busy:
                if connection.sock is not None:
                    with contextlib.suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)

    def _new_connection(self) -> http.client.HTTPConnection:
        if self._context:
            return http.client.HTTPSConnection(self._host, timeout=_HEAD_TIMEOUT, context=self._context)
        return http.client.HTTPConnection(self._host, timeout=_HEAD_TIMEOUT)

    def _send(self, connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
        with self._lock:
            self._busy.add(connection)
        try:
            connection.request("HEAD", path, headers={"Accept": MANIFEST_TYPES})
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        finally:
            with self._lock:
                self._busy.discard(connection)
        with self._lock:
            self._idle.append(connection)
        return response


def _speaks_registry(response: http.client.HTTPResponse) -> bool:
    """Whether a 404 comes from a registry, not from whatever else listens there."""
    kind = response.headers.get("Content-Type", "")
    return "json" in kind or "Docker-Distribution-Api-Version" in response.headers
