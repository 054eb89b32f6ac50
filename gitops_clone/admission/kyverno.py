"""Kyverno's older policies, whose rules say in many ways what images may be: ClusterPolicy, Policy, PolicyException.

Read are `verifyImages`; of `validate`, patterns for `image`, conditions on images, and CEL; of `mutate`, what is
written to `image` (kyverno.io/docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_clone.admission import kyverno_match, kyverno_mutate
from gitops_clone.admission.kyverno_match import IMAGE_KEY
from gitops_clone.admission.model import Effect, Exemption, Language, Pattern, Policy
from gitops_clone.admission.places import owner_of, pattern_at, patterns_at
from gitops_clone.admission.scope import Group, Scope
from gitops_clone.admission.scopes import within_own, words
from gitops_clone.controllers.objects import Object
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.finders.view import Visit

_REGISTRY = re.compile(r"\bregistry\b")
_IMAGES = re.compile(r"\bimages?\b")
_ALLOWING = ("AnyNotIn", "AllNotIn", "NotIn", "NotEquals", "NotEqual")
_REFUSING = ("AnyIn", "AllIn", "In", "Equals", "Equal")


class _Says(NamedTuple):
    """What a part of a rule says of images; `holder` is the part, which may have an action of its own."""

    holder: Visit
    effect: Effect
    language: Language
    patterns: Sequence[Pattern]
    spared: Sequence[Pattern] = ()
    only: Sequence[Pattern] = ()


def read(each: Object) -> Iterator[Policy]:
    """What the rules of a policy say of images; nothing for other objects."""
    if each.group != "kyverno.io":
        return
    if each.kind == "PolicyException":
        spared = _listed(each, each.at("spec", "podSecurity"), "images")
        yield from _policies(each, each.visit, [_Says(each.visit, Effect.EXEMPTS, Language.WILDCARD, spared)])
    if each.kind in ("ClusterPolicy", "Policy"):
        for rule in each.items(each.at("spec", "rules")):
            yield from _policies(each, rule, _rule(each, rule))


def exemptions(each: Object) -> Iterator[Exemption]:
    """The policies whose rules an exception takes objects out of."""
    if each.kind == "PolicyException" and each.group == "kyverno.io" and each.at("spec", "podSecurity") is None:
        spec = each.at("spec")
        scope = kyverno_match.scope_of(each, spec) if spec is not None else Scope()
        for item in each.items(each.at("spec", "exceptions")):
            name = each.view.text(item, "policyName")
            if name:
                yield Exemption(name, words(each, each.view.child(item, "ruleNames")), scope)


def is_only_recorded(each: Object) -> bool:
    """Whether one of Kyverno's newer policies refuses nothing: `Deny` is the default."""
    actions = words(each, each.at("spec", "validationActions"))
    return bool(actions) and "Deny" not in actions


def _rule(each: Object, rule: Visit) -> Iterator[_Says]:
    for verified in each.items(each.view.child(rule, "verifyImages")):
        keys = ("imageReferences", "image")
        patterns = [found for key in keys for found in patterns_at(each, each.view.child(verified, key))]
        spared = patterns_at(each, each.view.child(verified, "skipImageReferences"))
        yield _Says(verified, Effect.VERIFIES, Language.WILDCARD, patterns, spared)
    validate = each.view.child(rule, "validate")
    if validate is not None:
        yield from _validation(each, validate)
    mutate = each.view.child(rule, "mutate")
    if mutate is not None:
        for written in kyverno_mutate.written(each, rule, mutate):
            yield _Says(mutate, Effect.REWRITES, Language.WILDCARD, written.values, written.spared, written.only)


def _validation(each: Object, validate: Visit) -> Iterator[_Says]:
    foreach = list(each.items(each.view.child(validate, "foreach")))
    for holder in (validate, *foreach):
        patterns = [each.view.child(holder, "pattern"), *each.items(each.view.child(holder, "anyPattern"))]
        fields = (visit for part in patterns if part is not None for visit in _image_fields(each, part))
        found = [pattern_at(each, visit) for visit in fields]
        yield _Says(validate, Effect.ALLOWS, Language.EXPRESSION, found)
        conditions = each.view.at(holder, "deny", "conditions")
        if conditions is not None:
            yield from _conditions(each, validate, conditions)
    code = _listed(each, each.view.at(validate, "cel", "expressions"), "expression")
    looking = [found for found in code if re.search(r"\.image\b", found.text)]
    yield _Says(validate, Effect.READS, Language.CODE, looking)
    spared = _listed(each, each.view.at(validate, "podSecurity", "exclude"), "images")
    yield _Says(validate, Effect.EXEMPTS, Language.WILDCARD, spared)


def _conditions(each: Object, validate: Visit, conditions: Visit) -> Iterator[_Says]:
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
            yield _Says(validate, effect, language, found)


def _listed(each: Object, listed: Visit | None, key: str) -> list[Pattern]:
    """The patterns under a key of each item of a list."""
    return [found for item in each.items(listed) for found in patterns_at(each, each.view.child(item, key))]


def _image_fields(each: Object, part: Visit) -> Iterator[Visit]:
    for visit in each.view.walk(part):
        if isinstance(visit.node, Scalar) and visit.path and IMAGE_KEY.fullmatch(str(visit.path[-1])):
            yield visit


def _policies(each: Object, rule: Visit, said: Iterable[_Says]) -> Iterator[Policy]:
    """What a rule says, as policies: one more for namespaces in which another action is taken."""
    holder = each.at("spec") if rule is each.visit else rule
    scope = within_own(each, kyverno_match.scope_of(each, holder)) if holder is not None else Scope()
    for says in said:
        if not says.patterns:
            continue
        name = each.view.text(rule, "name") if rule is not each.visit else None
        owner = owner_of(each) + (f", rule {name}" if name else "")
        policy = Policy(
            each.file,
            min(pattern.line for pattern in says.patterns),
            owner,
            says.effect,
            says.language,
            tuple(says.patterns),
            tuple(says.spared),
            _is_audit(each, says) and says.effect is not Effect.REWRITES,
            scope,
            each.name,
            name or "",
            tuple(says.only),
        )
        yield from _overridden(policy, list(_overrides(each, says.holder)))


def _overridden(policy: Policy, overrides: Sequence[tuple[Group, bool]]) -> Iterator[Policy]:
    """The policy where its own action is taken, and where another one is."""
    other = [group for group, audit in overrides if audit is not policy.audit]
    scope = policy.scope
    yield replace(policy, scope=replace(scope, excluded=(*scope.excluded, *other))) if other else policy
    for group in other:
        yield replace(policy, scope=replace(scope, within=(*scope.within, group)), audit=not policy.audit)


def _overrides(each: Object, holder: Visit) -> Iterator[tuple[Group, bool]]:
    for listed in (
        each.at("spec", "validationFailureActionOverrides"),
        each.view.child(holder, "failureActionOverrides"),
    ):
        for item in each.items(listed):
            action = (each.view.text(item, "action") or "").lower()
            yield kyverno_match.namespaces_of(each, item), action == "audit"


def _is_audit(each: Object, says: _Says) -> bool:
    """Whether a failure is only recorded: Audit is the default."""
    if each.read("spec", "admission") == "false":
        return True
    actions = [each.view.text(says.holder, "failureAction"), each.read("spec", "validationFailureAction")]
    return next((action for action in actions if action), "Audit").lower() == "audit"
