"""Which files may name a chart or another artifact in a registry, told by their bytes alone. Pure."""

from __future__ import annotations

import re

SCHEME = b"oci://"
REPOSITORY = b"HelmRepository"
# A `repoURL` of Argo CD that is a registry has no scheme.
_REGISTRY = re.compile(rb"""\brepoURL["']?[ \t]*:[ \t]*["']?(?![\w+.-]+(?:://|@))\w""")
_KINDS = (b"HelmRelease", b"HelmChart")
_GROUPS = (b"toolkit.fluxcd.io/", b"argoproj.io/")


def may_serve(data: bytes) -> bool:
    """Whether a file's bytes may say where an artifact is: a URL."""
    return SCHEME in data or (b"argoproj.io/" in data and b"chart" in data and _REGISTRY.search(data) is not None)


def may_name(data: bytes) -> bool:
    """Whether a file's bytes may name an artifact: by a URL, or as a chart of a repository that stands elsewhere."""
    return may_serve(data) or (REPOSITORY in data and any(kind in data for kind in _KINDS))


def without_addresses(data: bytes, home: bytes) -> bytes:
    """A file's bytes without the addresses that are on a registry, `home`."""
    return (
        re.sub(rb"""(?:\boci://|\brepoURL["']?[ \t]*:[ \t]*["']?)""" + re.escape(home), b"", data)
        if home in data
        else data
    )


def matters(data: bytes) -> bool:
    """Whether a file may say anything of artifacts, or of what is made of the objects that do."""
    return SCHEME in data or any(group in data for group in _GROUPS)
