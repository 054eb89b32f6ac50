"""Verdicts in words: one sentence on what a policy means for relocated images, and what to write. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_clone.admission.judge import Consequence, Verdict, pattern_for
from gitops_clone.admission.model import Effect, Language
from gitops_clone.image import is_registry

SIGNATURES = "cosign copy UPSTREAM BACKUP"
"""The command that copies an image together with its signatures and attestations (docs.sigstore.dev)."""


def sentence(verdict: Verdict) -> str:
    """What the policy means for the images that fit, or fitted, its pattern."""
    policy, pattern = verdict.policy, verdict.pattern.text
    match verdict.consequence:
        case Consequence.REFUSED if policy.effect is Effect.ALLOWS:
            told = "allows only what fits its patterns, as the relocated images do not"
        case Consequence.REFUSED:
            told = f'refuses what fits "{pattern}", as the relocated images do'
        case Consequence.UNSIGNED:
            told = f'verifies signatures of what fits "{pattern}", as the relocated images do, which have none'
        case Consequence.UNVERIFIED:
            told = f'verifies signatures of what fits "{pattern}": under their new names nothing verifies the images'
        case Consequence.UNMATCHED:
            told = f'{policy.effect} what fits "{pattern}": the relocated images do not'
        case Consequence.REWRITTEN:
            told = f'replaces images as pods are admitted, by "{pattern}": the relocated images too'
        case Consequence.UNKNOWN:
            told = "looks at images in code, and does not name the backup registry"
    notes = "; ".join(_notes(verdict))
    return f"{policy.owner} {told}{f' ({notes})' if notes else ''}"


def _notes(verdict: Verdict) -> Iterator[str]:
    if verdict.policy.audit:
        yield "it only warns or records"
    if verdict.policy.note:
        yield verdict.policy.note
    elif not verdict.sure:
        yield "only the cluster tells whether it reaches them"


def remedy(verdict: Verdict, backup_registry: str) -> str:
    """What to write, or to run."""
    policy = verdict.policy
    added = f'add "{_relocated(verdict.pattern.text, policy.language, backup_registry)}" to its patterns'
    match verdict.consequence:
        case Consequence.REFUSED if policy.effect is Effect.ALLOWS:
            if "@" in verdict.pattern.text:
                return 'set pin = "digest", which keeps digests, or pin = "always", which adds them'
            return f'add "{pattern_for(backup_registry, policy.language)}" to its patterns'
        case Consequence.REFUSED:
            return f"let it spare {backup_registry}"
        case Consequence.UNSIGNED:
            return f"copy the signatures too: {SIGNATURES}"
        case Consequence.UNVERIFIED:
            return f"copy the signatures ({SIGNATURES}), then {added}"
        case Consequence.UNMATCHED:
            return added
        case Consequence.REWRITTEN:
            return f"let it spare {backup_registry} by a precondition, or remove it: Git has the new names"
        case Consequence.UNKNOWN:
            return f"read it, and see that it admits {backup_registry}"


def _relocated(pattern: str, language: Language, backup_registry: str) -> str:
    """The pattern for the copies of what a pattern fits: that of the whole registry, where it does not name a host."""
    host, slash, rest = pattern.partition("/")
    named = slash and rest and is_registry(host) and ("." in host or ":" in host)
    if not named or language in (Language.HOST, Language.CODE):
        return pattern_for(backup_registry, language)
    host = "index.docker.io" if host == "docker.io" else host
    return f"{backup_registry}/{host.replace('.', '_').replace(':', '_')}/{rest}"
