"""The pods that charts of the repository render with images that move, for whether they have credentials. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from gitops_clone.amendments import Amender
from gitops_clone.finding import State
from gitops_clone.gaps.credentials import Pod, pods
from gitops_clone.releases.releases import Releases


class Rendered(NamedTuple):
    """The pods; the texts that releases render (template, bytes); the objects (file, document) that apply these."""

    pods: list[Pod]
    texts: list[tuple[str, bytes]]
    owners: frozenset[tuple[str, int]]


def find(amenders: Collection[Amender]) -> Rendered:
    """What is rendered, of what a scan knows of charts."""
    found = Rendered([], [], frozenset())
    owners: set[tuple[str, int]] = set()
    applied: set[str] = set()
    without_owner: dict[tuple[str, str], list[Pod]] = defaultdict(list)
    for releases in (each for each in amenders if isinstance(each, Releases)):
        for number, looked in enumerate(releases.looked):
            release = looked.reading.release
            if looked.rendering is None:
                continue
            found.texts.extend((name, text.encode()) for name, text in looked.rendering.texts.items())
            made = [replace(pod, namespace=pod.namespace or release.namespace) for pod in _pods(releases, number)]
            if release.owner is not None:
                applied.add(release.chart)
                owners.add((release.owner.file, release.owner.document))
                found.pods.extend(made)
            else:
                for pod in made:
                    without_owner[release.chart, pod.owner].append(pod)
    # Which values files Helm is given Git does not say: one that has secrets is enough.
    for (chart, _), same in without_owner.items():
        if chart not in applied:
            found.pods.append(next((pod for pod in same if pod.secrets), same[0]))
    return found._replace(owners=frozenset(owners))


def _pods(releases: Releases, number: int) -> Iterator[Pod]:
    """The pods of a release that pull what moves; each in the file of its template."""
    looked = releases.looked[number]
    assert looked.rendering is not None
    documents: dict[str, set[int]] = defaultdict(set)
    for image in releases.images:
        if image.finding.state in (State.UPSTREAM, State.BACKUP):
            for release, index in image.seen:
                if release == number:
                    seen = looked.rendering.seen[index]
                    documents[seen.template].add(seen.place.document)
    for template, wanted in documents.items():
        for pod in pods(template, looked.rendering.texts[template].encode(), wanted, ()):
            yield replace(pod, file=looked.templates.get(template, template), line=1)
