"""Pods whose images move to a registry for which neither they nor their service accounts have credentials. Pure.

A pod's own `imagePullSecrets` count alone; only without any it gets those of its service account
(https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/). The service account for which
Flux applies something has no part in pulls.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gitops_clone.admission.places import owner_of
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.objects import CONTAINER_LISTS
from gitops_clone.finders.view import TooManyAliases, Visit
from gitops_clone.gaps import nodes
from gitops_clone.gaps.model import Gap, Kind
from gitops_clone.gaps.pull_secrets import PullSecrets

_SECRETS = "imagePullSecrets"
_MARK = _SECRETS.encode()
_RELEASES: Mapping[str, tuple[str, ...]] = {
    "HelmRelease": ("spec", "targetNamespace"),
    "Application": ("spec", "destination", "namespace"),
}
_IN_VALUES = re.compile(r"(?:image)?pullsecrets?(?:name)?|imagecredentials|registrysecret(?:name)?", re.IGNORECASE)
# Programs that add pull secrets to service accounts of a running cluster.
_ADDING = re.compile(rb"image-?pull-?secrets?-patcher|registry-creds")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod spec, or a release whose chart has some: its object, service account and namespace (None: not stated).

    `secrets` are the names of its pull secrets, `""` for one that cannot be told.
    """

    file: str
    document: int
    line: int
    owner: str
    namespace: str | None
    account: str
    secrets: tuple[str, ...] = ()
    is_release: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What gives pods credentials: service accounts (namespace, name) and their secrets, what is in secrets, and
    places that add secrets to other objects, or give nodes credentials of their own."""

    accounts: Mapping[tuple[str | None, str], tuple[str, ...]] = field(default_factory=dict)
    secrets: PullSecrets = field(default_factory=PullSecrets)
    adding: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()

    def names(self, pod: Pod, namespace: str | None) -> tuple[str, ...]:
        """The secrets with which a pod pulls; a service account without a namespace may be in any."""
        return pod.secrets or tuple(
            secret
            for (within, account), secrets in self.accounts.items()
            if account == pod.account and (within is None or namespace in (None, within))
            for secret in secrets
        )


def pods(file: str, data: bytes, documents: Collection[int], valued: Collection[int]) -> Iterator[Pod]:
    """The pod specs in some documents of a file; of those in which values of charts move, the releases."""
    for each in objects(file, data, (b"ontainers", b"kind")):
        if each.document in valued and each.kind in _RELEASES:
            yield _release(each)
        elif each.document in documents:
            try:
                for visit in each.view.walk(each.visit):
                    if isinstance(visit.node, MappingNode) and any(each.view.child(visit, k) for k in CONTAINER_LISTS):
                        yield _pod(each, visit)
            except (TooManyAliases, RecursionError):
                continue


def _pod(each: Object, spec: Visit) -> Pod:
    account = each.view.text(spec, "serviceAccountName") or each.view.text(spec, "serviceAccount") or "default"
    secrets = _names(each, each.view.child(spec, _SECRETS))
    return Pod(each.file, each.document, each.line(each.visit), owner_of(each), each.namespace, account, secrets)


def _release(each: Object) -> Pod:
    namespace = each.read(*_RELEASES[each.kind]) or each.namespace
    secrets = ("",) if _adds(each, _IN_VALUES) else ()
    return Pod(
        each.file, each.document, each.line(each.visit), owner_of(each), namespace, "default", secrets, is_release=True
    )


def _names(each: Object, secrets: Visit | None) -> tuple[str, ...]:
    return tuple(each.view.text(item, "name") or "" for item in each.items(secrets))


def given(files: Collection[tuple[str, bytes]], secrets: PullSecrets, registry: str) -> Given:
    """What gives credentials in files (name, bytes)."""
    accounts: dict[tuple[str | None, str], tuple[str, ...]] = {}
    adding: list[str] = []
    for file, data in files:
        if (program := _ADDING.search(data)) is not None:
            line = data.count(b"\n", 0, program.start()) + 1
            adding.append(f"{file}:{line}")
        for each in objects(file, data, (_MARK,)):
            if each.kind == "ServiceAccount":
                names = _names(each, each.at(_SECRETS))
                accounts[each.namespace, each.name] = accounts.get((each.namespace, each.name), ()) + names
            elif each.kind in _RELEASES or each.at("$schema") is not None or _has_containers(each):
                continue
            elif _adds(each, re.compile(_SECRETS)):
                adding.append(f"{file}:{each.line(each.visit)}")
    return Given(accounts, secrets, tuple(adding), tuple(nodes.find(files, registry)))


def _adds(each: Object, key: re.Pattern[str]) -> bool:
    """Whether an object has something under a key anywhere, or text that may hold the key."""
    try:
        for visit in each.view.walk(each.visit):
            text = visit.node.value if isinstance(visit.node, Scalar) else ""
            is_key = visit.path and key.fullmatch(str(visit.path[-1]))
            if (is_key and (text or any(each.view.children(visit)))) or _SECRETS in text:
                return True
    except (TooManyAliases, RecursionError):
        return True
    return False


def _has_containers(each: Object) -> bool:
    """Whether an object has pods of its own, so that its secrets are theirs."""
    try:
        return any(str(visit.path[-1:] and visit.path[-1]) in CONTAINER_LISTS for visit in each.view.walk(each.visit))
    except (TooManyAliases, RecursionError):
        return True


def find(
    found: Iterable[Pod], known: Given, namespaces: Mapping[tuple[str, int], Collection[str]], registry: str
) -> Iterator[Gap]:
    """One gap for each namespace and what is lacking; `namespaces` has those that layers give objects of a document."""
    lacking: dict[tuple[str, str], dict[tuple[str | None, str], list[Pod]]] = defaultdict(lambda: defaultdict(list))
    for pod in found:
        within: Collection[str | None] = namespaces.get((pod.file, pod.document)) or {pod.namespace}
        for namespace in within:
            names = known.names(pod, namespace)
            others = ", ".join(known.secrets.others(namespace, names, registry))
            if not names or others:
                lacking[_sort(pod, known, others, registry)][namespace, others].append(pod)
    for (says, remedy), by_namespace in lacking.items():
        for (namespace, others), pods_of in sorted(
            by_namespace.items(), key=lambda item: (item[0][0] or "", item[0][1])
        ):
            where = f"namespace {namespace}" if namespace else "no namespace stated"
            first = min(pods_of, key=lambda pod: (pod.file, pod.line))
            owners = {pod.owner for pod in pods_of}
            count = f"{len(owners)} workload{'s' if len(owners) > 1 else ''}, the first {first.owner}"
            count += f"; for {others}" if others else ""
            yield Gap(Kind.CREDENTIALS, first.file, first.line, f"{where} ({count})", says, remedy)


def _sort(pod: Pod, known: Given, others: str, registry: str) -> tuple[str, str]:
    """What a pod lacks, and what to do."""
    host = registry.partition("/")[0]
    if others:
        says = f"pods pull from {registry} with {_SECRETS} that are for other registries"
        remedy = f"add {host} to the secrets"
    elif pod.is_release:
        says = f"pods of charts pull from {registry} without credentials: no values of the release name pull secrets"
        remedy = f"give the chart its pull secrets (most have a value {_SECRETS}, or global.{_SECRETS})"
    else:
        says = f"pods pull from {registry} without credentials: no {_SECRETS} on them or their service accounts"
        remedy = (
            f"add {_SECRETS} to the service accounts "
            "(`kubectl get serviceaccounts --all-namespaces --output yaml` shows what the cluster has)"
        )
    return says, f"{remedy}, {_or_none(known, host)}"


def _or_none(known: Given, host: str) -> str:
    """The setting for a cluster whose pods need no secrets, and what speaks for it."""
    setting = "or set anonymous-pull = true if the cluster needs none"
    if known.nodes:
        setting += f": {known.nodes[0]} gives nodes credentials for {host}"
    elif nodes.by_identity(host):
        setting += f": nodes may have access to {host} by their identity"
    return setting + (f" (not followed: {known.adding[0]} adds some)" if known.adding else "")
