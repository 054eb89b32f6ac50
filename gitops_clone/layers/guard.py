"""Hold back findings that a layer selects by the name they have: renaming them would lose what the layer says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gitops_clone.finding import Finding, State
from gitops_clone.layers.transformer import matches


@dataclass(frozen=True, slots=True)
class Selector:
    """A name that some layer looks for, and the words for where it stands.

    It looks only at the files in `folder` and further down, if that is known.
    """

    name: str
    where: str
    folder: str | None = None

    def reaches(self, file: str) -> bool:
        """Whether it looks at what stands in a file."""
        return not self.folder or file.startswith(f"{self.folder}/")

    @property
    def reason(self) -> str:
        """Why an image that it selects is left as it is."""
        return f"selected by name in {self.where}, which would no longer match; exclude that file if nothing applies it"


def hold(findings: Iterable[Finding], selectors: Sequence[Selector]) -> list[Finding]:
    """The findings, those unresolved whose image a selector takes as it is written."""
    taking: dict[str, list[Selector]] = {}
    held = []
    for finding in findings:
        image = finding.place.image
        if finding.state is State.UPSTREAM:
            if image not in taking:
                taking[image] = [each for each in selectors if matches(each.name, image)]
            selector = next((each for each in taking[image] if each.reaches(finding.place.file)), None)
            if selector is not None:
                finding = replace(finding, state=State.UNRESOLVED, reason=selector.reason)
        held.append(finding)
    return held
