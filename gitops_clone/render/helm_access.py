"""How the user's helm reaches chart repositories: its log-ins, for just the addresses of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops_clone.documents.plain import NotPlain, NotYaml, plain

_SWITCHES = ("insecure_skip_tls_verify", "pass_credentials_all")


@dataclass(frozen=True, slots=True)
class Access:
    """The files with the user's log-ins, None where there are none, and the hosts that may speak plain HTTP."""

    repositories: Path | None = None
    registries: Path | None = None
    docker: Path | None = None
    insecure: frozenset[str] = frozenset()


def access(environ: Mapping[str, str], *, authfile: str | None, insecure: Iterable[str]) -> Access:
    """Where the user's helm keeps its log-ins (as `helm env` tells); for registries an `authfile` goes before that."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    config = Path(environ.get("HELM_CONFIG_HOME") or Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "helm")
    return Access(
        _existing(environ.get("HELM_REPOSITORY_CONFIG") or config / "repositories.yaml"),
        _existing(authfile or environ.get("HELM_REGISTRY_CONFIG") or config / "registry/config.json"),
        _existing(environ.get("DOCKER_CONFIG") or home / ".docker"),
        frozenset(insecure),
    )


def registries(allowed: Access) -> dict[str, str]:
    """The environment in which helm finds the log-ins of registries."""
    known = {"HELM_REGISTRY_CONFIG": allowed.registries, "DOCKER_CONFIG": allowed.docker}
    return {name: str(path) for name, path in known.items() if path is not None}


def repositories(allowed: Access, home: Path, addresses: Iterable[str]) -> dict[str, str]:
    """The environment in which helm knows the repositories at some addresses, with the user's log-ins for just these.

    They are named `repository-0` and so on, in order; files are written below `home`, which is the user's alone.
    """
    known = _known(allowed)
    listed = [
        {**known.get(address.rstrip("/"), {}), "name": f"repository-{number}", "url": address}
        for number, address in enumerate(addresses)
    ]
    home.chmod(0o700)
    (home / "repositories.yaml").write_text(json.dumps({"apiVersion": "", "repositories": listed}))
    return {"HELM_REPOSITORY_CONFIG": str(home / "repositories.yaml"), "HELM_REPOSITORY_CACHE": str(home / "cache")}


def _known(allowed: Access) -> dict[str, dict[str, object]]:
    """The entries of the user's repositories, by their addresses; a file that is none has none, as for helm."""
    try:
        config = plain(allowed.repositories.read_text()) if allowed.repositories is not None else None
    except (OSError, UnicodeDecodeError, NotYaml, NotPlain):
        return {}
    listed = config.get("repositories") if isinstance(config, dict) else None
    return {
        str(entry["url"]).rstrip("/"): {
            key: value == "true" if key in _SWITCHES else value for key, value in entry.items() if value is not None
        }
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and "url" in entry
    }


def _existing(path: str | Path) -> Path | None:
    return Path(path).absolute() if os.path.exists(path) else None
