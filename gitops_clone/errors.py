"""What can go wrong, each with the one line that the user reads and its exit code."""

from __future__ import annotations


class GitopsCloneError(Exception):
    """An error that ends the run. Its text is one line: what, where, and the remedy."""

    exit_code = 2


class UsageError(GitopsCloneError):
    """Wrong options, configuration or surroundings (no skopeo, no git, unreadable lock file)."""


class Interrupted(GitopsCloneError):
    """The user or the system asked to stop (SIGINT, SIGTERM)."""

    exit_code = 130

    def __init__(self, signal_number: int) -> None:
        super().__init__("stopped: nothing is half-written; run the same command again to go on")
        self.exit_code = 128 + signal_number
