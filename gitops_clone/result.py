"""What a command did: one model, from which each report format is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops_clone.finding import Finding, Part, Place, Skipped, Span, Within

if TYPE_CHECKING:
    from gitops_clone.explain.model import Explanation
    from gitops_clone.gaps.model import Gap
    from gitops_clone.mentions.model import Mention
    from gitops_clone.mirror.model import Lookup, Outcome
    from gitops_clone.render.model import Rendering
    from gitops_clone.render.outside import Outside
    from gitops_clone.repo.commit import Commit
    from gitops_clone.repo.forges.model import PullRequest


@dataclass(frozen=True, slots=True)
class Change:
    """One scalar that is replaced: its raw text before and after, and the places that show it (several for aliases).

    Where more than a value changes (a key is added or renamed), `operations` says so as JSON Patch. `becomes` is the
    new reference where `after` is only a part of it. An `amended` place is told in the lock file's `changes`; `further`
    is a part of an image that another change of the file counts for.
    Of a split reference, `before` and `after` are the whole of it, and `parts` the scalars that get a new value.
    """

    places: tuple[Place, ...]
    upstream: str
    before: str
    after: str
    operations: tuple[dict[str, Any], ...] = ()
    becomes: str = ""
    amended: bool = False
    further: bool = False
    parts: tuple[tuple[Part, str], ...] = ()

    @property
    def counted(self) -> tuple[Place, ...]:
        """Its places, an image that is composed of several counted once."""
        return () if self.further else self.places

    def pieces(self) -> Iterator[Piece]:
        """What changes in which scalar: one piece a place, or one a part of it."""
        for place in self.places:
            if self.parts:
                yield from (
                    Piece(
                        place.document,
                        part.pointer,
                        part.text_pointer,
                        part.span,
                        part.within,
                        part.value,
                        part.raw,
                        value,
                    )
                    for part, value in self.parts
                )
            else:
                yield Piece(
                    place.document, place.pointer, place.text_pointer or "", place.span, place.within, place.image,
                    place.raw, self.after,
                )  # fmt: skip


class Piece(NamedTuple):
    """A scalar, or a part of one, that is replaced: its place, its value and raw text before, its raw text after."""

    document: int
    pointer: str | None
    text_pointer: str
    span: Span
    within: Within | None
    value: str
    raw: str
    after: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file as it was and as it is after the edits, in bytes, and its encoding for showing a diff."""

    file: str
    before: bytes
    after: bytes
    encoding: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """What `status` learned of one locked image: what the lock file says, what both registries serve."""

    upstream: str
    backup: str
    digest: str | None
    at_upstream: Lookup
    at_backup: Lookup


class Action(StrEnum):
    """What became of the pull request."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where the edits went: the commit that was pushed to a branch of a remote (None: it had all of them before).

    `pull_request` and `action` are None where none was asked for, or none is needed.
    """

    remote: str
    branch: str
    sha: str | None
    pull_request: PullRequest | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one command; what does not apply to it stays empty.

    `findings` are in the state before the run. `files` are the edits that were written (or would be, `dry_run`).
    `digests` are those of the lock file after a `rewrite`, by upstream (None: the registry fills itself). For a pull
    request also: the `platforms` of the backups, by upstream, and the changed files of each entry point, by its name.
    `renderings` are what came of each entry point (`verify`), or of those that do not render (`rewrite --render`, which
    has the images that only rendering shows in `outside`). `mentions` are what names images without pulling them (None:
    nobody looked). `warnings` are lines for a person. `next_steps` are commands to run next.
    """

    command: str
    backup_registry: str
    findings: Sequence[Finding] = ()
    skipped: Sequence[Skipped] = ()
    outcomes: Sequence[Outcome] = ()
    files: Sequence[FileChange] = ()
    digests: Mapping[str, str | None] = field(default_factory=dict)
    platforms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entry_points: Mapping[str, Sequence[str]] = field(default_factory=dict)
    statuses: Sequence[ImageStatus] = ()
    unlocked: Sequence[Finding] = ()
    renderings: Sequence[Rendering] = ()
    outside: Sequence[Outside] | None = None
    mentions: Sequence[Mention] | None = None
    gaps: Sequence[Gap] = ()
    explanations: Sequence[Explanation] = ()
    commit: Commit | None = None
    delivery: Delivery | None = None
    dry_run: bool = False
    warnings: Sequence[str] = ()
    next_steps: Sequence[str] = field(default=())
    exit_code: int = 0

    def with_warning(self, warning: str) -> Result:
        """The same result with one more line for a person."""
        return replace(self, warnings=(*self.warnings, warning))


def exit_code(skipped: Sequence[Skipped], otherwise: int = 0) -> int:
    """2 where a file that could hold an image was passed over, else what the command found."""
    return 2 if any(item.fatal for item in skipped) else otherwise
