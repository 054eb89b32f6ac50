"""What somebody asks about: a line of a file, or an image in any spelling. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from gitops_clone.errors import UsageError
from gitops_clone.finding import Finding
from gitops_clone.image import InvalidReference, Reference, parse
from gitops_clone.repo.files import KUSTOMIZATION_NAMES, SUFFIXES
from gitops_clone.states import Rules

_PLACES = (re.compile(r"(.+):([0-9]{1,9}):([0-9]{1,9})"), re.compile(r"(.+):([0-9]{1,9})()"))
_DIGEST = re.compile(r"sha256:[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file (1-based), perhaps a column of it."""

    file: str
    line: int
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image: a reference as somebody spells it, or the beginning of a digest."""

    reference: Reference | None = None
    digest: str | None = None


def read(text: str, is_file: Callable[[str], bool]) -> Line | Image:
    """What a text asks about; `FILE:LINE` wins where the file is there. Raises `UsageError`."""
    matches = [match for pattern in _PLACES if (match := pattern.fullmatch(text))]
    for match in matches:
        if is_file(match[1]):
            if not int(match[2]):
                raise UsageError(f"{text}: lines count from 1")
            return Line(match[1], int(match[2]), int(match[3]) if match[3] else None)
    if is_file(text):
        raise UsageError(f"{text}: name a line of the file, as {text}:1")
    name = matches[0][1] if matches else text
    if name.endswith(SUFFIXES) or name.rpartition("/")[2] in KUSTOMIZATION_NAMES:
        raise UsageError(f"{name}: no such file")
    if _DIGEST.fullmatch(text):
        return Image(digest=text)
    try:
        return Image(parse(text))
    except InvalidReference as error:
        raise UsageError(f"{text}: no line of a file that is there, and no image: {error}") from None


def is_meant(image: Image, finding: Finding, rules: Rules) -> bool:
    """Whether a finding is of the image: of any tag where none is given, by its upstream, its backup, or a digest."""
    locked = rules.lock.images.get(finding.upstream or "")
    if image.digest is not None:
        digests = (locked.digest if locked else None, _digest(finding.place.image))
        return any(digest is not None and digest.startswith(image.digest) for digest in digests)
    assert image.reference is not None
    wanted = image.reference
    upstream = rules.scheme.upstream(wanted) if rules.scheme.holds(wanted) else None
    keys = rules.keys_of(str(wanted.tagged())) if rules.scheme.holds(wanted) else []
    if finding.upstream in keys:
        return True
    if upstream is not None:
        wanted = upstream if wanted.tag or wanted.digest else parse(upstream.name)
    try:
        found = parse(finding.upstream or finding.place.image)
    except InvalidReference:
        return wanted.name in finding.place.image
    if found.name != wanted.name:
        return False
    by_digest = wanted.digest in (found.digest, locked.digest if locked else None)
    return by_digest if wanted.digest else wanted.tag in (None, found.tag, parse_tag(finding.place.image))


def parse_tag(image: str) -> str | None:
    """The tag that a place is written with, whatever the upstream is by its digest."""
    try:
        return parse(image).tag
    except InvalidReference:
        return None


def _digest(image: str) -> str | None:
    match = re.search(r"sha256[:_]([0-9a-f]{64})", image)
    return f"sha256:{match[1]}" if match else None
