"""How each tool writes down which objects its policies reach. Kyverno's older policies have a reader of their own.

Read are: Gatekeeper's `spec.match`; `matchConstraints` of Kubernetes and of Kyverno's newer policies; Kubewarden's
`rules`; the policy-controller's `match`, and the label that its namespaces opt in with (docs.sigstore.dev); and that a
policy in a namespace is for that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from gitops_clone.admission.scope import Group, Requirement, Scope, Selection
from gitops_clone.controllers.objects import Object
from gitops_clone.finders.view import Visit

_PLURALS = {
    "pods": "Pod",
    "deployments": "Deployment",
    "daemonsets": "DaemonSet",
    "statefulsets": "StatefulSet",
    "replicasets": "ReplicaSet",
    "replicationcontrollers": "ReplicationController",
    "jobs": "Job",
    "cronjobs": "CronJob",
}
_OPT_IN = Requirement("policy.sigstore.dev/include", "In", ("true",))
_NAMESPACED = (
    "AdmissionPolicy",
    "ImagePolicy",
    "NamespacedImageValidatingPolicy",
    "NamespacedValidatingPolicy",
    "Policy",
)
NOTHING = Group(())


def scope_of(each: Object) -> Scope:
    """What an object of a policy says that it reaches."""
    reader = _READERS.get(each.group)
    return within_own(each, reader(each) if reader is not None else Scope())


def within_own(each: Object, scope: Scope) -> Scope:
    """A scope, narrowed to the object's own namespace if it is of a kind that stays within."""
    if each.kind in _NAMESPACED and each.namespace:
        scope = replace(scope, within=(*scope.within, Group((Selection(namespaces=(each.namespace,)),))))
    return scope


def words(each: Object, visit: Visit | None) -> tuple[str, ...]:
    """The scalars of a list."""
    return tuple(text for text, _ in each.texts(visit))


def requirements(each: Object, selector: Visit | None) -> tuple[Requirement, ...]:
    """What a label selector asks for."""
    if selector is None:
        return ()
    pairs = each.flat(each.view.child(selector, "matchLabels"))
    listed = [
        Requirement(each.view.text(item, "key") or "", operator, words(each, each.view.child(item, "values")))
        for item in each.items(each.view.child(selector, "matchExpressions"))
        if (operator := each.view.text(item, "operator"))
    ]
    return (*(Requirement(key, "In", (value,)) for key, value in pairs.items()), *listed)


def constraints(each: Object, match: Visit | None) -> Scope:
    """`matchConstraints`, `matchResources`: rules about resources, selectors of objects and of namespaces."""
    if match is None:
        return Scope()
    view = each.view
    rules = _rules(each, view.child(match, "resourceRules"))
    spared = _rules(each, view.child(match, "excludeResourceRules"))
    return Scope(tuple(_groups(each, match, rules)), (Group(spared),) if spared else ())


def _groups(each: Object, holder: Visit, rules: tuple[Selection, ...]) -> Iterator[Group]:
    if rules:
        yield Group(rules)
    yield Group((Selection(namespace_labels=requirements(each, each.view.child(holder, "namespaceSelector"))),))
    if requirements(each, each.view.child(holder, "objectSelector")):
        yield Group((Selection(unknown=True),))


def _rules(each: Object, rules: Visit | None) -> tuple[Selection, ...]:
    return tuple(
        Selection(kinds=_kinds(each, rule), names=words(each, each.view.child(rule, "resourceNames")))
        for rule in each.items(rules)
        if each.view.text(rule, "scope") != "Cluster"
    )


def _kinds(each: Object, rule: Visit) -> tuple[str, ...]:
    """The kinds of `resources`, which are plurals in small letters; one of a subresource is no kind."""
    named = words(each, each.view.child(rule, "resources"))
    return tuple("*" if name == "*/*" else _PLURALS.get(name, name) for name in named)


def _validating(each: Object) -> Scope:
    scope = constraints(each, each.at("spec", "matchConstraints"))
    if any(each.items(each.at("spec", "matchConditions"))):
        return replace(scope, within=(*scope.within, Group((Selection(unknown=True),))))
    return scope


def _gatekeeper(each: Object) -> Scope:
    match = each.at("spec", "match")
    if match is None:
        return Scope()
    view = each.view
    if view.text(match, "scope") == "Cluster":
        return Scope((NOTHING,))
    kinds = tuple(
        Selection(kinds=words(each, view.child(item, "kinds"))) for item in each.items(view.child(match, "kinds"))
    )
    name = view.text(match, "name")
    selection = Selection(
        names=(name,) if name else (),
        namespaces=words(each, view.child(match, "namespaces")),
        namespace_labels=requirements(each, view.child(match, "namespaceSelector")),
        unknown=bool(requirements(each, view.child(match, "labelSelector"))),
    )
    spared = words(each, view.child(match, "excludedNamespaces"))
    within = (Group(kinds), Group((selection,))) if kinds else (Group((selection,)),)
    return Scope(within, (Group((Selection(namespaces=spared),)),) if spared else ())


def _kubewarden(each: Object) -> Scope:
    spec = each.at("spec")
    return Scope(tuple(_groups(each, spec, _rules(each, each.at("spec", "rules"))))) if spec is not None else Scope()


def _sigstore(each: Object) -> Scope:
    """The webhook looks at the namespaces that opted in; `match` narrows a policy to some resources."""
    opted = Group((Selection(namespace_labels=(_OPT_IN,)),))
    matched = tuple(
        Selection(kinds=(_PLURALS.get(resource, resource),), unknown=bool(each.view.child(item, "selector")))
        for item in each.items(each.at("spec", "match"))
        if (resource := each.view.text(item, "resource"))
    )
    return Scope((opted, Group(matched)) if matched else (opted,))


def _some(_each: Object) -> Scope:
    """A tenant has the namespaces that its owners make."""
    return Scope((Group((Selection(unknown=True),)),))


_READERS: Mapping[str, Callable[[Object], Scope]] = {
    "admissionregistration.k8s.io": _validating,
    "capsule.clastix.io": _some,
    "constraints.gatekeeper.sh": _gatekeeper,
    "mutations.gatekeeper.sh": _gatekeeper,
    "policies.kubewarden.io": _kubewarden,
    "policies.kyverno.io": _validating,
    "policy.sigstore.dev": _sigstore,
}
