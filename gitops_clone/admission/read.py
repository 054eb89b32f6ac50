"""The admission policies of a file: what they say of images, by rows of data and, for Kyverno's rules, by a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.admission import kyverno
from gitops_clone.admission.model import Binding, Exemption, Language, Policy, Seen
from gitops_clone.admission.places import owner_of, pattern_at
from gitops_clone.admission.rows import ROWS, Row
from gitops_clone.admission.scopes import constraints, scope_of, words
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.view import TooManyAliases, Visit

_MARKS = tuple(sorted({row.group.encode() for row in ROWS if row.when is None} | {b"kyverno.io/", b"connaisseur"}))
_NAMESPACE = re.compile(rb"""\bkind["']?\s*+:\s*+["']?Namespace\b""")
# Code that reads images, not an object with an image in it.
_LOOKS_AT_IMAGES = re.compile(r"\.image\b|\bimages[.\[]|\bimage\.(?:registry|repository|identifier|tag|digest)")
BOUND = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
"""Kinds of policies that do nothing until a binding names them."""


def find(file: str, data: bytes) -> Seen:
    """What one file has of policies, in the order of the text. What does not parse has none: the scan reports it."""
    policies: list[Policy] = []
    bindings: list[Binding] = []
    exemptions: list[Exemption] = []
    for each in objects(file, data, _MARKS):
        try:
            policies += [policy for row in ROWS if (policy := _by_row(each, row)) is not None]
            policies += kyverno.read(each)
            exemptions += kyverno.exemptions(each)
            bindings += _bindings(each)
        except (TooManyAliases, RecursionError):
            continue
    return Seen(tuple(policies), tuple(bindings), tuple(exemptions), dict(_namespaces(file, data)))


def _by_row(each: Object, row: Row) -> Policy | None:
    if each.kind != row.kind or each.group != row.group:
        return None
    if row.when is not None and each.read(*row.when[0].split(".")) != row.when[1]:
        return None
    visits = [visit for visit in _at(each, row.path) if isinstance(visit.node, Scalar)]
    patterns = [pattern_at(each, visit, row.pattern) for visit in visits]
    if row.language is Language.CODE:
        patterns = [found for found in patterns if _LOOKS_AT_IMAGES.search(found.text)]
    if not patterns:
        return None
    return Policy(
        each.file,
        each.line(each.visit),
        owner_of(each),
        row.effect,
        row.language,
        tuple(patterns),
        audit=_is_audit(each),
        scope=scope_of(each),
        name=f"{each.kind}/{each.name}" if each.kind in BOUND else each.name,
    )


def _at(each: Object, path: str) -> Iterator[Visit]:
    level: list[Visit] = [each.visit]
    for step in path.split("."):
        key = step.removesuffix("[]")
        below = [found for visit in level if (found := each.view.child(visit, key)) is not None]
        level = [item for visit in below for item in each.items(visit)] if step.endswith("[]") else below
    yield from level


def _is_audit(each: Object) -> bool:
    """Whether a policy only warns or records."""
    action = (each.read("spec", "enforcementAction") or each.read("spec", "mode") or "").lower()
    if action == "scoped":
        scoped = each.items(each.at("spec", "scopedEnforcementActions"))
        return all(each.view.text(item, "action") != "deny" for item in scoped)
    if action:
        return action in ("dryrun", "warn", "monitor")
    return each.group == "policies.kyverno.io" and kyverno.is_only_recorded(each)


def _bindings(each: Object) -> Iterator[Binding]:
    """A binding of a policy of Kubernetes. One of mutations has no actions: it is in force."""
    kind = each.kind.removesuffix("Binding")
    policy = each.read("spec", "policyName")
    if each.group == "admissionregistration.k8s.io" and kind != each.kind and kind in BOUND and policy:
        actions = words(each, each.at("spec", "validationActions"))
        yield Binding(
            kind, policy, constraints(each, each.at("spec", "matchResources")), not actions or "Deny" in actions
        )


def _namespaces(file: str, data: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    for each in objects(file, data, (b"Namespace",)) if _NAMESPACE.search(data) else ():
        if each.kind == "Namespace" and not each.group and each.name:
            yield each.name, each.flat(each.at("metadata", "labels"))
