"""What pulls the images of findings: the objects that they stand in, as policies see them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gitops_clone.admission.judge import Relocation
from gitops_clone.admission.scope import Use
from gitops_clone.controllers.objects import objects
from gitops_clone.finding import Finding

if TYPE_CHECKING:
    from gitops_clone.layers.layers import Layers

Given = Mapping[tuple[str, int], Collection[str]]
"""The namespaces that layers give the objects of a document (file, document)."""


# What they hold makes objects of other kinds, maybe in other namespaces.
_NO_WORKLOADS = ("Kustomization", "Component", "Application", "ApplicationSet", "HelmRelease")


class _Object(NamedTuple):
    pointer: str
    kind: str
    namespace: str | None
    name: str


def given(layers: Layers | None) -> Given:
    """The namespaces that layers give the objects of a document."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for flow in layers.survey.flows if layers else ():
        if flow.source is not None and flow.namespace:
            found[flow.source.key.file, flow.source.key.document].add(flow.namespace)
    return found


def with_uses(
    relocations: Iterable[Relocation], findings: Iterable[Finding], files: Iterable[tuple[str, bytes]], given: Given
) -> list[Relocation]:
    """Relocations with what pulls each image; one of which that is not known stays as it is."""
    found = uses(findings, files, given)
    return [each._replace(uses=found.get(each.upstream, each.uses)) for each in relocations]


def uses(findings: Iterable[Finding], files: Iterable[tuple[str, bytes]], given: Given) -> dict[str, tuple[Use, ...]]:
    """By upstream, what pulls it. What stands in no object, or in values of a chart, tells nothing of that."""
    wanted = [finding for finding in findings if finding.upstream]
    named = {finding.place.file for finding in wanted}
    known = {name: dict(_documents(name, data)) for name, data in files if name in named}
    found: dict[str, dict[Use, None]] = defaultdict(dict)
    for finding in wanted:
        place = finding.place
        held = next(
            (
                each
                for each in known.get(place.file, {}).get(place.document, ())
                if f"{place.pointer}/".startswith(f"{each.pointer}/")
            ),
            None,
        )
        if held is None:
            found[finding.upstream or ""][Use()] = None
            continue
        for namespace in given.get((place.file, place.document)) or (held.namespace,):
            found[finding.upstream or ""][Use(held.kind, namespace, held.name or None)] = None
    return {upstream: tuple(each) for upstream, each in found.items()}


def _documents(file: str, data: bytes) -> Iterator[tuple[int, list[_Object]]]:
    by_document: dict[int, list[_Object]] = defaultdict(list)
    for each in objects(file, data, (b"kind",)):
        if each.kind and each.kind not in _NO_WORKLOADS:
            by_document[each.document].append(_Object(each.pointer(), each.kind, each.namespace, each.name))
    yield from by_document.items()
