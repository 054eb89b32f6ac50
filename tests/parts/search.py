"""References in rendered text, searched without any knowledge of ours: known registries, and typical places of others.

It shares no code with what it judges: a line that matches counts, and where it stands is told by indentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_REGISTRIES = (
    r"(?:(?:index\.|registry-1\.)?docker\.io|quay\.io|ghcr\.io|(?:[a-z-]+\.)?gcr\.io|(?:registry\.|dl\.)?k8s\.io"
    r"|[a-z0-9-]+-docker\.pkg\.dev|public\.ecr\.aws|[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com|[a-z0-9]+\.azurecr\.io"
    r"|mcr\.microsoft\.com|nvcr\.io|docker\.elastic\.co|registry(?:\.access|\.connect)?\.redhat\.com"
    r"|registry\.redhat\.io|registry\.gitlab\.com|registry\.opensource\.zalan\.do|xpkg\.(?:upbound|crossplane)\.io"
    r"|cgr\.dev|lscr\.io|code\.forgejo\.org|codeberg\.org|oci\.external-secrets\.io|docker\.n8n\.io)"
)
_REFERENCE = re.compile(
    rf"(?:(?<=docker://)|(?<=oci://)|(?<![\w./:$-])){_REGISTRIES}/[a-z0-9][a-z0-9._/-]*"
    r"(?::\w[\w.-]*(?<![.-])(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})(?![\w@/{$])"
)
_SHORT = r"[a-z0-9][a-z0-9._/-]*:(?:v?[0-9]+(?:\.[\w.-]+)?|latest|[a-z]+[\w.-]*)"
# What has no registry that is known, where images are typical.
_FIELD = re.compile(r"^\s*(?:- )?image: +[\"']?([^\s\"'{}$<>|]+)[\"']?\s*$")
_FLAG = re.compile(rf"^\s*- [\"']?--?[\w.-]*image[\w.-]*=({_SHORT})[\"']?\s*$")
_PATH = re.compile(rf"^\s*(?:- )?(?:value: |- )[\"']?(?:--?[\w.-]+=)?((?:[a-z0-9.-]+(?::[0-9]+)?/)+{_SHORT})[\"']?\s*$")
_LINE = re.compile(r"( *)((?:- +)*)(?:(\"[^\"]*\"|'[^']*'|[^\s:#\"'][^:]*)(?::(?=\s|$)))?")


class Seen(NamedTuple):
    """A reference on a line, counted from 0; `known`: its registry is; `where` is a class of places."""

    line: int
    reference: str
    known: bool
    where: str


def references(text: str) -> Iterator[Seen]:
    """The references in a rendered text, in its order."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if "/" not in line and "mage" not in line:
            continue
        # Line breaks that are escaped end a word, too.
        found = {match[0]: True for match in _REFERENCE.finditer(re.sub(r"\\+[nrt]", " ", line))}
        for pattern in (_FIELD, _FLAG, _PATH):
            if (match := pattern.match(line)) and not any(match[1] in each for each in found):
                found[match[1]] = False
        for reference, known in found.items():
            yield Seen(number, reference, known, _where(lines, number))


def _where(lines: Sequence[str], number: int) -> str:
    """The class of a line: by the keys above it, and the kind of its object."""
    path = _path(lines, number)
    kind = _kind(lines, number)
    steps = path[:-1]
    if path[:1] == ["status"]:
        return "status"
    if kind in ("ConfigMap", "Secret") and path[:1] in (["data"], ["stringData"]):
        return f"{kind} text"
    if "annotations" in steps[:-1] or steps[-1:] == ["annotations"]:
        return "annotation"
    if path[-1] in ("image", "reference"):
        return "image field"
    if path[-2:] in (["args", ""], ["command", ""]) or path[-1] in ("args", "command"):
        return "argument"
    if path[-1] == "value" and "env" in steps:
        return "variable"
    return "list" if path[-1] == "" else "other field"


def _path(lines: Sequence[str], number: int) -> list[str]:
    """The keys that lead to a line, outermost first; empty for an item of a list."""
    start, column, key = _parsed(lines[number])
    path, limit, item = [key], column, False
    if start < column:
        limit, item = start, True
    for above in range(number - 1, -1, -1):
        line = lines[above]
        if line.startswith("---"):
            break
        if limit == 0 and not item:
            break
        start, column, key = _parsed(line)
        if not line.strip() or line.lstrip().startswith("#") or column > limit or start > limit:
            continue
        if column == limit and not item and start < column:
            limit, item = start, True
        elif key and (column < limit or (column == limit and item and line.rstrip().endswith(":"))):
            path.insert(0, key)
            limit, item = (start, True) if start < column else (column, False)
    return path


def _parsed(line: str) -> tuple[int, int, str]:
    """Where a line starts, where its content does behind the dashes, and its key."""
    match = _LINE.match(line)
    assert match is not None
    return len(match[1]), len(match[1]) + len(match[2]), (match[3] or "").strip("\"'")


def _kind(lines: Sequence[str], number: int) -> str:
    """The kind of the object that a line belongs to."""
    first = next((at for at in range(number, -1, -1) if lines[at].startswith("---")), -1) + 1
    for line in lines[first:]:
        if line.startswith("---"):
            break
        if line.startswith("kind:"):
            return line.removeprefix("kind:").strip(" \"'")
    return ""
