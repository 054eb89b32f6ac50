"""What must hold for every file, stated once: over fixtures, corpus, generated and mutilated files alike.

Everything runs in this process, on bytes, as `rewrite` and `restore` do for one file, with a registry that has every
image. The judges are independent of the code under test: PyYAML's own composer, and `jsonpatch`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jsonpatch
import yaml

from gitops_clone import lock_writer, lockfile, plan
from gitops_clone.change import NewText, change_file
from gitops_clone.documents.source import decode
from gitops_clone.finding import Certainty, Finding, Place, State
from gitops_clone.image import parse
from gitops_clone.lockfile import Entry, Lock
from gitops_clone.naming import Pin, Scheme
from gitops_clone.report import jsonpatch as jsonpatch_report
from gitops_clone.result import FileChange, Result
from gitops_clone.scan import Scan, scan_file
from gitops_clone.states import Rules, separate_collisions

REGISTRY = "localhost:5001"
SCHEME = Scheme(REGISTRY)


@dataclass
class Covered:
    """How much a run of the laws has seen."""

    files: int = 0
    findings: int = 0
    edits: int = 0
    skipped: int = 0
    judged: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.findings} findings, {self.edits} edits, {self.skipped} skipped; "
            f"{self.judged} edited files judged by another parser"
        )


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One file after a run: what was found, what became of it, the lock file that the run left."""

    found: Scan
    change: FileChange | None
    lock: Lock

    def bytes_of(self, before: bytes) -> bytes:
        return self.change.after if self.change else before


def hold(name: str, data: bytes, folder: Path, covered: Covered, *, pins: Iterable[Pin] = Pin) -> Scan:
    """Assert every law for one file. `folder` is where lock files may be written. Returns the findings."""
    empty = Lock(REGISTRY, {})
    found = _scan(name, data, empty)
    positions_start_the_image(data, found)
    nothing_is_lost(data, found)
    covered.files += 1
    covered.findings += len(found.findings)
    covered.skipped += len(found.skipped)
    runs = [(pin, rewrite(name, data, empty, pin, folder, found)) for pin in pins] if _relocatable(found) else []
    change = None
    for pin, run in runs:
        change = run.change
        if change is None:
            return found
        again = _scan(name, change.after, run.lock)
        only_references_change(run, pin)
        a_second_run_changes_nothing(name, run, pin, folder, again)
        assert restored(name, change.after, run.lock, again) == data
        for other, straight in runs:
            if other is not pin:  # else it is the second run
                repinned = rewrite(name, change.after, run.lock, other, folder, again)
                assert repinned.bytes_of(change.after) == straight.bytes_of(data)
                assert restored(name, straight.bytes_of(data), repinned.lock) == data
    if change is not None:
        covered.edits += len(change.changes)
        covered.judged += means_what_was_planned(change)
    return found


def rewrite(name: str, data: bytes, before: Lock, pin: Pin, folder: Path, found: Scan | None = None) -> Rewritten:
    """What `rewrite` does with one file, the registry having every image; the lock goes through its file.

    `found` is what a scan of the file with that lock has found, if there was one.
    """
    found = found or _scan(name, data, before)
    rules = _rules(before)
    images = dict(before.images)
    for finding in _relocatable(found):
        images.setdefault(finding.upstream or "", Entry(finding.backup or "", digest_of(finding.upstream or "")))
    lock = replace(before, images=images)
    new_text = partial(plan.relocation, rules=rules, lock=lock, pin=pin, unsafe=())
    change = _changed(name, data, found, new_text)
    lock = plan.with_spellings(lock, [change] if change else [], found.findings, rules)
    return Rewritten(found, change, through_file(lock, folder))


def restored(name: str, data: bytes, lock: Lock, found: Scan | None = None) -> bytes:
    """What `restore` makes of one file; `found` as above."""
    found = found or _scan(name, data, lock)
    new_text = partial(plan.restoration, rules=_rules(lock), foreign=False)
    change = _changed(name, data, found, new_text)
    return change.after if change else data


