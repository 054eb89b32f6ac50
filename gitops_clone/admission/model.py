"""What admission policies say of images: which patterns they have, and what they do with an image that fits one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Effect(StrEnum):
    """What a policy does with its patterns."""

    ALLOWS = "allows only"
    """An image that fits none is refused."""
    REFUSES = "refuses"
    """An image that fits one is refused."""
    VERIFIES = "verifies"
    """An image that fits one needs a signature."""
    EXEMPTS = "exempts"
    """An image that fits one is spared by another rule."""
    READS = "reads"
    """Code that looks at images; only running it tells what it does."""


class Language(StrEnum):
    """How the patterns of a policy are read."""

    WILDCARD = "wildcard"
    """Kyverno's: `*` and `?` stand for anything, slashes too."""
    EXPRESSION = "expression"
    """The same in the patterns of Kyverno's validation rules, with `|`, `&` and a leading `!`."""
    PREFIX = "prefix"
    """Gatekeeper's library: what the image as written begins with."""
    SIGSTORE = "sigstore"
    """The policy controller's globs: `*` stops at a slash, `**` does not; names are normalised."""
    HOST = "host"
    """A registry, with `*` for anything."""
    SCOPE = "scope"
    """OpenShift's: a registry, or a path of it with all that is below; `*.` before a domain."""
    CODE = "code"


class Pattern(NamedTuple):
    """A pattern and where it stands (1-based)."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule of one object: its patterns, those that spare images, and whether it only warns or records."""

    file: str
    line: int
    owner: str
    effect: Effect
    language: Language
    patterns: tuple[Pattern, ...]
    spared: tuple[Pattern, ...] = ()
    audit: bool = False
