"""Pods whose images move to a registry for which neither they nor their service accounts have credentials. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gitops_clone.admission.places import owner_of
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.finders.objects import CONTAINER_LISTS
from gitops_clone.finders.view import TooManyAliases, Visit
from gitops_clone.gaps.model import Gap, Kind

_SECRETS = "imagePullSecrets"
_MARK = _SECRETS.encode()


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod spec: its object, service account and namespace (None: it is not stated); whether it has credentials."""

    file: str
    document: int
    line: int
    owner: str
    namespace: str | None
    account: str
    has_secret: bool


@dataclass(frozen=True, slots=True)
class Accounts:
    """What gives pods credentials: service accounts (namespace, name), and places that add secrets to other objects."""

    named: frozenset[tuple[str | None, str]] = frozenset()
    adding: tuple[str, ...] = ()

    def have(self, namespace: str | None, name: str) -> bool:
        """Whether a service account has a secret; one without a namespace may be in any."""
        return any(
            account == name and (within is None or namespace in (None, within)) for within, account in self.named
        )


def pods(file: str, data: bytes, documents: Collection[int]) -> Iterator[Pod]:
    """The pod specs in some documents of a file."""
    for each in objects(file, data, (b"ontainers",)):
        if each.document in documents:
            try:
                for visit in each.view.walk(each.visit):
                    if isinstance(visit.node, MappingNode) and any(each.view.child(visit, k) for k in CONTAINER_LISTS):
                        yield _pod(each, visit)
            except (TooManyAliases, RecursionError):
                continue


def _pod(each: Object, spec: Visit) -> Pod:
    account = each.view.text(spec, "serviceAccountName") or each.view.text(spec, "serviceAccount") or "default"
    has_secret = any(each.items(each.view.child(spec, _SECRETS)))
    return Pod(each.file, each.document, each.line(each.visit), owner_of(each), each.namespace, account, has_secret)


def accounts(files: Iterable[tuple[str, bytes]]) -> Accounts:
    """What gives credentials in files (name, bytes): service accounts; patches and policies that add secrets."""
    named: set[tuple[str | None, str]] = set()
    adding: list[str] = []
    for file, data in files:
        if _MARK not in data:
            continue
        for each in objects(file, data, (_MARK,)):
            if each.kind == "ServiceAccount":
                if any(each.items(each.at(_SECRETS))):
                    named.add((each.namespace, each.name))
            elif not _has_containers(each):
                adding.append(f"{file}:{each.line(each.visit)}")
    return Accounts(frozenset(named), tuple(adding))


def _has_containers(each: Object) -> bool:
    """Whether an object has pods of its own, so that its secrets are theirs."""
    try:
        return any(str(visit.path[-1:] and visit.path[-1]) in CONTAINER_LISTS for visit in each.view.walk(each.visit))
    except (TooManyAliases, RecursionError):
        return True


def find(
    found: Iterable[Pod], known: Accounts, namespaces: Mapping[tuple[str, int], Collection[str]], registry: str
) -> Iterator[Gap]:
    """One gap for each namespace; `namespaces` has those that layers give the objects of a document."""
    lacking: dict[str | None, list[Pod]] = defaultdict(list)
    for pod in found:
        given: Collection[str | None] = namespaces.get((pod.file, pod.document)) or {pod.namespace}
        for namespace in given:
            if not pod.has_secret and not known.have(namespace, pod.account):
                lacking[namespace].append(pod)
    says = f"pods pull from {registry} without credentials: no {_SECRETS} on them or their service accounts"
    remedy = f"add {_SECRETS} to the service accounts, or set anonymous-pull = true if the cluster needs none"
    if known.adding:
        remedy += f" (not followed: {known.adding[0]} adds some)"
    for namespace, pods_of in sorted(lacking.items(), key=lambda item: item[0] or ""):
        owners = {pod.owner for pod in pods_of}
        where = f"namespace {namespace}" if namespace else "no namespace stated"
        first = min(pods_of, key=lambda pod: (pod.file, pod.line))
        count = f"{len(owners)} workload{'s' if len(owners) > 1 else ''}, the first {first.owner}"
        yield Gap(Kind.CREDENTIALS, first.file, first.line, f"{where} ({count})", says, remedy)
