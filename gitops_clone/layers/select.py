"""Which objects a patch or a replacement goes to, as kustomize 5.7 selects them (measured with the tool). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitops_clone.layers import regular
from gitops_clone.layers.regular import Unsure
from gitops_clone.layers.resources import Id, Resource
from gitops_clone.layers.trees import Leaf, at

_REQUIREMENT = re.compile(
    r"\s*(?:(?P<no>!)\s*(?P<absent>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>=|==|!=)\s*(?P<value>[\w.-]*)|(?P<in>in|notin)\s*\((?P<values>[^()]*)\))?)\s*"
)


def selected(target: Mapping[str, str], resource: Resource) -> bool:
    """Whether the `target` of a patch takes an object: its parts are regular expressions. Raises `Unsure`.

    Names and namespaces may be those of today or the first ones.
    """
    first, last = resource.ids[0], resource.ids[-1]
    return (
        all(_fits(target.get(key, ""), value) for key, value in _kind_of(last))
        and (_fits(target.get("name", ""), first.name) or _fits(target.get("name", ""), last.name))
        and _in_namespace(target.get("namespace", ""), first, last)
        and has_labels(target, resource)
    )


def identified(selector: Mapping[str, str], resource: Resource) -> bool:
    """Whether a selector of `replacements`, whose parts stand for themselves, names an object by any of its ids."""
    return any(is_id(selector, each) for each in resource.ids)


def is_id(selector: Mapping[str, str], each: Id) -> bool:
    """Whether a selector of `replacements` names an id."""
    parts = (*_kind_of(each), ("name", each.name), ("namespace", each.namespace))
    return all(selector.get(key, "") in ("", value) for key, value in parts)


def has_labels(selector: Mapping[str, str], resource: Resource) -> bool:
    """Whether an object has what a selector says of labels and annotations. Raises `Unsure`."""
    return all(
        _has(selector[key], resource, field)
        for key, field in (("labelSelector", "labels"), ("annotationSelector", "annotations"))
        if selector.get(key)
    )


def _kind_of(each: Id) -> tuple[tuple[str, str], ...]:
    return ("group", each.group), ("version", each.version), ("kind", each.kind)


def _in_namespace(pattern: str, first: Id, last: Id) -> bool:
    return _fits(pattern, first.namespace) or _fits(pattern, last.namespace)


def _fits(pattern: str, text: str) -> bool:
    return not pattern or pattern == text or regular.pattern(pattern).fullmatch(text) is not None


def _has(selector: str, resource: Resource, field: str) -> bool:
    """A label selector of Kubernetes on the labels or annotations of an object."""
    found = at(resource.tree, ("metadata", field))
    pairs = found.items() if isinstance(found, dict) else ()
    labels = {key: leaf.text for key, leaf in pairs if isinstance(leaf, Leaf)}
    return all(_meets(requirement, labels) for requirement in re.split(r",(?![^(]*\))", selector))


def _meets(requirement: str, labels: Mapping[str, str]) -> bool:
    match = _REQUIREMENT.fullmatch(requirement)
    if match is None:
        raise Unsure(f"{requirement.strip()} is a label selector that is not followed here")
    if match["no"]:
        return match["absent"] not in labels
    value = labels.get(match["key"])
    if match["in"]:
        values = {each.strip() for each in match["values"].split(",")}
        return value in values if match["in"] == "in" else value not in values
    if match["op"]:
        return (value == match["value"]) is (match["op"] != "!=")
    return value is not None
