"""Paths as kustomizations write them. Pure."""

from __future__ import annotations

import posixpath
import re

# What kustomize fetches: a URL, `git@host:…`, `host/path//…`, `…?ref=…`, `github.com/…` (api/internal/git/repospec.go).
_REMOTE = re.compile(r"^[\w+.-]+://|^git(?:@|::)|^[\w-]+(?:\.[\w-]+)+/.*(?://|\?)|\?ref=|^github\.com[:/]")


def resolve(folder: str, written: str) -> str | None:
    """A path of a kustomization as a name relative to the root; None where it is remote."""
    if _REMOTE.search(written):
        return None
    name = posixpath.normpath(posixpath.join(folder, written))
    return "" if name == "." else name
