"""A user's container configuration: where public registries really are, and log-ins."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from tests.parts.registry import PASSWORD, USER

PUBLIC = ("docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "gcr.io", "public.ecr.aws", "mcr.microsoft.com")
# What of the developer's own configuration must not reach a test.
_OF_THE_DEVELOPER = ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE")


def environment(base: Mapping[str, str], home: Path) -> dict[str, str]:
    """`base` with HOME set to `home`, and without what points to another container configuration."""
    return {name: value for name, value in base.items() if name not in _OF_THE_DEVELOPER} | {"HOME": str(home)}


def redirect(home: Path, locations: Mapping[str, str]) -> None:
    """Write registries.conf so that skopeo asks, for each registry host, the loopback address given for it instead."""
    file = home / ".config/containers/registries.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    entry = '[[registry]]\nprefix = "{}"\nlocation = "{}"\ninsecure = true\n'
    file.write_text("\n".join(entry.format(host, address) for host, address in locations.items()))


def log_in(folder: Path, *registries: str, user: str = USER, password: str = PASSWORD) -> Path:
    """Write a docker `config.json` below `folder` that holds a log-in for each registry host; returns the file."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.json"
    file.write_text(json.dumps({"auths": {registry: {"auth": auth} for registry in registries}}))
    return file
