"""What a line of a chart's template renders: in which releases, and of which values. Told by marking the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops_clone.releases.charts import Charts
from gitops_clone.releases.judge import Failure, Looked
from gitops_clone.releases.releases import Releases
from gitops_clone.releases.survey import Image

# A comment in YAML; what it stands in is rendered with it, so that it shows which lines are made of this one.
_MARK = " # gitops-clone-marks-this-line"
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Rendered:
    """A line that a release renders of a template's line, and the image in it, if it is known what composes that."""

    release: str
    text: str
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """What a template's line renders; `failures` are why some releases do not tell."""

    rendered: tuple[Rendered, ...]
    failures: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple({id(each.image): each.image for each in self.rendered if each.image is not None}.values())

    @property
    def releases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.release for each in self.rendered))

    @property
    def told(self) -> tuple[str, ...]:
        """Each text once, with the releases that render it."""
        by_text: dict[str, dict[str, None]] = {}
        for each in self.rendered:
            by_text.setdefault(each.text, {})[each.release] = None
        return tuple(f"{text} ({', '.join(releases)})" for text, releases in by_text.items())


def trace(root: Path, amenders: Iterable[object], file: str, line: int) -> Traced | None:
    """What a line (1-based) of a file renders; None for a file that is no template of a release."""
    found: list[Rendered] = []
    failures: list[str] = []
    is_template = False
    for releases in amenders:
        if not isinstance(releases, Releases):
            continue
        composed = {place: image for image in releases.images for place in image.seen}
        charts = Charts(root, lambda _: None)  # the values are read already
        for number, looked in enumerate(releases.looked):
            if file not in looked.templates.values():
                continue
            is_template = True
            name = str(looked.reading.release)
            marked = looked.failure or charts.render_marked(looked.reading, file, line, _MARK)
            if isinstance(marked, Failure):
                failures.append(f"{name}: {marked.reason}")
            else:
                found += _lines(name, looked, marked, number, composed)
    return Traced(tuple(found), tuple(failures)) if is_template else None


def _lines(
    release: str, looked: Looked, marked: Mapping[str, str], number: int, composed: Mapping[tuple[int, int], Image]
) -> Iterator[Rendered]:
    assert looked.rendering is not None
    seen = {
        (each.template, each.place.line): composed.get((number, index))
        for index, each in enumerate(looked.rendering.seen)
    }
    for template, text in marked.items():
        for count, line in enumerate(text.split("\n"), 1) if _MARK.strip() in text else ():
            if _MARK.strip() in line:
                told = " ".join(line.replace(_MARK, "").replace(_MARK.strip(), "").split())[:_LONGEST]
                if told:
                    yield Rendered(release, told, seen.get((template, count)))
