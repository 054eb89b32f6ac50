"""What Kyverno's mutating rules write to `image`: registries replaced as pods are admitted. Pure.

What is written counts where it is made of the image that stands there: `registry.acme.io/{{ images… }}`. A container
that a rule adds has an image of its own, which finders see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitops_clone.admission.kyverno_match import IMAGE_KEY
from gitops_clone.admission.model import Pattern
from gitops_clone.admission.places import pattern_at
from gitops_clone.controllers.objects import Object
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.finders.view import Visit

_MADE_OF_IMAGE = re.compile(r"\{\{[^}]*\b(?:images?|element)\b")
_OPERATION = re.compile(r"^\s*-\s", re.MULTILINE)
_PATH = re.compile(r"\bpath:\s*\S*/image\b")
_VALUE = re.compile(r"\bvalue:\s*(.+)")
_NOT = re.compile(r"Not", re.IGNORECASE)


class Written(NamedTuple):
    """What a rule writes, which images preconditions spare, and the patterns that an image must fit first."""

    values: list[Pattern]
    spared: list[Pattern]
    only: list[Pattern]


def written(each: Object, rule: Visit, mutate: Visit) -> Iterator[Written]:
    """What a rule writes to images, by each of its patches."""
    for holder in (mutate, *each.items(each.view.child(mutate, "foreach"))):
        spared = [*_spared(each, rule), *_spared(each, holder)]
        merge = each.view.child(holder, "patchStrategicMerge")
        for container in each.view.walk(merge) if merge is not None else ():
            if isinstance(container.node, Mapping):
                yield _of_container(each, container, spared)
        operations = each.view.child(holder, "patchesJson6902")
        if operations is not None and isinstance(operations.node, Scalar):
            values = [pattern_at(each, operations, value) for value in _of_operations(operations.node.value)]
            yield Written(values, spared, [])


def _of_container(each: Object, container: Visit, spared: list[Pattern]) -> Written:
    values: list[Pattern] = []
    only: list[Pattern] = []
    for child in each.view.children(container):
        if isinstance(child.node, Scalar) and IMAGE_KEY.fullmatch(key := str(child.path[-1])):
            is_condition = key.startswith(("(", "<("))
            (only if is_condition else values).append(pattern_at(each, child))
    return Written([value for value in values if _MADE_OF_IMAGE.search(value.text)], spared, only)


def _of_operations(patch: str) -> Iterator[str]:
    """What operations of a JSON patch put where an image is; the patch has variables, so that no parser reads it."""
    for operation in _OPERATION.split(patch):
        value = _VALUE.search(operation)
        if _PATH.search(operation) and value is not None and _MADE_OF_IMAGE.search(value[1]):
            yield value[1].strip().strip("\"'")


def _spared(each: Object, holder: Visit) -> list[Pattern]:
    """The values of conditions that must not hold of an image: those images stay as they are."""
    conditions = each.view.child(holder, "preconditions")
    found = []
    for visit in each.view.walk(conditions) if conditions is not None else ():
        if isinstance(visit.node, Mapping) and _NOT.search(each.view.text(visit, "operator") or ""):
            value = each.view.child(visit, "value")
            scalars = each.view.walk(value) if value is not None else ()
            found += [pattern_at(each, scalar) for scalar in scalars if isinstance(scalar.node, Scalar)]
    return found
