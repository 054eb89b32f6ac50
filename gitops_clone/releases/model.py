"""The words of releases: a chart with its values, the scalars of these, and the images that they compose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.controllers.model import ImageOverride, Owner, Values, ValuesForm


class At(NamedTuple):
    """Where a text stands: a file, and a place in it as `documents.amend` names places (`0/image/tag`).

    A reference in a template stands at a line and a column: `~12:16`.
    """

    file: str
    place: str


class Spot(NamedTuple):
    """A scalar of values: where its text stands, its value, and whether it is null (`tag:`)."""

    at: At
    text: str
    null: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """A chart of the repository (`chart`, its folder) with values in order, the later win, beyond its own.

    With `replaces_values` the first of them stand instead of the chart's own. `owner` is the object of Flux or Argo CD
    that applies it, None where values files stand beside the chart. `images` are overrides that work on what is
    rendered. `obstacle` says why it cannot be rendered here.
    """

    chart: str
    values: tuple[Values, ...] = ()
    owner: Owner | None = None
    release: str = "release-name"
    namespace: str | None = None
    replaces_values: bool = False
    images: tuple[ImageOverride, ...] = ()
    obstacle: str | None = None

    def __str__(self) -> str:
        """How reports name it: `charts/web with values-prod.yaml`, `charts/web as HelmRelease apps/web`."""
        names = [each.file.removeprefix(f"{self.chart}/") for each in self.values]
        files = f" with {', '.join(dict.fromkeys(names))}" if names and self.owner is None else ""
        return f"{self.chart or '.'}{f' as {self.owner}' if self.owner else ''}{files}"

    @property
    def known(self) -> tuple[Values, ...]:
        """The values that stand in files of the repository."""
        return tuple(each for each in self.values if each.file and each.form is not ValuesForm.REFERENCE)

    @property
    def doubt(self) -> str | None:
        """Which of its values are not known: they stand in a Secret, or elsewhere."""
        for each in self.values:
            if each.form is ValuesForm.REFERENCE and each.reference is not None:
                return f"{self.owner}: its values from {each.reference.kind} {each.reference.name} are not known here"
            if not each.file:
                return f"{self.owner}: its values file {each.path} is not in the repository"
        return None
