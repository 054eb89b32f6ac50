"""Whether an image fits a pattern of a policy, by the rules of the tool that reads it. Pure.

The rules are those of Kyverno (ext/wildcard, pkg/engine/pattern), Gatekeeper's library (K8sAllowedRepos), sigstore's
policy-controller (pkg/apis/glob) and OpenShift (policy.json's scopes, containers-policy.json(5)).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gitops_clone.admission.globs import matches
from gitops_clone.admission.model import Language
from gitops_clone.image import DOCKER_HUB, Reference

_LONGEST = 1000  # of a pattern: more is not an image's


def fits(pattern: str, language: Language, texts: Collection[str]) -> bool:
    """Whether any of the texts, which are spellings of one image, fits the pattern."""
    if len(pattern) > _LONGEST:
        return False
    match language:
        case Language.EXPRESSION:
            return any(_fits_expression(pattern, text) for text in texts)
        case Language.PREFIX:
            return any(text.startswith(pattern) for text in texts)
        case Language.HOST:
            return any(matches(pattern, text.partition("/")[0]) for text in texts if "/" in text)
        case Language.SCOPE:
            return any(_fits_scope(pattern, text) for text in texts)
        case Language.SIGSTORE:
            glob = {"*": f"{DOCKER_HUB}/library/*", "*/*": f"{DOCKER_HUB}/*/*"}.get(pattern, pattern)
            return any(matches(glob, text, stops=True) for text in texts)
        case Language.WILDCARD:
            return any(matches(pattern, text) for text in texts)
        case Language.CODE:
            return False


def texts_of(reference: Reference) -> Sequence[str]:
    """The spellings of an image that policies may see: as written, normalised, Docker Hub under each of its names."""
    rest = str(reference).removeprefix(reference.name)
    names = [reference.name]
    if reference.registry == DOCKER_HUB:
        short = reference.repository.removeprefix("library/")
        names += [f"docker.io/{reference.repository}", f"docker.io/{short}", reference.repository, short]
    return tuple(dict.fromkeys(f"{name}{rest}" for name in names))


def _fits_expression(pattern: str, text: str) -> bool:
    return any(
        all(_fits_term(term.strip(), text) for term in alternative.split("&")) for alternative in pattern.split("|")
    )


def _fits_term(term: str, text: str) -> bool:
    return not matches(term[1:].strip(), text) if term.startswith("!") else matches(term, text)


def _fits_scope(scope: str, text: str) -> bool:
    if scope.startswith("*."):
        return text.partition("/")[0].partition(":")[0].endswith(scope[1:])
    scope = scope.rstrip("/")
    return text == scope or text.startswith((f"{scope}/", f"{scope}:", f"{scope}@"))
