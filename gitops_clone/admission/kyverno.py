"""Kyverno's older policies, whose rules say in many ways what images may be: ClusterPolicy, Policy, PolicyException.

Read are `verifyImages`, and of `validate`: patterns for `image`, conditions on images, and CEL (kyverno.io/docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.admission.model import Effect, Language, Pattern, Policy
from gitops_clone.admission.places import owner_of, pattern_at, patterns_at
from gitops_clone.controllers.objects import Object
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.finders.view import Visit

# `image`, `(image)`, `=(image)`, `X(image)`: a key and its anchor.
_IMAGE_KEY = re.compile(r"(?:[=^<+X]?\()?image\)?")
_REGISTRY = re.compile(r"\bregistry\b")
_IMAGES = re.compile(r"\bimages?\b")
_ALLOWING = ("AnyNotIn", "AllNotIn", "NotIn", "NotEquals", "NotEqual")
_REFUSING = ("AnyIn", "AllIn", "In", "Equals", "Equal")


def read(each: Object) -> Iterator[Policy]:
    """What the rules of a policy say of images; nothing for other objects."""
    if each.group != "kyverno.io":
        return
    if each.kind == "PolicyException":
        spared = _listed(each, each.at("spec", "podSecurity"), "images")
        yield from _policy(each, each.visit, Effect.EXEMPTS, Language.WILDCARD, spared)
    if each.kind not in ("ClusterPolicy", "Policy"):
        return
    for rule in each.items(each.at("spec", "rules")):
        for verified in each.items(each.view.child(rule, "verifyImages")):
            keys = ("imageReferences", "image")
            patterns = [found for key in keys for found in patterns_at(each, each.view.child(verified, key))]
            spared = patterns_at(each, each.view.child(verified, "skipImageReferences"))
            yield from _policy(each, rule, Effect.VERIFIES, Language.WILDCARD, patterns, spared)
        validate = each.view.child(rule, "validate")
        if validate is not None:
            yield from _validation(each, rule, validate)


def _validation(each: Object, rule: Visit, validate: Visit) -> Iterator[Policy]:
    foreach = list(each.items(each.view.child(validate, "foreach")))
    for holder in (validate, *foreach):
        patterns = [each.view.child(holder, "pattern"), *each.items(each.view.child(holder, "anyPattern"))]
        fields = (visit for part in patterns if part is not None for visit in _image_fields(each, part))
        found = [pattern_at(each, visit) for visit in fields]
        yield from _policy(each, rule, Effect.ALLOWS, Language.EXPRESSION, found)
        conditions = each.view.at(holder, "deny", "conditions")
        if conditions is not None:
            yield from _conditions(each, rule, conditions)
    code = _listed(each, each.view.at(validate, "cel", "expressions"), "expression")
    looking = [found for found in code if re.search(r"\.image\b", found.text)]
    yield from _policy(each, rule, Effect.READS, Language.CODE, looking)
    spared = _listed(each, each.view.at(validate, "podSecurity", "exclude"), "images")
    yield from _policy(each, rule, Effect.EXEMPTS, Language.WILDCARD, spared)


def _conditions(each: Object, rule: Visit, conditions: Visit) -> Iterator[Policy]:
    """Conditions that refuse: `key` reads images, `operator` compares them with `value`."""
    for visit in each.view.walk(conditions):
        key = each.view.text(visit, "key") if isinstance(visit.node, Mapping) else None
        if key is None or _IMAGES.search(key) is None:
            continue
        operator, value = each.view.text(visit, "operator") or "", each.view.child(visit, "value")
        language = Language.HOST if _REGISTRY.search(key) else Language.WILDCARD
        found = [pattern for pattern in patterns_at(each, value) if "{{" not in pattern.text]
        effect = Effect.ALLOWS if operator in _ALLOWING else Effect.REFUSES if operator in _REFUSING else None
        if effect is not None:
            yield from _policy(each, rule, effect, language, found)


def _listed(each: Object, listed: Visit | None, key: str) -> list[Pattern]:
    """The patterns under a key of each item of a list."""
    return [found for item in each.items(listed) for found in patterns_at(each, each.view.child(item, key))]


def _image_fields(each: Object, part: Visit) -> Iterator[Visit]:
    for visit in each.view.walk(part):
        if isinstance(visit.node, Scalar) and visit.path and _IMAGE_KEY.fullmatch(str(visit.path[-1])):
            yield visit


def _policy(
    each: Object,
    rule: Visit,
    effect: Effect,
    language: Language,
    patterns: list[Pattern],
    spared: list[Pattern] | None = None,
) -> Iterator[Policy]:
    if patterns:
        name = each.view.text(rule, "name")
        owner = owner_of(each) + (f", rule {name}" if name and rule.path != each.visit.path else "")
        line = min(pattern.line for pattern in patterns)
        audit = _is_audit(each, rule)
        yield Policy(each.file, line, owner, effect, language, tuple(patterns), tuple(spared or ()), audit)


def _is_audit(each: Object, rule: Visit) -> bool:
    """Whether a failure is only recorded: Audit is the default."""
    actions = [
        each.view.text(rule, "validate", "failureAction"),
        each.view.text(rule, "verifyImages", "failureAction"),
        each.read("spec", "validationFailureAction"),
    ]
    return next((action for action in actions if action), "Audit").lower() == "audit"
