"""What `status` says of an image: a word for each of the two registries. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_clone.mirror.model import Absent, Present, Unknown

if TYPE_CHECKING:
    from gitops_clone.result import ImageStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `status` says of one side of an image: a word, why (if there is more to say), and whether all is well."""

    word: str
    reason: str | None
    fine: bool


def upstream_verdict(status: ImageStatus) -> Verdict:
    """`there`, `moved` (another digest than the locked one), `gone`, or `unknown`."""
    match status.at_upstream:
        case Present(digest) if status.digest in (None, digest):
            return Verdict("there", None, True)
        case Present(digest):
            return Verdict("moved", f"now {digest}, backed up {status.digest}", False)
        case Absent(reason):
            return Verdict("gone", reason, False)
        case Unknown(reason):
            return Verdict("unknown", reason, False)


def backup_verdict(status: ImageStatus) -> Verdict:
    """`same digest` as locked (`there` if none is locked), `different`, `missing`, or `unknown`."""
    match status.at_backup:
        case Present(digest) if status.digest == digest:
            return Verdict("same digest", None, True)
        case Present(digest) if status.digest is None:
            return Verdict("there", None, True)
        case Present(digest):
            return Verdict("different", f"serves {digest}, the lock file has {status.digest}", False)
        case Absent(reason):
            return Verdict("missing", reason, False)
        case Unknown(reason):
            return Verdict("unknown", reason, False)
