"""What policies would do with relocated images: refuse them, ask for signatures they lack, or miss them. Pure.

Only what changes by the move is told: an image that a policy refuses under both names is refused today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from gitops_clone.admission.model import Effect, Language, Pattern, Policy
from gitops_clone.admission.patterns import fits, texts_of
from gitops_clone.image import parse


class Consequence(StrEnum):
    """What the move means under a policy."""

    REFUSED = "refused"
    """Admitted before, refused after."""
    UNSIGNED = "unsigned"
    """Verified under its new name, for which there is no signature."""
    UNVERIFIED = "unverified"
    """Verified before, passed over after."""
    UNMATCHED = "unmatched"
    """What refused or spared it does so no more."""
    UNKNOWN = "unknown"
    """Only running the policy tells."""


class Relocation(NamedTuple):
    """An image, normalised, and what manifests say after the move."""

    upstream: str
    written: str


class Verdict(NamedTuple):
    """What a policy means for some images (upstreams), and the pattern that fitted them before or fits them after."""

    policy: Policy
    consequence: Consequence
    pattern: Pattern
    images: tuple[str, ...]


def judge(policies: Iterable[Policy], relocations: Sequence[Relocation], backup_registry: str) -> Iterator[Verdict]:
    """The verdicts in the order of the policies; none for a policy under which nothing changes."""
    spelled = [(each.upstream, texts_of(parse(each.upstream)), (each.written,)) for each in relocations]
    for policy in policies:
        if policy.effect is Effect.READS:
            if relocations and not any(backup_registry in pattern.text for pattern in policy.patterns):
                images = tuple(each.upstream for each in relocations)
                yield Verdict(policy, Consequence.UNKNOWN, policy.patterns[0], images)
            continue
        groups: dict[tuple[Consequence, Pattern], list[str]] = {}
        for upstream, before, after in spelled:
            found = _verdict(policy, before, after)
            if found is not None:
                groups.setdefault(found, []).append(upstream)
        for (consequence, pattern), images_of in groups.items():
            yield Verdict(policy, consequence, pattern, tuple(images_of))


def _verdict(policy: Policy, before: Sequence[str], after: Sequence[str]) -> tuple[Consequence, Pattern] | None:
    old, new = _fitting(policy, before), _fitting(policy, after)
    match policy.effect:
        case Effect.ALLOWS:
            return (Consequence.REFUSED, old) if old is not None and new is None else None
        case Effect.REFUSES:
            if new is not None and old is None:
                return Consequence.REFUSED, new
            return (Consequence.UNMATCHED, old) if old is not None and new is None else None
        case Effect.VERIFIES:
            if new is not None:
                return Consequence.UNSIGNED, new
            return (Consequence.UNVERIFIED, old) if old is not None else None
        case Effect.EXEMPTS:
            return (Consequence.UNMATCHED, old) if old is not None and new is None else None
        case Effect.READS:
            return None


def _fitting(policy: Policy, texts: Sequence[str]) -> Pattern | None:
    """The first pattern that an image fits, None if there is none, or if the image is spared."""
    if any(fits(spared.text, policy.language, texts) for spared in policy.spared):
        return None
    return next((each for each in policy.patterns if fits(each.text, policy.language, texts)), None)


def pattern_for(backup_registry: str, language: Language) -> str:
    """The pattern that all of the backup registry fits."""
    match language:
        case Language.PREFIX:
            return f"{backup_registry}/"
        case Language.SIGSTORE:
            return f"{backup_registry}/**"
        case Language.HOST:
            return backup_registry.partition("/")[0]
        case Language.SCOPE:
            return backup_registry
        case _:
            return f"{backup_registry}/*"
