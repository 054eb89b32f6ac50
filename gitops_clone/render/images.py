"""The images that an entry point renders, and what each is to the user's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gitops_clone.finding import Finding, State
from gitops_clone.render.documents import Document
from gitops_clone.render.model import Image
from gitops_clone.scan import Scan
from gitops_clone.states import Rules, classify

# Comments do not survive rendering: what they say of a place holds for the image that it renders.
_MARKS = ("comment gitops-clone: ignore", "annotation gitops-clone/ignore", "Flux image automation owns this line")


def marked(scan: Scan) -> dict[str, str]:
    """The upstreams that a mark in the files keeps as they are, with the reason."""
    return {
        finding.upstream: finding.reason
        for finding in scan.findings
        if finding.upstream and finding.reason and finding.reason.startswith(_MARKS)
    }


def find(documents: list[Document], rules: Rules, kept: Mapping[str, str]) -> tuple[Image, ...]:
    """The images of rendered documents, each object's once, in the order of the text; `kept` is what `marked` gave."""
    images: dict[Image, None] = {}
    for document in documents:
        for place in document.places:
            finding = _kept(classify(place, rules), kept)
            image = Image(place.image, document.name, finding.state, finding.upstream, finding.reason)
            images.setdefault(image)
    return tuple(images)


def _kept(finding: Finding, kept: Mapping[str, str]) -> Finding:
    reason = kept.get(finding.upstream or "") if finding.state is State.UPSTREAM else None
    return replace(finding, state=State.IGNORED, reason=reason) if reason else finding
