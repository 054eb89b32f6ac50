"""`match` and `exclude` of Kyverno's older policies, as scopes (kyverno.io/docs, "Selecting Resources"). Pure.

A filter has `resources` (kinds, names, namespaces, selectors) and may ask who makes a request: subjects, roles. Beside
`any` and `all` there is the older form with one filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.admission.scope import Group, Scope, Selection
from gitops_clone.admission.scopes import requirements, words
from gitops_clone.controllers.objects import Object
from gitops_clone.finders.view import Visit

IMAGE_KEY = re.compile(r"(?:[=^<+X]?\()?image\)?")
"""`image`, `(image)`, `=(image)`, `X(image)`: the key in a pattern, and its anchor."""

_WHO = ("subjects", "roles", "clusterRoles")


def scope_of(each: Object, holder: Visit) -> Scope:
    """What the rule or exception reaches whose `match` and `exclude` these are."""
    return Scope(tuple(_blocks(each, holder, "match")), tuple(_blocks(each, holder, "exclude")))


def namespaces_of(each: Object, override: Visit) -> Group:
    """The namespaces of an item of `validationFailureActionOverrides`."""
    listed = words(each, each.view.child(override, "namespaces"))
    labels = requirements(each, each.view.child(override, "namespaceSelector"))
    return Group((Selection(namespaces=listed, namespace_labels=labels),))


def _blocks(each: Object, holder: Visit, key: str) -> Iterator[Group]:
    block = each.view.child(holder, key)
    if block is None:
        return
    if any(each.view.child(block, part) is not None for part in ("resources", *_WHO)):
        yield Group((_filter(each, block),))
    for part in ("any", "all"):
        filters = tuple(_filter(each, item) for item in each.items(each.view.child(block, part)))
        if filters:
            yield Group(filters, every=part == "all")


def _filter(each: Object, block: Visit) -> Selection:
    view = each.view
    who = any(view.child(block, part) is not None for part in _WHO)
    found = view.child(block, "resources")
    if found is None:
        return Selection(unknown=True)
    name = view.text(found, "name")
    return Selection(
        kinds=tuple(map(_kind, words(each, view.child(found, "kinds")))),
        names=(*words(each, view.child(found, "names")), *((name,) if name else ())),
        namespaces=words(each, view.child(found, "namespaces")),
        namespace_labels=requirements(each, view.child(found, "namespaceSelector")),
        unknown=who or any(view.child(found, part) is not None for part in ("selector", "annotations")),
    )


def _kind(written: str) -> str:
    """The kind of `apps/v1/Deployment`; a subresource (`Pod/exec`) stays as it is, and is no kind of a workload."""
    parts = written.split("/")
    if len(parts) > 1 and parts[-1] == "ephemeralcontainers":
        parts.pop()
    last = parts[-1]
    return last if last[:1].isupper() or "*" in last else written
