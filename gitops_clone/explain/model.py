"""Why a place is, or is not, taken for an image, what becomes of it, and what to write to have it otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from gitops_clone.finding import Finding


class Advice(NamedTuple):
    """What somebody may want, the text that brings it, and where that goes."""

    wish: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one place (line and column 1-based).

    `text` is what stands there; `finding` is None where it is no image, and `why` says why then, or why an image stays.
    `owner` is the object, `pointer` (RFC 6901) the place in its document, `inner` the way on into a text. `rule` is by
    which rule it is an image, or the rules that come nearest. `becomes` is what a rewrite writes there, `elsewhere` are
    the places that a rewrite changes in its stead. `digest` is the one of the lock file. `parts` are the texts of
    values that a chart makes it of, `releases` what renders it from them. `renders` is what comes of a line of a
    template, and in which releases.
    """

    file: str
    line: int
    column: int | None
    text: str
    finding: Finding | None = None
    why: str | None = None
    owner: str = ""
    pointer: str | None = None
    inner: str = ""
    rule: str = ""
    becomes: str | None = None
    elsewhere: tuple[str, ...] = ()
    digest: str | None = None
    parts: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    renders: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()


def merged(explanations: Iterable[Explanation]) -> list[Explanation]:
    """The explanations; those as one that differ only in who renders the same image of the same place."""
    found: dict[tuple[object, ...], Explanation] = {}
    for each in explanations:
        state = each.finding.state if each.finding else None
        key = (each.file, each.line, each.column, each.inner, each.text, state, each.why)
        known = found.get(key)
        releases = dict.fromkeys((*(known.releases if known else ()), *each.releases))
        parts = dict.fromkeys((*(known.parts if known else ()), *each.parts))
        found[key] = replace(known or each, releases=tuple(releases), parts=tuple(parts))
    return list(found.values())
