"""What is rendered, and what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from gitops_clone.controllers.model import Applied
from gitops_clone.finding import State


class Kind(StrEnum):
    KUSTOMIZATION = "kustomization"
    CHART = "chart"
    MANIFESTS = "manifests"


def without_log_in(address: str) -> str:
    """An address without the log-in that may stand in it."""
    return re.sub(r"//[^/@]*@", "//", address)


PointKey = tuple[str, tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """Something that is applied to a cluster: `folder` relative to the root ("" is the root itself).

    It is what an object of Flux or Argo CD applies (`applied`), or a kustomization or chart that nothing here applies.
    Such a chart is one entry point with its default values, and one more for each way to give it `values` files (names
    relative to the root, the later win). `where` is the file that has the object, or the entry point that brings it;
    `place` is a file and line to look at. `files` are those that it is made of, `source` is the object as its file has
    it, `inner` the key of the entry point that this would be by itself. `obstacle` says why it must not be rendered,
    `caveat` what is not known of it when it is.
    """

    kind: Kind
    folder: str
    values: tuple[str, ...] = ()
    applied: Applied | None = None
    where: str = ""
    place: tuple[str, int] = field(default=("", 1), compare=False)
    files: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    source: Applied | None = field(default=None, compare=False, repr=False)
    inner: PointKey | None = field(default=None, compare=False, repr=False)
    obstacle: str | None = None
    caveat: str | None = None

    @property
    def uses(self) -> frozenset[str]:
        """The files that it is made of, that has its object, and that have its values."""
        if self.applied is None:
            return self.files.union(self.values)
        return self.files.union((self.applied.owner.file, *(each.file for each in self.applied.values)))

    @property
    def owner(self) -> str:
        """The object that applies it: `HelmRelease apps/web`; of several sources, with the number of its own."""
        if self.applied is None:
            return ""
        _, several, number = self.applied.pointer.rpartition("/sources/")
        return f"{self.applied.owner}, source {int(number) + 1}" if several else str(self.applied.owner)

    @property
    def key(self) -> PointKey:
        """What it is the same by in two revisions."""
        return ("", (), self.owner, self.where) if self.applied else (self.folder, self.values, self.kind.value, "")

    @property
    def name(self) -> str:
        """How reports name it: by its owner, else by its folder and its values files."""
        if self.applied is not None:
            return f"{self.owner} ({self.where})"
        names = [name.removeprefix(f"{self.folder}/") for name in self.values]
        return f"{self.folder or '.'} with {', '.join(names)}" if names else self.folder or "."


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
    """What came of an entry point. `reason` says why it was not rendered, or what is not known of it.

    `diff` is what changed that must not. `comparison` is None where nothing was compared.
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