def through_file(lock: Lock, folder: Path) -> Lock:
    """The lock as the next run reads it."""
    path = folder / lockfile.LOCK_NAME
    path.write_text(lock_writer.render(lock), encoding="utf-8", newline="")
    read = lockfile.read(path)
    assert read == lock
    return read


def digest_of(upstream: str) -> str:
    """The digest that the registry serves for an upstream."""
    own = parse(upstream).digest
    return own if own and own.startswith("sha256:") else f"sha256:{hashlib.sha256(upstream.encode()).hexdigest()}"


def positions_start_the_image(data: bytes, found: Scan) -> None:
    """Line and column of a finding are where its text starts, unless an alias brings it there."""
    if not found.findings:
        return
    lines = decode(data).utf8.decode().split("\n")
    for finding in found.findings:
        place = finding.place
        if place.pointer == place.text_pointer:
            there = "\n".join(lines[place.line - 1 : place.line + 3])[place.column - 1 :]
            raw = place.parts[0].raw if place.parts else place.raw
            assert there.startswith(raw[:200].partition("\n")[0]) or (
                place.within and finding.state is State.UNRESOLVED
            )
            assert finding.state is not State.UPSTREAM or "\\" in place.raw or place.raw == place.image.strip()


def nothing_is_lost(data: bytes, found: Scan) -> None:
    """Every image that another parser sees in a list of containers is a finding, or the file is in the report."""
    documents = _load(data)
    if documents is None or found.skipped:
        return
    reported = {(finding.place.document, finding.place.pointer) for finding in found.findings}
    for number, document in enumerate(documents):
        kind = document.get("kind") if isinstance(document, dict) else None
        if isinstance(kind, str) and kind.isalnum() and not kind.endswith(("List", "CustomResourceDefinition")):
            missing = {(number, pointer) for pointer in _images(document, "", top=True)} - reported
            assert not missing


def only_references_change(run: Rewritten, pin: Pin) -> None:
    """Each span holds the expected reference, and all bytes between the spans are what they were."""
    change = run.change
    assert change is not None
    source, after = decode(change.before), decode(change.after)
    assert (source.encoding, source.mark) == (after.encoding, after.mark)
    upstream = {(f.place.chunk, f.place.span): f.upstream for f in run.found.findings if f.place.note is None}
    spans = []
    for item in change.changes:
        place = item.places[0]
        key = upstream[place.chunk, place.span]
        assert key is not None
        assert item.after == str(SCHEME.written(parse(key), Pin.DIGEST if place.parts else pin, digest_of(key)))
        text = source.utf8[place.chunk :].decode()
        pieces = [*item.pieces()] if item.parts else [next(item.pieces())]
        for piece in pieces:
            start = place.chunk + len(text[: piece.span.start].encode())
            spans.append((start, start + len(text[slice(*piece.span)].encode()), piece.after.encode()))
    at, at_after = 0, 0
    for start, end, new in sorted(spans):
        kept = start - at
        assert after.utf8[at_after : at_after + kept] == source.utf8[at:start]
        assert after.utf8[at_after + kept : at_after + kept + len(new)] == new
        at, at_after = end, at_after + kept + len(new)
    assert after.utf8[at_after:] == source.utf8[at:]


def means_what_was_planned(change: FileChange) -> bool:
    """The patches that are reported turn what another parser reads before into what it reads after.

    False if that parser does not take the file.
    """
    before, after = _load(change.before), _load(change.after)
    if before is None:
        return False
    # A yard for anchors (`x-base: &base`) is no part of the object; its text changes with what is reached through it.
    for document in filter(_is_mapping, [*before, *(after or ())]):
        for yard in [key for key in document if str(key).startswith("x-")]:
            del document[yard]
    report = jsonpatch_report.render(Result("rewrite", REGISTRY, files=[change]))
    for entry in json.loads(report):
        number = entry["document"]
        before[number] = jsonpatch.JsonPatch(entry["patch"]).apply(before[number])
    assert before == after
    return True


