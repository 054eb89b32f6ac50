"""Where names of repositories stand in any text, by bytes. Pure.

A name of an image is written in several ways: `grafana/grafana`, `docker.io/grafana/grafana`. All but those of Docker
Hub's official images have a slash: what follows a slash is looked up, then what stands before it is compared. That
takes the same time however many names there are. A name without a slash (`nginx`) is a word like any other: it counts
with a tag or digest, or where a Dockerfile or a container file names an image.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.image import DOCKER_HUB

_OFFICIAL = f"{DOCKER_HUB}/library/"
_WORD = rb"[a-z0-9]+(?:[._-]+[a-z0-9]+)*+"
_ENDS = rb"(?![A-Za-z0-9_/-])"
_TAG = rb":[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?"  # a full stop at the end is the sentence's
_DIGEST = rb"@sha256:[0-9a-f]{64}"
# What a name is not the end of: a longer path, a host, an npm scope. But the schemes of images may stand before it.
_JOINED = re.compile(rb"[A-Za-z0-9_./@-]")
_SCHEMES = (b"docker://", b"oci://", b"docker-pullable://")

# Each begins with a literal, which `re` finds many times faster than anything else.
_AFTER_SLASH = re.compile(rb"/(" + _WORD + rb")" + _ENDS)
_SHORT = (
    # A version, or a word that only a tag is; no port and no part of a metric's name.
    re.compile(
        rb":(?:v[0-9]+|v?[0-9]+[.a-z-][A-Za-z0-9_.-]{0,120}|(?!22|25|53|80)[0-9]{1,2}|(?:latest|stable|slim|alpine)[a-z0-9.-]{0,60})"
        + _ENDS
    ),
    re.compile(_DIGEST),
)
_BEFORE_SHORT = (re.compile(rb"FROM (?:--platform=\S{1,99} )?"), re.compile(rb"image:[ \t]*[\"']?"))
_WHOLE_WORD = re.compile(_WORD + _ENDS)
_REST = re.compile(rb"(?:" + _TAG + rb")?(?:" + _DIGEST + rb")?")
_LONGEST = 128


class Hit(NamedTuple):
    """An occurrence: byte offsets, the normalised name of the repository, what stands there (with tag and digest)."""

    start: int
    end: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """Finds names in bytes. `by_last` has, by what follows the last slash, what stands before it, and the name."""

    by_last: Mapping[bytes, list[tuple[bytes, str]]]
    short: Mapping[bytes, str]

    def find(self, data: bytes) -> list[Hit]:
        """The occurrences in the order of the text."""
        found = {hit.start: hit for hit in (*self._short(data), *self._long(data))}
        return [found[start] for start in sorted(found)]

    def _long(self, data: bytes) -> Iterator[Hit]:
        for match in _AFTER_SLASH.finditer(data):
            for before, name in self.by_last.get(match[1], ()):
                start = match.start() - len(before)
                if data.endswith(before, 0, match.start()) and _begins(data, start):
                    yield _hit(data, start, match.end(), name)
                    break

    def _short(self, data: bytes) -> Iterator[Hit]:
        if not self.short:
            return
        for pattern in _SHORT:
            for match in pattern.finditer(data):
                before = data[max(match.start() - _LONGEST, 0) : match.start()]
                word = before[len(before.rstrip(_LETTERS)) :]
                start = match.start() - len(word)
                if word in self.short and _begins(data, start) and data[start - 1 : start] != b":":
                    yield _hit(data, start, match.start(), self.short[word])
        for pattern in _BEFORE_SHORT:
            for match in pattern.finditer(data):
                found = _WHOLE_WORD.match(data, match.end())
                if found is not None and found[0] in self.short:
                    yield _hit(data, found.start(), found.end(), self.short[found[0]])


_LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789._-"


def compile_names(names: Iterable[str]) -> Names:
    """The search for names of repositories, given normalised and without tags (`index.docker.io/library/nginx`)."""
    by_last: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
    short = {}
    for name in sorted(set(names)):
        for spelling in spellings(name):
            before, slash, last = spelling.rpartition("/")
            if slash:
                by_last[last.encode()].append((before.encode(), name))
            else:
                short[spelling.encode()] = name
    return Names(by_last, short)


def spellings(name: str) -> tuple[str, ...]:
    """The ways to write the normalised name of a repository."""
    if name.startswith(_OFFICIAL):
        short = name.removeprefix(_OFFICIAL)
        return (name, f"docker.io/library/{short}", f"docker.io/{short}", f"library/{short}", short)
    if name.startswith(f"{DOCKER_HUB}/"):
        short = name.removeprefix(f"{DOCKER_HUB}/")
        return (name, f"docker.io/{short}", short)
    return (name,)


def _hit(data: bytes, start: int, end: int, name: str) -> Hit:
    rest = _REST.match(data, end)
    end = rest.end() if rest else end
    return Hit(start, end, name, data[start:end].decode())


def _begins(data: bytes, start: int) -> bool:
    """Whether a name begins at an offset, and is not the end of something longer."""
    return start == 0 or _JOINED.match(data, start - 1) is None or data.endswith(_SCHEMES, 0, start)
