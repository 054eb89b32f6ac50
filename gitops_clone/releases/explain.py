"""The findings of a run as its releases leave them: what each is, and why what stays does so. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_clone.finders.templates import is_unknown
from gitops_clone.finding import Finding, Place, Span, State
from gitops_clone.releases.foreign import NOT_RENDERED
from gitops_clone.releases.judge import Looked
from gitops_clone.releases.literal import unproved
from gitops_clone.releases.model import At
from gitops_clone.releases.releases import Releases
from gitops_clone.releases.survey import Image, at_of
from gitops_clone.states import classify

_PATH = re.compile(r"\.Values((?:\.[A-Za-z_]\w*)+)")
_PACKED = "the packed chart has it ({}): give it values in the chart above, unpack it, or try rewrite --render"
_NOT_UNDERSTOOD = "its chart composes it in a way that is not understood"


def stated(findings: Sequence[Finding], releases: Releases) -> list[Finding]:
    """The findings of files with the states that their releases give them, and those of what releases compose."""
    solution = releases.solve(lambda upstream: True, lambda upstream: None)
    known: dict[At, Finding] = {}
    made: list[Finding] = []
    for number, image in enumerate(releases.images):
        finding = _of_image(image, solution.left.get(number))
        at = at_of(image.finding.place)
        if at in releases.usual:
            moves = finding.state in (State.UPSTREAM, State.BACKUP)
            known[at] = replace(finding, place=replace(finding.place, editable=moves))
        else:
            made.append(finding)
    templates = _Templates(releases)
    better = {at_of(finding.place) for finding in made}
    result = [
        templates.stated(known.get(at, finding))
        for finding in findings
        if (at := at_of(finding.place)) not in better or at in releases.usual
    ]
    return sorted([*result, *made, *templates.unexplained(result)], key=lambda finding: finding.place.file)


def _of_image(image: Image, reason: str | None) -> Finding:
    """An image's finding; `reason` says why it is left."""
    finding = image.finding
    if reason is None or finding.state is not State.UPSTREAM:
        return finding
    return replace(finding, state=State.UNRESOLVED, reason=reason)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An image that a template's file renders, and where the text is that composes it."""

    image: str
    at: At | None
    line: int


class _Templates:
    """What is known of the lines of templates: which are rendered, and from which values."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._seen: dict[str, list[_Seen]] = defaultdict(list)
        self._charts: set[str] = set()
        self._failed: dict[str, str] = {}
        composed = {place: image for image in releases.images for place in image.seen}
        for number, looked in enumerate(releases.looked):
            self._add(number, looked, composed)

    def _add(self, number: int, looked: Looked, composed: Mapping[tuple[int, int], Image]) -> None:
        if looked.failure is not None and not looked.failure.refused:
            self._failed |= dict.fromkeys(looked.templates.values(), looked.failure.reason)
        if looked.rendering is None:
            return
        self._charts.update(looked.templates.values())
        failing = looked.reading.failing.items()
        self._failed |= {looked.templates[name]: reason for name, reason in failing if name in looked.templates}
        for index, seen in enumerate(looked.rendering.seen):
            image = composed.get((number, index))
            place = image.finding.place if image is not None else seen.place
            at = at_of(place) if image is not None else None
            self._seen[looked.templates[seen.template]].append(_Seen(seen.place.image, at, place.line))

    def stated(self, finding: Finding) -> Finding:
        """A finding in a template: whether it is rendered, or from which values what it composes comes."""
        place = finding.place
        if place.file not in self._charts or place.file in self._failed:
            return unproved(finding)
        here = self._seen[place.file]
        if "{{" in place.image:
            return replace(finding, state=State.IGNORED, reason=self._composed(place, here))
        if place.composed or place.text_pointer is not None:
            return finding
        if any(seen.at == at_of(place) for seen in here):
            return finding
        if finding.state in (State.UPSTREAM, State.BACKUP) and not any(seen.image == place.image for seen in here):
            place = replace(place, editable=False)
            return replace(finding, place=place, state=State.IGNORED, reason=NOT_RENDERED)
        return finding

    def _composed(self, place: Place, here: Sequence[_Seen]) -> str:
        """What a line of a template composes."""
        places = [seen.at for seen in here if seen.at is not None]
        if not here:
            return NOT_RENDERED
        for match in _PATH.finditer(place.image):
            pointer = match[1].replace(".", "/")
            places = [at for at in places if f"{pointer}/" in f"{at.place}/"] or places
        if not places:
            return "composed by the chart"
        lines = {seen.at: seen.line for seen in here}
        return f"composed from the chart's values: {places[0].file}:{lines[places[0]]}"

    def unexplained(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The images that are rendered, but from texts that are not known: not those that files have by themselves."""
        usual = {(each.place.file, each.place.image) for each in findings if not is_unknown(each.place)}
        found: dict[tuple[str, str], Finding] = {}
        known = {place for image in self._releases.images for place in image.seen}
        for number, looked in enumerate(self._releases.looked):
            for index, seen in enumerate(looked.rendering.seen if looked.rendering is not None else ()):
                archive, packed, inner = looked.templates[seen.template].partition(".tgz/")
                file = f"{archive}.tgz" if packed else archive
                key = (file, seen.place.image)
                if (number, index) in known or key in found or key in usual:
                    continue
                place = replace(
                    seen.place, file=file, document=0, pointer=None, text_pointer=None, line=1, column=1,
                    span=Span(0, 0), chunk=0, within=None, composed=True,
                    namespace=seen.place.namespace or looked.reading.release.namespace,
                )  # fmt: skip
                finding = classify(place, self._releases.rules)
                if finding.state is State.UPSTREAM:
                    reason = _PACKED.format(inner) if packed else _NOT_UNDERSTOOD
                    finding = replace(finding, state=State.UNRESOLVED, reason=reason)
                found[key] = finding
        yield from found.values()
