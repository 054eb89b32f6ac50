"""The images that releases render, each with what composes it, and its finding. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_clone.finding import Certainty, Finding, Place, Rule, RuleKind, Span, State
from gitops_clone.image import InvalidReference, parse
from gitops_clone.layers.transformer import matches
from gitops_clone.releases import keys
from gitops_clone.releases.compose import Composition, lead
from gitops_clone.releases.judge import Looked
from gitops_clone.releases.model import At, Release
from gitops_clone.releases.reading import Layer, Reading
from gitops_clone.states import Rules, classify

IGNORED = "comment gitops-clone: ignore"
ANNOTATED = "annotation gitops-clone/ignore"
Usual = Mapping[At, Finding]
"""The findings that files have by themselves, by place."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of some release, and the scalars that compose it.

    `seen` has the releases that render it (by index), and its number in each: none where its chart is not at hand, so
    that nothing can be proved, or where it is not rendered (`used`). Its finding is at the scalar that has the
    repository. `release` is one that has it.
    """

    finding: Finding
    parts: Composition
    release: int
    seen: tuple[tuple[int, int], ...] = ()
    used: bool = True

    @property
    def text(self) -> str:
        return self.finding.place.image


def at_of(place: Place) -> At:
    """Where the text of a place stands."""
    if place.text_pointer is None:
        return At(place.file, f"~{place.line}:{place.column}")
    return At(place.file, f"{place.document}{place.text_pointer}{place.inner}")


def images(looked: Sequence[Looked], rules: Rules, usual: Usual) -> list[Image]:
    """The images that releases render from texts that are known, in the order of releases."""
    by_text: dict[tuple[str, Composition], list[tuple[int, int]]] = defaultdict(list)
    for number, each in enumerate(looked):
        seen = each.rendering.seen if each.rendering is not None else ()
        for index, (one, parts) in enumerate(zip(seen, each.compositions, strict=True)):
            if parts is not None and lead(parts) is not None:
                by_text[one.place.image, parts].append((number, index))
    found: list[Image] = []
    for (_, parts), places in by_text.items():
        by_finding: dict[Finding, list[tuple[int, int]]] = defaultdict(list)
        rendered = [(number, index, _rendered(looked[number], index)) for number, index in places]
        surest = min((place for *_, place in rendered), key=lambda place: list(Certainty).index(place.certainty))
        doubt = next((doubt for number, *_ in rendered if (doubt := looked[number].reading.release.doubt)), None)
        for number, index, place in rendered:
            sure = replace(place, certainty=surest.certainty, rule=surest.rule)
            by_finding[_finding(looked[number], parts, sure, doubt, rules, usual)].append((number, index))
        found += (Image(finding, parts, seen[0][0], tuple(seen)) for finding, seen in by_finding.items())
    return found


def _rendered(looked: Looked, index: int) -> Place:
    assert looked.rendering is not None
    return looked.rendering.seen[index].place


def _finding(looked: Looked, parts: Composition, seen: Place, doubt: str | None, rules: Rules, usual: Usual) -> Finding:
    """The finding of an image that is rendered at a place; `doubt` says why it may be rendered as something else."""
    at = lead(parts)
    assert at is not None
    release = looked.reading.release
    if len(parts) == 1 and at in usual and usual[at].place.image == seen.image:
        return left_to_updater(release, usual[at])
    note, ignored = overridden(release, seen.image) or (seen.note, seen.ignored)
    place = replace(
        place_of(looked.reading, parts, seen.image),
        namespace=seen.namespace or release.namespace,
        certainty=seen.certainty,
        rule=seen.rule,
    )
    if place.note is None and note is not None:
        place = replace(place, note=note, ignored=ignored)
    finding = likely(place, doubt, rules) if doubt and place.note is None else classify(place, rules)
    return left_to_updater(release, finding)


def left_to_updater(release: Release, finding: Finding) -> Finding:
    """A finding, left where Argo CD Image Updater writes the image: two bots would write in turn."""
    owner = release.owner
    if owner is None or not owner.updated or finding.state is not State.UPSTREAM or finding.upstream is None:
        return finding
    name = parse(finding.upstream).name
    if not any(_is_name(each, name) for each in owner.updated):
        return finding
    reason = f"Argo CD Image Updater changes the images of {owner}"
    return replace(finding, state=State.UNRESOLVED, reason=reason)


def _is_name(written: str, name: str) -> bool:
    try:
        return parse(written).name == name
    except InvalidReference:
        return False


def overridden(release: Release, image: str) -> tuple[str, bool] | None:
    """Why an image is left to an override of its release, and whether it is not rendered as it is."""
    override = next((each for each in release.images if matches(each.name, image)), None)
    if override is None or release.owner is None:
        return None
    where = f"{override.file or release.owner.file}:{override.line}"
    if override.new_name:
        return f"never rendered as written: {where} changes it", True
    return f"selected by name in {where} ({release.owner})", False


def likely(place: Place, doubt: str, rules: Rules) -> Finding:
    """The finding of an image that is likely, but for a doubt."""
    unsure = place if place.certainty is Certainty.POSSIBLE else replace(place, certainty=Certainty.LIKELY)
    finding = classify(unsure, rules)
    taken = finding.state is not State.IGNORED or classify(place, rules).state is State.IGNORED
    return finding if taken else replace(finding, reason=f"{doubt} (--certainty {unsure.certainty} takes it)")


def place_of(reading: Reading, parts: Composition, image: str) -> Place:
    """The place of an image: where its leading scalar stands, with what comments say of any of its scalars."""
    at = lead(parts) or next(part.at for part in parts if part.at is not None)
    number, slash, rest = at.place.partition("/")
    where = slash + rest
    line, column, policy = 1, 1, None
    for layer in reading.layers:
        stands = at if at in layer.source.offsets else At(at.file, at.place.rpartition("#")[0])
        if stands in layer.source.offsets:
            line, column = layer.source.lines.position(layer.source.offsets[stands])
            policy = _policy(reading, layer, at)
    commented = any(part.at is not None and _is_ignored(reading, part.at) for part in parts)
    document = int(number) if number.isdigit() else 0
    owner = reading.release.owner
    annotated = owner is not None and owner.ignored and (owner.file, owner.document) == (at.file, document)
    return Place(
        file=at.file,
        document=document,
        pointer=where.partition("#")[0],
        text_pointer=where,
        line=line,
        column=column,
        image=image,
        raw=image,
        span=Span(0, 0),
        note=ANNOTATED if annotated else IGNORED if commented else None,
        ignored=annotated or commented,
        policy=policy,
        rule=Rule(RuleKind.VALUES),
        composed=True,
    )


def _is_ignored(reading: Reading, at: At) -> bool:
    """Whether a comment says that a scalar is to be left alone."""
    sources = (layer.source for layer in reading.layers if at in layer.source.offsets)
    return any(source.lines.ignored(source.offsets[at]) for source in sources)


def _policy(reading: Reading, layer: Layer, at: At) -> str | None:
    """The Flux ImagePolicy that owns a line of the image: that of its repository, or that of a tag beside it."""
    tags = (near.at for near in reading.beside(at, keys.TAG) if near.text is not None)
    offsets = (layer.source.offsets[each] for each in (at, *tags) if each in layer.source.offsets)
    return next((policy for offset in offsets if (policy := layer.source.lines.policy(offset)) is not None), None)
