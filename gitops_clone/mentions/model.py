"""A mention: a place that names a relocated image, without being one that a cluster pulls."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class What(StrEnum):
    """What a mention is."""

    POLICY = "admission policy"
    NAMED = "named by an object"
    RECORD = "record"
    BOT = "setting of a bot"
    SCRIPT = "script"
    CI = "CI job"
    BUILD = "build"
    DOCUMENTATION = "documentation"
    COMMENT = "comment"
    MANIFEST = "text in a manifest"
    OTHER = "other text"


class Context(NamedTuple):
    """What a mention is, what it means in a sentence, and whether something breaks or misleads unless a person acts."""

    what: What
    says: str
    needs_hand: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a file: line and column (1-based, code points), the text, the upstream repository, and what it is."""

    file: str
    line: int
    column: int
    text: str
    name: str
    context: Context
