"""What is rendered, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gitops_clone.finding import State


class Kind(StrEnum):
    KUSTOMIZATION = "kustomization"
    CHART = "chart"


PointKey = tuple[Kind, str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Something that is applied to a cluster: `folder` relative to the root ("" is the root itself).

    A chart is one entry point with its default values, and one more for each way to give it `values` files (names
    relative to the root, the later win), or for an application (`owner`) that has values of its own: `inline`, texts
    that win over all files. `applied_by` names the objects of Flux and Argo CD that apply it.
    `obstacle` says why it must not be rendered.
    """

    kind: Kind
    folder: str
    values: tuple[str, ...] = ()
    owner: str = ""
    inline: tuple[str, ...] = ()
    applied_by: tuple[str, ...] = ()
    obstacle: str | None = None

    @property
    def key(self) -> PointKey:
        """What it is the same by in two revisions."""
        return self.kind, self.folder, self.values, self.owner

    @property
    def name(self) -> str:
        """Its folder, and the names of its values files, those in the folder relative to it."""
        names = [name.removeprefix(f"{self.folder}/") for name in self.values]
        owner = f" as {self.owner}" if self.owner else ""
        files = f" with {', '.join(names)}" if names else ""
        return f"{self.folder or '.'}{owner}{files}"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a rendered object (`owner`, such as `Deployment web`), and what it is to the rules."""

    image: str
    owner: str
    state: State
    upstream: str | None = None
    reason: str | None = None


class Comparison(StrEnum):
    """What the rendering is to the one of the revision: `same` but for relocated images."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    BROKEN = "broken"


class Verdict(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What came of an entry point. `reason` says why it was not rendered, `diff` what changed that must not.

    `comparison` is None where nothing was compared.
    """

    entry_point: EntryPoint
    images: tuple[Image, ...] = ()
    reason: str | None = None
    comparison: Comparison | None = None
    diff: str = ""

    @property
    def missing(self) -> tuple[Image, ...]:
        """The images that are not on the backup registry."""
        return tuple(image for image in self.images if image.state is State.UPSTREAM)

    @property
    def verdict(self) -> Verdict:
        if self.missing or self.comparison in (Comparison.CHANGED, Comparison.BROKEN):
            return Verdict.FAILED
        return Verdict.NOT_VERIFIED if self.reason else Verdict.OK
