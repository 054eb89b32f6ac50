"""The policies of many files together: bindings put them in force, exceptions take objects out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gitops_clone.admission.globs import matches
from gitops_clone.admission.model import Binding, Exemption, Known, Policy, Seen
from gitops_clone.admission.read import BOUND
from gitops_clone.admission.scope import Group, Scope, Selection

_SOMEWHERE = Group((Selection(unknown=True),))
_UNBOUND = "no binding in the repository puts it in force"


def join(seen: Iterable[Seen]) -> Known:
    """All policies as they are in force, in the order of the files."""
    parts = list(seen)
    bindings = [binding for part in parts for binding in part.bindings]
    exemptions = [exemption for part in parts for exemption in part.exemptions]
    policies = (found for part in parts for policy in part.policies for found in _bound(policy, bindings))
    namespaces = {name: labels for part in parts for name, labels in part.namespaces.items()}
    return Known(tuple(_spared(policy, exemptions) for policy in policies), namespaces)


def _bound(policy: Policy, bindings: Iterable[Binding]) -> Iterator[Policy]:
    """A policy once for each of its bindings; one without is told, as it may be bound elsewhere."""
    kind, _, name = policy.name.partition("/")
    if kind not in BOUND:
        yield policy
        return
    named = [binding for binding in bindings if (binding.kind, binding.policy) == (kind, name)]
    if not named:
        scope = replace(policy.scope, within=(*policy.scope.within, _SOMEWHERE))
        yield replace(policy, scope=scope, note=_UNBOUND)
    for binding in named:
        within = (*policy.scope.within, *binding.scope.within)
        scope = Scope(within, (*policy.scope.excluded, *binding.scope.excluded))
        yield replace(policy, scope=scope, audit=policy.audit or not binding.denies)


def _spared(policy: Policy, exemptions: Iterable[Exemption]) -> Policy:
    """A policy without the objects that exceptions take out of it."""
    taken = tuple(
        exemption.scope.within[0] if len(exemption.scope.within) == 1 else _SOMEWHERE
        for exemption in exemptions
        if exemption.policy == policy.name and any(matches(glob, policy.rule) for glob in exemption.rules)
    )
    return replace(policy, scope=replace(policy.scope, excluded=(*policy.scope.excluded, *taken))) if taken else policy
