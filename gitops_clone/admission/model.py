"""What admission policies say of images: which patterns they have, and what they do with an image that fits one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from gitops_clone.admission.scope import EVERYTHING, Namespaces, Scope


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
    REWRITES = "rewrites"
    """An image that fits one is replaced as its pod is admitted."""
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
    """One rule of one object: its patterns, those that spare images, and whether it only warns or records.

    `scope` is which objects it looks at, `note` what else to say of that. `name` and `rule` are how others refer to it.
    A rule that rewrites images has what it writes as patterns; `only` are those that an image must fit first.
    """

    file: str
    line: int
    owner: str
    effect: Effect
    language: Language
    patterns: tuple[Pattern, ...]
    spared: tuple[Pattern, ...] = ()
    audit: bool = False
    scope: Scope = EVERYTHING
    name: str = ""
    rule: str = ""
    only: tuple[Pattern, ...] = ()
    note: str = ""


class Binding(NamedTuple):
    """What puts a policy of Kubernetes into force: `kind` and name of the policy, where, and whether it refuses."""

    kind: str
    policy: str
    scope: Scope
    denies: bool


class Exemption(NamedTuple):
    """What a policy passes over: its name, globs of its rules, and the objects."""

    policy: str
    rules: tuple[str, ...]
    scope: Scope


class Seen(NamedTuple):
    """What one file has of policies, and the labels of the namespaces in it."""

    policies: tuple[Policy, ...] = ()
    bindings: tuple[Binding, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    namespaces: Namespaces = MappingProxyType({})


class Known(NamedTuple):
    """The policies of all files, as they are in force, and the labels of namespaces."""

    policies: tuple[Policy, ...]
    namespaces: Namespaces
