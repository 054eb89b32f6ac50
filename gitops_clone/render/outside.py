"""Images that only rendering shows: those of charts from elsewhere, of remote bases. What is known of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_clone.finding import Finding, Place, Span, State
from gitops_clone.image import InvalidReference, parse
from gitops_clone.render import images
from gitops_clone.render.batch import Outcomes
from gitops_clone.render.images import Known
from gitops_clone.render.model import EntryPoint, Image, PointKey
from gitops_clone.states import Rules, classify

ImageKey = tuple[PointKey, str, str]
"""An image of an object that an entry point renders."""


@dataclass(frozen=True, slots=True)
class Outside:
    """An image that an entry point still renders upstream when the files of the run are rewritten.

    `relocated` is the place that relocates it (`FILE:LINE`), `reason` why it stays.
    """

    point: EntryPoint
    image: Image
    relocated: str | None = None
    reason: str | None = None

    @property
    def key(self) -> ImageKey:
        return self.point.key, self.image.image, self.image.owner


def find(outcomes: Outcomes, rules: Rules, files: Known) -> list[Outside]:
    """The images that are still upstream where entry points render them, in the order of entry points."""
    found: dict[ImageKey, Outside] = {}
    for point, image in _images(outcomes, rules, files):
        if image.state is State.UPSTREAM:
            each = Outside(point, image, reason=image.reason)
            found.setdefault(each.key, each)
    return list(found.values())


def findings(outcomes: Outcomes, rules: Rules, files: Known) -> list[Finding]:
    """The images that are rendered and that the lock file does not have, as findings at no place: what to copy."""
    found: dict[str, Finding] = {}
    for _, image in _images(outcomes, rules, files):
        if image.upstream and image.state in (State.UPSTREAM, State.BACKUP):
            place = Place("", 0, None, None, 1, 1, image.upstream, image.upstream, Span(0, 0), editable=False)
            found.setdefault(image.upstream, classify(place, rules))
    return [each for upstream, each in found.items() if upstream not in rules.lock.images]


def told(found: Iterable[Outside], places: Mapping[ImageKey, str], reasons: Mapping[ImageKey, str]) -> list[Outside]:
    """The images with what became of them."""
    return [
        replace(each, relocated=places[each.key], reason=None)
        if each.key in places
        else replace(each, reason=reasons.get(each.key, each.reason))
        for each in found
    ]


def settled(findings: Iterable[Finding], told: Sequence[Outside], unknown: Collection[str]) -> list[Finding]:
    """The findings, those no longer unresolved that rendering has shown, and relocated wherever they are rendered.

    `unknown` are files of entry points that do not render.
    """
    by_name: dict[str, list[Outside]] = defaultdict(list)
    for each in told:
        by_name[parse(each.image.upstream or "").name].append(each)
    return [_settled(finding, by_name) if finding.place.file not in unknown else finding for finding in findings]


def _settled(finding: Finding, by_name: Mapping[str, Sequence[Outside]]) -> Finding:
    if finding.state is not State.UNRESOLVED:
        return finding
    try:
        name = parse(finding.upstream or finding.place.image).name
    except InvalidReference:
        return finding
    near = [
        each
        for each in by_name.get(name, ())
        if finding.place.file in each.point.uses and finding.upstream in (None, each.image.upstream)
    ]
    if not near or not all(each.relocated for each in near):
        return finding
    return replace(finding, state=State.IGNORED, reason=f"relocated where it is rendered: {near[0].relocated}")


def _images(outcomes: Outcomes, rules: Rules, files: Known) -> Iterator[tuple[EntryPoint, Image]]:
    for key in sorted(outcomes.by_key):
        outcome = outcomes.by_key[key]
        if isinstance(outcome.rendered, list):
            for image in images.find(outcome.rendered, rules, files):
                yield outcome.point, image
