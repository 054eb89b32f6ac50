"""Every release rendered: as it is, with its values marked, and with an attempt's edits; and what that tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_clone.documents.planned import Tree
from gitops_clone.documents.proof import pointer
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.releases import rendering
from gitops_clone.releases.compose import Composition, is_whole, mark
from gitops_clone.releases.model import At
from gitops_clone.releases.reading import Reading
from gitops_clone.releases.rendering import Rendering, Texts, Unreadable
from gitops_clone.releases.solve import Attempt, Verdict

_PERMIT = ("global", "security", "allowInsecureImages")


@dataclass(frozen=True, slots=True)
class Failure:
    """A release that does not render; `refused`: Helm would not render it either.

    `failing` has the reason of each template that fails, by name, where that is all that is wrong.
    """

    reason: str
    refused: bool = False
    failing: Mapping[str, str] = field(default_factory=dict)


Render = Callable[[Reading, Mapping[At, str], Mapping[At, Tree]], Texts | Failure]
"""Renders a release with some texts replaced, and some keys added."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a release renders as it is, and what composes each image; `failure` says why that is not known.

    `templates` has the files of its templates by their names. `elsewhere` says of texts where else the chart puts them;
    `permit` is what the chart wants to be told before it renders relocated images.
    """

    reading: Reading
    templates: Mapping[str, str] = field(default_factory=dict)
    rendering: Rendering | None = None
    compositions: tuple[Composition | None, ...] = ()
    elsewhere: Mapping[At, str] = field(default_factory=dict)
    permit: Mapping[At, Tree] = field(default_factory=dict)
    failure: Failure | None = None


def look(
    reading: Reading, render: Render, catalogue: Catalogue = SHIPPED, templates: Mapping[str, str] | None = None
) -> Looked:
    """Render a release as it is, and with its values marked: again with more marks, while images are not understood."""
    files = templates or {}
    if reading.release.obstacle:
        return Looked(reading, files, failure=Failure(reading.release.obstacle))
    texts = render(reading, {}, {})
    if isinstance(texts, Failure) and texts.failing:
        # It may lack a dependency, or a value that only its user knows: what else it renders can be told.
        reading = replace(reading, failing=texts.failing)
        texts = render(reading, {}, {}) or texts
    if isinstance(texts, Failure):
        return Looked(reading, files, failure=texts)
    try:
        found = rendering.look(texts, catalogue)
    except Unreadable as error:
        return Looked(reading, files, failure=Failure(str(error)))
    compositions: list[Composition | None] = [None] * len(found.seen)
    elsewhere: dict[At, str] = {}
    permit: Mapping[At, Tree] = {}
    tried: Mapping[At, str] = {}
    for words in (False, True):
        images = {seen.place.image for seen, known in zip(found.seen, compositions, strict=True) if not is_whole(known)}
        marks = mark(images, reading.spots(), words=words)
        if marks.values.keys() <= tried.keys():
            continue
        tried = marks.values
        marked = render(reading, marks.values, permit)
        if isinstance(marked, Failure) and _PERMIT[-1] in marked.reason:
            permit = permission(reading)
            marked = render(reading, marks.values, permit)
        if isinstance(marked, Failure):
            continue
        traced = rendering.trace(found, marks, marked)
        elsewhere = {**traced.elsewhere, **elsewhere}
        compositions = [
            known if is_whole(known) else better or known
            for known, better in zip(compositions, traced.compositions, strict=True)
        ]
    return Looked(reading, files, found, tuple(compositions), elsewhere, permit)


def permission(reading: Reading) -> dict[At, Tree]:
    """The key that Bitnami's charts ask for: where it stands, or where it can be added, in the chart's values first."""
    for layer in reversed(reading.layers):
        inner = layer.inner(_PERMIT)
        if inner is not None and inner in layer.source.spots:
            return {layer.source.spots[inner].at: True}
    value: Tree = True
    for size in (2, 1, 0):
        for layer in reading.layers:
            inner = layer.inner(_PERMIT[:size])
            if inner is not None and inner in layer.source.maps and (*inner, _PERMIT[size]) not in layer.source.empty:
                place = layer.source.maps[inner] + pointer((_PERMIT[size],))
                return {At(layer.source.file, place): value}
        value = {_PERMIT[size]: value}
    return {}


@dataclass(slots=True)
class Judge:
    """Renders all releases that an attempt could reach. `aims` has the aim of each image of each release."""

    looked: Sequence[Looked]
    aims: Mapping[tuple[int, int], int]
    render: Render
    _known: dict[tuple[int, frozenset[tuple[At, str]]], Texts | Failure] = field(default_factory=dict)

    def __call__(self, attempt: Attempt) -> Verdict:
        wrong: dict[int, str] = {}
        elsewhere: dict[int, str] = {}
        for number, looked in enumerate(self.looked):
            if looked.rendering is None:
                continue
            texts = {at: text for at, text in attempt.set.items() if at.file in looked.reading.files}
            added = {at: value for at, value in attempt.added.items() if at.file in looked.reading.files}
            if not texts and not added:
                continue
            after = self._rendered(number, texts, {**added, **looked.permit})
            if isinstance(after, Failure):
                elsewhere[number] = f"{looked.reading.release} does not render then: {after.reason}"
                continue
            wanted = {
                index: attempt.ways[aim].target
                for (release, index), aim in self.aims.items()
                if release == number and aim in attempt.ways
            }
            for place, reason in rendering.differences(looked.rendering, wanted, after):
                if place in wanted and place is not None:
                    wrong.setdefault(self.aims[number, place], reason)
                else:
                    elsewhere.setdefault(number, reason)
        return Verdict(wrong, elsewhere)

    def _rendered(self, number: int, texts: Mapping[At, str], added: Mapping[At, Tree]) -> Texts | Failure:
        key = (number, frozenset((*texts.items(), *((at, repr(value)) for at, value in added.items()))))
        if key not in self._known:
            self._known[key] = self.render(self.looked[number].reading, texts, added)
        return self._known[key]
