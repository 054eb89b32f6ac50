"""Which workloads a policy reaches, in three answers: no, maybe (only the cluster tells), yes. Pure.

A policy that reaches pods reaches whatever makes pods; one that reaches Deployments reaches what they make, too late.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from gitops_clone.admission.globs import matches

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that each namespace has by itself: its name."""

# What makes what: the kinds that a policy meets on the way from an object to its pods.
_MAKES = {
    "CronJob": ("Job", "Pod"),
    "DaemonSet": ("Pod",),
    "Deployment": ("ReplicaSet", "Pod"),
    "Job": ("Pod",),
    "Pod": (),
    "ReplicaSet": ("Pod",),
    "ReplicationController": ("Pod",),
    "StatefulSet": ("Pod",),
}

Namespaces = Mapping[str, Mapping[str, str]]
"""The labels of the namespaces whose objects are in the repository."""


class Reach(IntEnum):
    NO = 0
    MAY = 1
    YES = 2


class Use(NamedTuple):
    """What pulls an image: the kind of its object, its namespace and name; None where that is not known."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class Requirement(NamedTuple):
    """A requirement of a label selector (`In`, `NotIn`, `Exists`, `DoesNotExist`)."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What must hold of an object, all of it; what is empty holds of any.

    `kinds`, `names` and `namespaces` may have wildcards. `unknown`: it also asks for what only the cluster knows.
    """

    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    namespace_labels: tuple[Requirement, ...] = ()
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Selections of which one must hold, or `every` one. An empty group of which one must hold selects nothing."""

    selections: tuple[Selection, ...]
    every: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a policy reaches: all that is `within` each of these groups, and in none of the `excluded`."""

    within: tuple[Group, ...] = ()
    excluded: tuple[Group, ...] = ()


EVERYTHING = Scope()


def reach(scope: Scope, use: Use, namespaces: Namespaces) -> Reach:
    """Whether a policy with this scope sees what pulls an image."""
    wanted = [_group(each, use, namespaces) for each in scope.within]
    spared = [Reach(Reach.YES - _group(each, use, namespaces)) for each in scope.excluded]
    return min([*wanted, *spared], default=Reach.YES)


def _group(group: Group, use: Use, namespaces: Namespaces) -> Reach:
    found = [_selection(each, use, namespaces) for each in group.selections]
    return min(found, default=Reach.YES) if group.every else max(found, default=Reach.NO)


def _selection(wanted: Selection, use: Use, namespaces: Namespaces) -> Reach:
    answers = [
        _kinds(wanted.kinds, use),
        _names(wanted.names, use),
        _texts(wanted.namespaces, use.namespace),
        *(_label(each, use.namespace, namespaces) for each in wanted.namespace_labels),
    ]
    return min(min(answers), Reach.MAY if wanted.unknown else Reach.YES)


def _kinds(kinds: Collection[str], use: Use) -> Reach:
    if not kinds or "*" in kinds or "Pod" in kinds:
        return Reach.YES
    if use.kind in _MAKES:
        met = (use.kind, *_MAKES[use.kind])
        return Reach.YES if any(_fits(kinds, kind) for kind in met) else Reach.NO
    # A chart, or an operator, makes the workloads: nobody knows which kind.
    if any(_fits(kinds, kind) for kind in _MAKES):
        return Reach.MAY
    return _texts(kinds, use.kind)


def _names(names: Collection[str], use: Use) -> Reach:
    """A pod that another object makes has a longer name than that: only the object's own is known."""
    found = _texts(names, use.name)
    return Reach.MAY if found is Reach.NO and use.kind != "Pod" else found


def _texts(globs: Collection[str], text: str | None) -> Reach:
    if not globs or "*" in globs:
        return Reach.YES
    if text is None:
        return Reach.MAY
    return Reach.YES if _fits(globs, text) else Reach.NO


def _fits(globs: Collection[str], text: str) -> bool:
    return any(matches(glob, text) for glob in globs)


def _label(wanted: Requirement, namespace: str | None, namespaces: Namespaces) -> Reach:
    if namespace is None:
        return Reach.MAY
    if wanted.key == NAMESPACE_NAME:
        value: str | None = namespace
    elif namespace in namespaces:
        value = namespaces[namespace].get(wanted.key)
    else:
        return Reach.MAY
    held = value is not None if wanted.operator in ("Exists", "DoesNotExist") else value in wanted.values
    return Reach.YES if held is (wanted.operator in ("In", "Exists")) else Reach.NO
