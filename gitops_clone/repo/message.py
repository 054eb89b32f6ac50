"""The commit message: what was relocated, for people who read the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops_clone.result import FileChange


def commit_message(files: Sequence[FileChange], subject: str | None = None) -> str:
    """Subject (the user's, if there is one), blank line, one relocation a line with its number of places."""
    places: dict[tuple[str, str], int] = {}
    for file in files:
        for change in file.changes:
            relocation = (change.upstream, change.becomes or change.after)
            places[relocation] = places.get(relocation, 0) + len(change.counted)
    if not places:
        return f"{subject or 'Lock images that are backed up'}\n"
    count = len(places)
    subject = subject or f"Relocate {count} image{'s' if count > 1 else ''} to the backup registry"
    lines = [
        f"{upstream} -> {after}" + (f" ({number} places)" if number > 1 else "")
        for (upstream, after), number in sorted(places.items())
    ]
    return "\n".join([subject, "", *lines, ""])
