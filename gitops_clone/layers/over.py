"""What an object of Flux or Argo CD changes in the kustomization that it applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.controllers.model import Owner
from gitops_clone.layers.joining import Style, Variables
from gitops_clone.layers.kustomization import Holder, ImageEntry, Patch


class Room(NamedTuple):
    """Where entries can be added to an object: the place of the list (of `length` items), or of what will hold it.

    `wrap`: the keys of what has to be added with the first one: `images`, or `kustomize` and `images`.
    """

    place: str
    length: int
    wrap: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Over:
    """The changes that an object makes: what it adds behind, or puts in the place of, what the kustomization has.

    `room` is None where no entry can be added; `mark` says why its entries stay as they are. `builds`: kustomize builds
    what it applies (not for a directory of Argo CD).
    """

    owner: Owner
    folder: str
    style: Style
    entries: tuple[ImageEntry, ...] = ()
    patches: tuple[Patch, ...] = ()
    components: tuple[str, ...] = ()
    namespace: str | None = None
    default_namespace: str | None = None
    variables: Variables | None = None
    holder: Holder | None = None
    room: Room | None = None
    mark: str | None = None
    builds: bool = True
    obstacle: str | None = None

    @property
    def name(self) -> str:
        """How reports name the entry point."""
        return f"{self.folder or '.'} ({self.owner}, {self.owner.file})"
