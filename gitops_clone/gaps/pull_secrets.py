"""Which registries the pull secrets that can be read are for. Pure; nothing of a secret is kept but its registries.

How a registry is told from a key of the docker configuration:
https://kubernetes.io/docs/concepts/containers/images/#config-json
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gitops_clone.controllers.objects import Object, objects

_KEYS = (".dockerconfigjson", ".dockercfg")
_MARKS = tuple(key.encode() for key in _KEYS)
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ANY = "\0"
_HUB = "index.docker.io"
_HUBS = ("docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class PullSecrets:
    """The secrets that can be read, each with its registries, by namespace (None: it is not stated) and name."""

    known: Mapping[tuple[str | None, str], frozenset[str]] = field(default_factory=dict)

    def others(self, namespace: str | None, names: Collection[str], registry: str) -> list[str]:
        """The registries that secrets are for, where all can be read and none is for a registry; else nothing."""
        found = [self._registries(namespace, name) for name in names]
        told = {each for registries in found for each in registries or ()}
        if None in found or any(fits(each, registry) for each in told):
            return []
        return sorted(told) or ["none"] * bool(found)

    def _registries(self, namespace: str | None, name: str) -> frozenset[str] | None:
        here = [
            registries
            for (within, known), registries in self.known.items()
            if known == name and (within is None or namespace in (None, within))
        ]
        return frozenset().union(*here) if here else None


def find(files: Iterable[tuple[str, bytes]]) -> PullSecrets:
    """The pull secrets in files: Secrets, and what External Secrets make of a template; of one name, all of them."""
    known: dict[tuple[str | None, str], frozenset[str]] = {}
    unread: set[tuple[str | None, str]] = set()
    for file, data in files:
        for each in objects(file, data, _MARKS):
            name = each.read("spec", "target", "name") if each.kind == "ExternalSecret" else None
            at = (each.namespace, name or each.name)
            for text in _texts(each):
                registries = _registries(text)
                if registries is None:
                    unread.add(at)
                else:
                    known[at] = known.get(at, frozenset()) | registries
    return PullSecrets({at: registries for at, registries in known.items() if at not in unread})


def fits(key: str, registry: str) -> bool:
    """Whether a key of a docker configuration, or a pattern of `matchImages`, is for images of a registry."""
    host, path = _split(key)
    own, prefix = _split(registry)
    parts, owns = host.split("."), own.split(".")
    return (
        len(parts) == len(owns)
        and all(fnmatchcase(part, pattern) for part, pattern in zip(owns, parts, strict=True))
        and (f"{prefix}/".startswith(path) or path.startswith(f"{prefix}/"))
    )


def _split(text: str) -> tuple[str, str]:
    host, _, path = text.rpartition("://")[2].partition("/")
    path = path.strip("/")
    return _HUB if host in _HUBS else host, "" if path in ("v1", "v2") else path


def _texts(each: Object) -> Iterator[str]:
    """The docker configurations of an object, "" for one that is not text."""
    for key in _KEYS:
        if each.kind == "ExternalSecret":
            found = each.read("spec", "target", "template", "data", key)
        else:
            found = each.read("stringData", key)
        if found is None and (encoded := each.read("data", key)) is not None:
            try:
                found = b64decode("".join(encoded.split()), validate=True).decode()
            except (binascii.Error, ValueError):
                found = ""
        if found is not None:
            yield found


def _registries(text: str) -> frozenset[str] | None:
    """The registries of a docker configuration, whose values templates may compose; None where that cannot be told."""
    try:
        found = json.loads(_ACTION.sub(_ANY, text), strict=False)
    except (ValueError, RecursionError):
        return None
    found = found.get("auths", found) if isinstance(found, dict) else None
    if not isinstance(found, dict) or any(_ANY in key or "$" in key for key in found):
        return None
    return frozenset(found)
