"""What stood in the manifests before: recorded in the lock file by `rewrite`, read by `restore`. Pure.

Of the spellings of one backup reference, one is the default and needs no places; every other is listed with its places.
Upstreams that may be written as the same backup reference (`nginx:1.23@sha256:…` and `nginx@sha256:…`) share a default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops_clone.finding import Place
from gitops_clone.lockfile import Entry, Spelling, place_key


class Written(NamedTuple):
    """One text in a manifest: the upstream it names, its raw text, its place."""

    upstream: str
    raw: str
    place: str


def key_of(place: Place) -> str:
    """A place as the lock file names it."""
    return place_key(place.file, place.document, f"{place.text_pointer or ''}{place.inner}")


def record(
    images: Mapping[str, Entry],
    replaced: Sequence[Written],
    present: Sequence[Written],
    related: Mapping[str, set[str]],
) -> dict[str, Entry]:
    """The entries with what was just replaced, and with what was already there in the backup spelling.

    `related` gives for each upstream those that may be written alike, itself included. Places that held the backup
    reference before gitops-clone came are listed under that spelling, so that `restore` leaves them: they are told
    by their upstream having no default yet.
    """
    result = dict(images)
    by_upstream: dict[str, list[Written]] = {}
    for written in replaced:
        by_upstream.setdefault(written.upstream, []).append(written)
    for written in present:
        group = related.get(written.upstream, {written.upstream})
        if not _has_default(result, group) and original(result, group & result.keys(), written.place) is None:
            result[written.upstream] = _listed(result[written.upstream], written)
    for upstream, texts in sorted(by_upstream.items()):
        group = related.get(upstream, {upstream})
        for key in group & result.keys():
            result[key] = _without(result[key], {written.place for written in texts})
        if not _has_default(result, group):
            common = min(Counter(written.raw for written in texts).items(), key=lambda item: (-item[1], item[0]))[0]
            entry = result[upstream]
            rest = tuple(spelling for spelling in entry.written if spelling.text != common)
            result[upstream] = replace(entry, written=(Spelling(common), *rest))
        default = _default(result[upstream])
        for written in texts:
            if written.raw != default:
                result[upstream] = _listed(result[upstream], written)
    return result


def original(images: Mapping[str, Entry], upstreams: Iterable[str], place: str) -> tuple[str, str] | None:
    """The upstream and the raw text that stood at a place before, None if `rewrite` did not write that place."""
    default = None
    for upstream in upstreams:
        for spelling in images[upstream].written:
            if place in spelling.places:
                return upstream, spelling.text
            if not spelling.places and default is None:
                default = upstream, spelling.text
    return default


def _default(entry: Entry) -> str | None:
    return next((spelling.text for spelling in entry.written if not spelling.places), None)


def _has_default(images: Mapping[str, Entry], upstreams: set[str]) -> bool:
    return any(_default(images[upstream]) is not None for upstream in upstreams & images.keys())


def _listed(entry: Entry, written: Written) -> Entry:
    """The entry with one more place under a spelling."""
    spellings = {spelling.text: spelling for spelling in entry.written}
    places = spellings[written.raw].places if written.raw in spellings else ()
    if written.raw in spellings and (not places or written.place in places):
        return entry
    spellings[written.raw] = Spelling(written.raw, tuple(sorted({*places, written.place})))
    return replace(entry, written=tuple(spellings.values()))


def _without(entry: Entry, places: set[str]) -> Entry:
    """The entry with these places taken from every list; a list that becomes empty goes."""
    kept = []
    for spelling in entry.written:
        left = tuple(place for place in spelling.places if place not in places)
        if left or not spelling.places:
            kept.append(replace(spelling, places=left))
    return replace(entry, written=tuple(kept))