def a_second_run_changes_nothing(name: str, first: Rewritten, pin: Pin, folder: Path, found: Scan) -> None:
    """It writes no byte, neither to the file nor to the lock file, and has nothing to copy."""
    assert first.change is not None
    second = rewrite(name, first.change.after, first.lock, pin, folder, found)
    assert second.change is None
    assert second.lock == first.lock
    states = {_where(f.place): f.state for f in second.found.findings}
    assert all(states[_where(place)] is State.BACKUP for item in first.change.changes for place in item.places)
    assert plan.jobs(second.found.findings, _rules(first.lock), update=False, recheck=False) == []


def _where(place: Place) -> tuple[int, str | int, str]:
    """Where a place is, before a run and after: in a template by its line."""
    return place.document, place.line if place.pointer is None else place.pointer, place.inner


def _rules(lock: Lock) -> Rules:
    """What holds for a run that takes everything, whatever its certainty."""
    return Rules(SCHEME, lock, certainty=Certainty.POSSIBLE)


def _scan(name: str, data: bytes, lock: Lock) -> Scan:
    rules = _rules(lock)
    found = scan_file(name, data, rules)
    findings, collisions = separate_collisions(found.findings, rules)
    return Scan(tuple(findings), (*found.skipped, *collisions))


def _relocatable(found: Scan) -> list[Finding]:
    return [finding for finding in found.findings if finding.state in (State.UPSTREAM, State.BACKUP)]


def _changed(name: str, data: bytes, found: Scan, new_text: Callable[[Finding], NewText | None]) -> FileChange | None:
    change = change_file(name, data, _relocatable(found), new_text)
    assert change is None or isinstance(change, FileChange), change
    return change


_DEEP = re.compile(r"(?:[\[{]\s*){50}|(?:[-?:] +){50}")
_MARKS = re.compile(r"^(?:%|\.\.\.)", re.MULTILINE)
_START = re.compile(r"^(?=---\s)", re.MULTILINE)
_DEFINITION = re.compile(r"^kind: CustomResourceDefinition$", re.MULTILINE)


class _Texts(yaml.CSafeLoader):
    """PyYAML's loader with every scalar as text: aliases and merge keys expanded, tags without meaning."""

    yaml_constructors: ClassVar[dict[Any, Any]] = {}
    yaml_multi_constructors: ClassVar[dict[Any, Any]] = {}


def _load(data: bytes) -> list[Any] | None:
    """The documents as another parser has them; None if it does not take them, or they are too many to expand.

    Definitions, which are large and hold no image, stand as None.
    """
    try:
        text = decode(data).utf8.decode()
        if (
            "ontainers" not in text
            or "image" not in text
            or min(text.count("*"), text.count("&")) > 5_000
            or _DEEP.search(text)
        ):
            return None
        if _MARKS.search(text):
            return list(yaml.load_all(text, _Texts))
        return [
            document
            for part in _START.split(text)
            for document in ([None] if _DEFINITION.search(part) else yaml.load_all(part, _Texts))
        ]
    except (yaml.YAMLError, ValueError, TypeError):
        return None


def _is_mapping(document: Any) -> bool:
    return isinstance(document, dict)


def _images(node: Any, path: str, *, top: bool = False) -> Iterator[str]:
    """Pointers of the images in lists of containers, but for the status of an object."""
    if isinstance(node, dict):
        for key, value in node.items():
            below = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key in ("containers", "initContainers", "ephemeralContainers") and isinstance(value, list):
                for number, item in enumerate(value):
                    image = item.get("image") if isinstance(item, dict) else None
                    if isinstance(image, str) and image not in ("", "~", "null"):
                        yield f"{below}/{number}/image"
            if not (top and key == "status"):
                yield from _images(value, below)
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _images(item, f"{path}/{number}")
