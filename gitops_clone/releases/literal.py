"""References that stand in templates and no key names: what they are is told by what they render. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gitops_clone.finders.templates import is_unknown
from gitops_clone.finding import Certainty, Finding, Place, State
from gitops_clone.releases.judge import Looked
from gitops_clone.releases.model import At
from gitops_clone.states import Rules, classify

_UNPROVED = "in a template that is not rendered here: nothing would prove the change"


def unproved(finding: Finding) -> Finding:
    """A finding in a template that is not rendered."""
    if finding.state is not State.UPSTREAM or not is_unknown(finding.place):
        return finding
    return replace(finding, place=replace(finding.place, editable=False), state=State.UNRESOLVED, reason=_UNPROVED)


def rendered(looked: Iterable[Looked]) -> Mapping[At, Sequence[Place]]:
    """The images that a reference in a template renders all of, by its place."""
    found: dict[At, list[Place]] = defaultdict(list)
    for each in looked:
        literal = {spot.at for spot in each.reading.literals}
        seen = each.rendering.seen if each.rendering is not None else ()
        for one, parts in zip(seen, each.compositions, strict=True):
            if parts is not None and len(parts) == 1 and parts[0].at in literal:
                found[parts[0].at].append(one.place)
    return found


def told(finding: Finding, places: Iterable[Place], rules: Rules) -> Finding:
    """A finding that was told by its shape, as what it renders says: how likely it is an image, and why it stays."""
    place = finding.place
    same = [each for each in places if each.image == place.image]
    if not same or place.ignored or not is_unknown(place):
        return finding
    order = list(Certainty)
    surest = min(same, key=lambda each: order.index(each.certainty))
    held = next((each for each in same if each.note is not None), surest)
    place = replace(
        place, certainty=surest.certainty, rule=surest.rule, note=place.note or held.note, ignored=held.ignored
    )
    return replace(classify(place, rules), entry_points=finding.entry_points)
