"""What is known of a repository's releases in a run, and the edits that relocate what they render."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.documents.amend import Amendment, Insert, Replace
from gitops_clone.finding import State
from gitops_clone.image import parse
from gitops_clone.naming import Pin
from gitops_clone.releases.judge import Judge, Looked, Render
from gitops_clone.releases.model import At
from gitops_clone.releases.propose import Beside, Way, ways
from gitops_clone.releases.solve import Aim, Solution, solve
from gitops_clone.releases.survey import Image
from gitops_clone.states import Rules


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of a run and their images; `files` are those that may be edited.

    What is `usual` is edited where it is found, as in any other file; that of which nothing is rendered goes unproved.
    """

    looked: tuple[Looked, ...]
    images: tuple[Image, ...]
    rules: Rules
    files: frozenset[str]
    render: Render
    usual: frozenset[At] = frozenset()
    _judge: Judge = field(init=False, repr=False, compare=False)
    _known: dict[tuple[tuple[str, ...], ...], Solution] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        aims = {seen: number for number, image in enumerate(self.images) for seen in image.seen}
        object.__setattr__(self, "_judge", Judge(self.looked, aims, self.render))

    def solve(self, available: Available, digest: Digest) -> Solution:
        """The ways that hold, given what is backed up."""
        targets = [self._targets(image, available, digest) for image in self.images]
        key = tuple(targets)
        if key not in self._known:
            aims = [self._aim(image, each) for image, each in zip(self.images, targets, strict=True)]
            self._known[key] = solve(aims, self._judge)
        return self._known[key]

    def amendments(self, available: Available, digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        """The edits of values by file; those of references in templates are made where they are found."""
        solution = self.solve(available, digest)
        upstream = self._upstreams(solution)
        texts = {at: text for at, text in solution.attempt.set.items() if not self._is_usual(at)}
        added = dict(solution.attempt.added)
        for each in self._edited(solution):
            added |= each.permit
        olds = {spot.at: spot.text for looked in self.looked for spot in looked.reading.spots()}
        found: dict[str, list[Amendment]] = defaultdict(list)
        for at, text in texts.items():
            found[at.file].append(Replace(at.place, olds[at], text, *upstream.get(at, ("", ""))))
        for at, value in added.items():
            if at not in olds:
                found[at.file].append(Insert(at.place, value, *upstream.get(at, ("", ""))))
            elif value is True:
                found[at.file].append(Replace(at.place, olds[at], "true"))
        return found

    def coupled(self, available: Available, digest: Digest) -> Sequence[frozenset[str]]:
        """The files that each image's way changes: all of them, or none."""
        solution = self.solve(available, digest)
        groups = [frozenset(at.file for at in (*way.set, *way.added)) for way in solution.attempt.ways.values()]
        groups += [
            frozenset((*(at.file for at in each.permit), *self._files(solution, each)))
            for each in self._edited(solution)
            if each.permit
        ]
        return [group for group in dict.fromkeys(groups) if len(group) > 1]

    def without(self, files: Collection[str]) -> Self:
        """The same releases, when these files cannot be changed."""
        return replace(self, files=self.files - frozenset(files))

    def _is_usual(self, at: At) -> bool:
        return at in self.usual or at.place.startswith("~")

    def _edited(self, solution: Solution) -> Iterator[Looked]:
        """The releases that a solution changes."""
        for each in self.looked:
            if any(self._files(solution, each)):
                yield each

    def _files(self, solution: Solution, looked: Looked) -> Iterator[str]:
        """The files of a release that a solution changes."""
        for at in (*solution.attempt.set, *solution.attempt.added):
            if at.file in looked.reading.files:
                yield at.file

    def _upstreams(self, solution: Solution) -> dict[At, tuple[str, str]]:
        """For each edit the upstream that it is for, and what that becomes."""
        found: dict[At, tuple[str, str]] = {}
        for number, way in solution.attempt.ways.items():
            for at in (*way.set, *way.added):
                found.setdefault(at, (self.images[number].finding.upstream or "", way.target))
        return found

    def _targets(self, image: Image, available: Available, digest: Digest) -> tuple[str, ...]:
        """What an image is to become, the best first; nothing if it must stay."""
        finding, scheme, pin = image.finding, self.rules.scheme, self.rules.pin
        if finding.upstream is None or not available(finding.upstream):
            return ()
        if finding.state is State.BACKUP and not self._is_ours(image):
            return ()
        if finding.state not in (State.UPSTREAM, State.BACKUP):
            return ()
        upstream = parse(finding.upstream)
        pins = (pin, Pin.DIGEST, Pin.NEVER) if pin is Pin.ALWAYS else (pin, Pin.DIGEST)
        texts = dict.fromkeys(str(scheme.written(upstream, each, digest(finding.upstream))) for each in pins)
        found = tuple(texts)
        return () if found[0] == image.text else found

    def _is_ours(self, image: Image) -> bool:
        """Whether gitops-clone has changed any of the scalars of an image."""
        places = (part.at for part in image.parts if part.at is not None)
        return any(f"{at.file}#{at.place}" in self.rules.lock.changes for at in places)

    def _aim(self, image: Image, targets: Sequence[str]) -> Aim:
        releases = frozenset(number for number, _ in image.seen)
        aim = Aim(image.text, image.parts if image.used else (), releases, reason=image.finding.reason or "")
        if not targets:
            return replace(aim, reason=aim.reason or "not backed up")
        assert image.finding.upstream is not None
        upstream = parse(image.finding.upstream)
        home = self.rules.scheme.backup(upstream).name.removesuffix(f"/{upstream.repository}")
        found = ways(image.text, image.parts, targets, home, self._beside(image), proved=bool(image.seen))
        free = [way for way in found if self._why_not(way) is None]
        if free:
            return replace(aim, ways=tuple(free))
        reason = self._why_not(found[0]) if found else "the chart composes it in a way that is not understood"
        return replace(aim, reason=reason or "")

    def _beside(self, image: Image) -> Beside:
        """What stands beside an image's scalars; where nothing is proved, no key is added."""
        reading = self.looked[image.release].reading
        if image.seen:
            return reading.beside
        return lambda at, kind: [near for near in reading.beside(at, kind) if near.text is not None]

    def _why_not(self, way: Way) -> str | None:
        """Why the edits of a way cannot be made."""
        for at in (*way.set, *way.added):
            if at.file not in self.files:
                return f"{at.file} is not among the files of this run"
        for looked in self.looked:
            for at in way.set:
                if at in looked.elsewhere:
                    return f"the chart also puts it into {looked.elsewhere[at]}"
            for layer in looked.reading.layers:
                if layer.source.note and any(at.file == layer.source.file for at in (*way.set, *way.added)):
                    return layer.source.note
                for at in way.set:
                    for path in layer.source.paths.get(at, ()):
                        if path in layer.source.duplicates:
                            key = layer.source.duplicates[path]
                            return f'key "{key}" stands twice in its mapping: tools disagree on which counts'
        return None
