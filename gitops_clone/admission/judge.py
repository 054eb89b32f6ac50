"""What policies would do with relocated images: refuse them, ask for signatures they lack, or miss them. Pure.

Only what changes by the move is told: an image that a policy refuses under both names is refused today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from gitops_clone.admission.model import Effect, Known, Language, Pattern, Policy
from gitops_clone.admission.patterns import fits, texts_of
from gitops_clone.admission.scope import Reach, Use, reach
from gitops_clone.image import parse

_BEGINNING = re.compile(r"""startsWith\(\s*["']([^"']+)["']""")


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
    REWRITTEN = "rewritten"
    """Replaced by another name as its pod is admitted."""
    UNKNOWN = "unknown"
    """Only running the policy tells."""


class Relocation(NamedTuple):
    """An image, normalised, what manifests say after the move, and what pulls it."""

    upstream: str
    written: str
    uses: tuple[Use, ...] = (Use(),)


class Verdict(NamedTuple):
    """What a policy means for some images (upstreams), and the pattern that fitted them before or fits them after.

    `sure`: it reaches what pulls one of them; else only the cluster tells.
    """

    policy: Policy
    consequence: Consequence
    pattern: Pattern
    images: tuple[str, ...]
    sure: bool = True


def judge(known: Known, relocations: Sequence[Relocation], backup_registry: str) -> Iterator[Verdict]:
    """The verdicts in the order of the policies; none where nothing changes, or that a policy does not reach."""
    spelled = [(each, texts_of(parse(each.upstream)), (each.written,)) for each in relocations]
    told: dict[tuple[str, Consequence, Pattern, bool], Verdict] = {}
    for policy in known.policies:
        for each, before, after in spelled:
            reached = max((reach(policy.scope, use, known.namespaces) for use in each.uses), default=Reach.MAY)
            found = _verdict(policy, before, after, backup_registry) if reached else None
            if found is not None:
                key = (policy.owner, *found, policy.audit)
                verdict = told.get(key, Verdict(policy, *found, (), sure=False))
                images = tuple(dict.fromkeys((*verdict.images, each.upstream)))
                told[key] = verdict._replace(images=images, sure=verdict.sure or reached is Reach.YES)
    yield from told.values()


def _verdict(
    policy: Policy, before: Sequence[str], after: Sequence[str], backup_registry: str
) -> tuple[Consequence, Pattern] | None:
    if policy.effect is Effect.READS:
        named = any(_names(pattern.text, backup_registry) for pattern in policy.patterns)
        return None if named else (Consequence.UNKNOWN, policy.patterns[0])
    if policy.effect is Effect.REWRITES:
        return (Consequence.REWRITTEN, policy.patterns[0]) if _is_rewritten(policy, after, backup_registry) else None
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
        case Effect.READS | Effect.REWRITES:
            return None


def _names(code: str, backup_registry: str) -> bool:
    """Whether code names the backup registry: all of it, or as much as what an image begins with must say."""
    return backup_registry in code or any(
        f"{backup_registry}/".startswith(text) for text in _BEGINNING.findall(code) if "." in text or ":" in text
    )


def _is_rewritten(policy: Policy, after: Sequence[str], backup_registry: str) -> bool:
    """Whether a rule that replaces images does so with relocated ones."""
    host = backup_registry.partition("/")[0]
    if any(spared.text.partition("/")[0] == host for spared in policy.spared):
        return False
    if any(fits(spared.text, policy.language, after) for spared in policy.spared):
        return False
    if policy.language is Language.HOST and policy.patterns[0].text == host:
        return False
    return not policy.only or any(fits(each.text, policy.language, after) for each in policy.only)


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
