"""Flux and Argo CD fetching relocated charts and artifacts from a registry without credentials. Pure.

Flux: https://fluxcd.io/flux/components/source/ocirepositories/ (`secretRef`, `serviceAccountName`, `provider`);
Argo CD: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories (a label).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gitops_clone.admission.places import owner_of
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.finding import Finding
from gitops_clone.gaps.credentials import Given
from gitops_clone.gaps.model import Gap, Kind, one_each

_MARKS = (b"toolkit.fluxcd.io/", b"argoproj.io/")
_LABEL = "argocd.argoproj.io/secret-type"
_FLUX = ("OCIRepository", "HelmRepository")
_ARGO = ("Application", "ApplicationSet")


def find(
    artifacts: Iterable[Finding], files: Collection[tuple[str, bytes]], known: Given, registry: str
) -> Iterator[Gap]:
    """One gap for each sort of objects that fetch what moves."""
    documents: dict[str, set[int]] = defaultdict(set)
    for finding in artifacts:
        documents[finding.place.file].add(finding.place.document)
    logins = _logins(files, registry.partition("/")[0]) if documents else {}
    lacking: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for file, data in files:
        for each in objects(file, data, _MARKS if file in documents else ()):
            told = None
            if each.document in documents[file] and each.kind in _FLUX and not _flux_may(each, known, registry):
                told = _of_flux(registry)
            elif each.document in documents[file] and each.kind in _ARGO and not logins.get(True):
                told = _of_argo(logins, registry)
            if told is not None:
                lacking[told].append((file, each.line(each.visit), owner_of(each)))
    yield from one_each(Kind.CREDENTIALS, lacking)


def _of_flux(registry: str) -> tuple[str, str]:
    host = registry.partition("/")[0]
    return (
        f"Flux fetches from {registry} without credentials: no secretRef for it, serviceAccountName or provider",
        f"`flux create secret oci NAME --url={host} --username=… --password=…`, and secretRef: {{name: NAME}}; "
        "or set anonymous-pull = true if none are needed",
    )


def _flux_may(each: Object, known: Given, registry: str) -> bool:
    """Whether a source of Flux has credentials that may be for a registry."""
    secret, account = each.read("spec", "secretRef", "name"), each.read("spec", "serviceAccountName")
    if secret is not None:
        return not known.secrets.others(each.namespace, (secret,), registry)
    return account is not None or (each.read("spec", "provider") or "generic") != "generic"


def _logins(files: Iterable[tuple[str, bytes]], host: str) -> Mapping[bool, Sequence[str]]:
    """Where Argo CD gets credentials: for the host (true), or for what cannot be told (false)."""
    found: dict[bool, list[str]] = defaultdict(list)
    for file, data in files:
        for each in objects(file, data, (_LABEL.encode(),)):
            url = each.read("stringData", "url") or each.read("spec", "target", "template", "data", "url")
            if url is None or "{{" in url or url.startswith("ENC["):
                found[False].append(f"{file}:{each.line(each.visit)}")
            elif url.rpartition("://")[2].partition("/")[0] == host:
                found[True].append(f"{file}:{each.line(each.visit)}")
    return found


def _of_argo(logins: Mapping[bool, Sequence[str]], registry: str) -> tuple[str, str]:
    host = registry.partition("/")[0]
    unknown = logins.get(False)
    hint = f" (not followed: {unknown[0]} may be it)" if unknown else ""
    return (
        f"Argo CD fetches from {registry} without credentials: no Secret with the label {_LABEL} is for it",
        f"`argocd repocreds add {host} --type helm --enable-oci --username … --password …`, or such a Secret; "
        f"or set anonymous-pull = true if none are needed{hint}",
    )
