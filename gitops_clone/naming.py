"""The naming scheme: upstream to backup and back (docs/design.md). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from gitops_clone.image import MAX_NAME, InvalidReference, Reference, is_registry, parse

_MAX_TAG = 128
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_PORT = r"(?P<host>.+)_(?P<port>[0-9]+)"
_DIGEST_TAG = re.compile(r"sha256_[0-9a-f]{64}|sha384_[0-9a-f]{96}")


class Pin(StrEnum):
    """What is written for a reference; never what is copied."""

    NEVER = "never"
    DIGEST = "digest"
    ALWAYS = "always"


class Unrelocatable(ValueError):
    """A reference that parses, but that the scheme has no name for; the message says why."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Maps between upstream references and the names on one backup registry (`host[:port][/prefix]`)."""

    backup_registry: str

    @property
    def host(self) -> str:
        return self.backup_registry.partition("/")[0]

    @property
    def prefix(self) -> str:
        """The path prefix on the backup registry, with a closing slash, or nothing."""
        path = self.backup_registry.partition("/")[2]
        return f"{path}/" if path else ""

    def backup(self, upstream: Reference) -> Reference:
        """The name under which the copy is pushed: always with a tag, never with a digest.

        Raises `Unrelocatable` where the scheme has no name (IPv6 host, host of capitals, sha512, too long).
        """
        if upstream.registry.startswith("["):
            raise Unrelocatable("an IPv6 registry has no name on the backup registry")
        if upstream.registry != upstream.registry.lower():
            raise Unrelocatable("a registry in capitals, without dot or port, has no name on the backup registry")
        tag = upstream.digest.replace(":", "_") if upstream.digest else upstream.tag or "latest"
        if len(tag) > _MAX_TAG:
            raise Unrelocatable(f"the digest does not fit into a tag of {_MAX_TAG} characters")
        flat = upstream.registry.replace(".", "_").replace(":", "_")
        repository = f"{self.prefix}{flat}/{upstream.repository}"
        if len(f"{self.host}/{repository}") > MAX_NAME:
            raise Unrelocatable(f"the backup name is longer than {MAX_NAME} characters")
        return Reference(self.host, repository, tag)

    def written(self, upstream: Reference, pin: Pin, locked_digest: str | None) -> Reference:
        """What the manifest says after the rewrite. `locked_digest` counts only for `Pin.ALWAYS`."""
        backup = self.backup(upstream)
        digest = upstream.digest or (locked_digest if pin is Pin.ALWAYS else None)
        if pin is Pin.NEVER or digest is None:
            return backup
        return replace(backup, tag=upstream.tag if upstream.digest else backup.tag, digest=digest)

    def holds(self, reference: Reference) -> bool:
        """Whether the reference is on the backup registry's host (a copy of ours, or an own image)."""
        return reference.registry == self.host

    def upstream(self, backup: Reference) -> Reference | None:
        """The upstream of a reference on the backup registry, by undoing the scheme; None for an own image."""
        if not self.holds(backup) or not backup.repository.startswith(self.prefix):
            return None
        flat, _, repository = backup.repository.removeprefix(self.prefix).partition("/")
        registry = _unflatten(flat)
        if registry is None or not repository:
            return None
        tag, digest = backup.tag, backup.digest
        if tag and _DIGEST_TAG.fullmatch(tag):
            digest = tag.replace("_", ":")
            tag = None
        try:
            return parse(str(Reference(registry, repository, tag, digest))).tagged()
        except InvalidReference:
            return None


def _unflatten(flat: str) -> str | None:
    """The registry host behind a first path element; None where it cannot have been one."""
    dotted = flat.replace("_", ".")
    if not re.fullmatch(_IPV4, dotted) and (match := re.fullmatch(_PORT, flat)):
        dotted = f"{match['host'].replace('_', '.')}:{match['port']}"
    if not is_registry(dotted):
        return None
    return dotted if "." in dotted or ":" in dotted or dotted == "localhost" else None
