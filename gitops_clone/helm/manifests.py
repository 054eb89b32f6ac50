"""Rendered templates as one YAML stream, in the order of `helm template`: by kind, hooks last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gitops_clone.helm import yaml_values
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.gotypes import Value

_SPACES = (" ", "\t", "\n", "\f", "\r")
_KINDS = """
    PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget
    ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim
    CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role
    RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment
    HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
    MutatingWebhookConfiguration ValidatingWebhookConfiguration
""".split()  # noqa: SIM905
_ORDER = {kind: number for number, kind in enumerate(_KINDS)}
_HOOKS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")
) | {"test", "test-success"}


class _Manifest(NamedTuple):
    order: tuple[bool, int, str]
    source: str
    text: str


def rendered_text(parts: Mapping[str, str]) -> str:
    """The documents of all templates, each with its template's name in a comment, as `helm template` prints them.

    Raises `Refused` where one is no YAML, as Helm does.
    """
    found: list[_Manifest] = []
    for name in sorted(parts):
        for text in split(parts[name]):
            kind, hooks = _head(text, name)
            if hooks <= _HOOKS:  # Helm drops what has a hook that it does not know
                order = (_ORDER.get(kind, len(_KINDS)), "" if kind in _ORDER else kind)
                found.append(_Manifest((bool(hooks), *order), name, text))
    found.sort(key=lambda manifest: manifest.order)
    return "".join(f"---\n# Source: {manifest.source}\n{manifest.text}\n" for manifest in found)


def split(text: str) -> list[str]:
    """The documents of one template's text: a separator takes the space after it along, as Helm has it."""
    text = text.strip()
    parts = []
    start = 0
    separator = 0 if text.startswith("---") else text.find("\n---")
    while separator >= 0:
        parts.append(text[start:separator])
        start = separator + (4 if text[separator] == "\n" else 3)
        while text[start : start + 1] in _SPACES:
            start += 1
        separator = text.find("\n---", start)
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


class _Head(NamedTuple):
    """What Helm looks at: the kind, and the hooks that a document is for."""

    kind: str
    hooks: frozenset[str]


def _head(text: str, source: str) -> _Head:
    try:
        found = yaml_values.load(text)
    except yaml_values.NotValues as error:
        raise Refused(f"YAML parse error: {error}", source, error.line) from None
    found = _mapping(found, source)
    metadata = _mapping(found.get("metadata"), source)
    hooks = str(_mapping(metadata.get("annotations"), source).get("helm.sh/hook") or "")
    kind = found.get("kind")
    return _Head(
        kind if isinstance(kind, str) else "", frozenset(word.strip().lower() for word in hooks.split(",") if hooks)
    )


def _mapping(value: Value, source: str) -> dict[str, Value]:
    """A mapping, or an empty one for null. Raises `Refused` for anything else, where Helm looks for one."""
    if value is not None and not isinstance(value, dict):
        raise Refused("YAML parse error: no mapping where one must be", source)
    return value or {}
