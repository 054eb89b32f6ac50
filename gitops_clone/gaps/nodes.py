"""What gives nodes themselves credentials for a registry, where Git has the configuration of nodes. Pure.

K3s, RKE2 and k3d: https://docs.k3s.io/installation/private-registry; Talos: `machine.registries.config`, and
https://docs.siderolabs.com/talos/v1.12/reference/configuration/cri/registryauthconfig; the kubelet:
https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/; OpenShift's secret for all nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.view import TooManyAliases, Visit
from gitops_clone.gaps.pull_secrets import fits

_AUTH = ("auth", "authConfigSecretName")
_CONFIGS = ("config", "configs")
_FOR_ALL_NODES = ("openshift-config", "pull-secret")
_IN_TEXT = re.compile(r"\bconfigs\b[\s\S]*\bauth\b")
_IDENTITY = re.compile(r"\.dkr\.ecr[.-]|\.pkg\.dev\Z|(?:\A|\.)gcr\.io\Z|\.azurecr\.(?:io|cn|us)\Z")


def find(files: Iterable[tuple[str, bytes]], registry: str) -> Iterator[str]:
    """The places (`FILE:LINE`) that give nodes credentials for a registry."""
    host = registry.partition("/")[0]
    marks = (host.encode(), b"matchImages", _FOR_ALL_NODES[1].encode())
    for file, data in files:
        for each in objects(file, data, marks):
            if (each.namespace, each.name) == _FOR_ALL_NODES:
                yield f"{file}:{each.line(each.visit)}"
            elif (visit := _giving(each, host, registry)) is not None:
                yield f"{file}:{each.line(visit)}"


def by_identity(registry: str) -> bool:
    """Whether a registry is one that the nodes of its cloud may have access to by what they are."""
    return _IDENTITY.search(registry.partition("/")[0]) is not None


def _giving(each: Object, host: str, registry: str) -> Visit | None:
    if each.kind == "RegistryAuthConfig":
        return each.at("name") if each.read("name") == host else None
    try:
        return next((visit for visit in each.view.walk(each.visit) if _gives(visit, host, registry)), None)
    except (TooManyAliases, RecursionError):
        return None


def _gives(visit: Visit, host: str, registry: str) -> bool:
    path = visit.path
    if len(path) > 2 and path[-2] == host and path[-3] in _CONFIGS:
        return path[-1] in _AUTH
    if not isinstance(visit.node, Scalar):
        return False
    text = visit.node.value
    if path[-2:-1] == ("matchImages",):
        return fits(text, registry)
    return host in text and "\n" in text and _IN_TEXT.search(text) is not None
