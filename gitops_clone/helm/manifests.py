"""Rendered templates as one YAML stream, in the order of `helm template`: by kind, hooks last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gitops_clone.helm import yaml_values
from gitops_clone.helm.gotypes import Value

_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
_KINDS = """
    PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget
    ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim
    CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role
    RoleList RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment
    HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
    MutatingWebhookConfiguration ValidatingWebhookConfiguration
""".split()  # noqa: SIM905
_ORDER = {kind: number for number, kind in enumerate(_KINDS)}


class _Manifest(NamedTuple):
    order: tuple[bool, int, str]
    source: str
    text: str


def rendered_text(parts: Mapping[str, str]) -> str:
    """The documents of all templates, each with its template's name in a comment, as `helm template` prints them."""
    found: list[_Manifest] = []
    for name in sorted(parts):
        for text in split(parts[name]):
            kind, is_hook = _head(text)
            order = (_ORDER.get(kind, len(_KINDS)), "" if kind in _ORDER else kind)
            found.append(_Manifest((is_hook, *order), name, text))
    found.sort(key=lambda manifest: manifest.order)
    return "".join(f"---\n# Source: {manifest.source}\n{manifest.text}\n" for manifest in found)


def split(text: str) -> list[str]:
    """The documents of one template's text."""
    return [part.strip() for part in _SEPARATOR.split(text.strip()) if part]


def _head(text: str) -> tuple[str, bool]:
    """A document's kind, and whether it is a hook."""
    try:
        found = yaml_values.load(text)
    except yaml_values.NotValues:
        return "", False
    if not isinstance(found, dict):
        return "", False
    annotations: Value = found
    for key in ("metadata", "annotations"):
        annotations = annotations.get(key) if isinstance(annotations, dict) else None
    kind = found.get("kind")
    return kind if isinstance(kind, str) else "", isinstance(annotations, dict) and bool(
        annotations.get("helm.sh/hook")
    )
