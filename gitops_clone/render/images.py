"""The images that an entry point renders, and what each is to the user's rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gitops_clone.finding import Finding, State
from gitops_clone.render.documents import Document
from gitops_clone.render.model import Image
from gitops_clone.states import Rules, classify

# Comments do not survive rendering: what they say of a place holds for the image that it renders.
_MARKS = ("comment gitops-clone: ignore", "annotation gitops-clone/ignore", "Flux image automation owns this line")


@dataclass(frozen=True, slots=True)
class Known:
    """What the files say of upstreams, with the reasons: those that a mark keeps, and those that had to be left."""

    kept: Mapping[str, str]
    left: Mapping[str, str]


def known(findings: Iterable[Finding]) -> Known:
    """What is known from the findings of the files."""
    kept: dict[str, str] = {}
    left: dict[str, str] = {}
    for finding in findings:
        if finding.upstream and finding.reason and finding.reason.startswith(_MARKS):
            kept[finding.upstream] = finding.reason
        elif finding.upstream and finding.reason and finding.state is State.UNRESOLVED:
            left.setdefault(finding.upstream, finding.reason)
    return Known(kept, left)


def find(documents: Iterable[Document], rules: Rules, files: Known) -> tuple[Image, ...]:
    """The images of rendered documents, each object's once, in the order of the text."""
    images: dict[Image, None] = {}
    for document in documents:
        for place in document.places:
            finding = _with_files(classify(place, rules), files)
            image = Image(place.image, document.name, finding.state, finding.upstream, finding.reason)
            images.setdefault(image)
    return tuple(images)


def _with_files(finding: Finding, files: Known) -> Finding:
    """What the files say of an upstream that is rendered: that it is kept, or why it was left."""
    if finding.state is not State.UPSTREAM or finding.upstream is None:
        return finding
    if finding.upstream in files.kept:
        return replace(finding, state=State.IGNORED, reason=files.kept[finding.upstream])
    return replace(finding, reason=files.left.get(finding.upstream))
