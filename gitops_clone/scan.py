"""Files to findings: read each file once, keep nothing but what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, Skipped, State
from gitops_clone.places import find_places
from gitops_clone.states import Rules, classify, join_shared_text, name_repositories, separate_collisions

if TYPE_CHECKING:
    from gitops_clone.amendments import Amender
    from gitops_clone.layers.layers import Layers
    from gitops_clone.layers.overrides import Override


@dataclass(frozen=True, slots=True)
class Scan:
    """What a set of files holds, in the order of files and text; `layers` if there are any above them.

    `amenders` are the rooms that relocate what stands in no single place.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    layers: Layers | None = None
    amenders: tuple[Amender, ...] = ()


def scan(
    root: Path,
    files: Iterable[str],
    rules: Rules,
    kustomizations: Sequence[str] = (),
    beside: Callable[[], Iterable[str]] = tuple,
) -> Scan:
    """The findings of files, given by their names relative to the root; so are all `kustomizations` of the root.

    `beside` names the other manifests of the root: objects of Flux and Argo CD in them may select what is found. It is
    asked only where there is something to relocate.
    """
    names = list(files)
    findings, skipped, overrides = _scan_files(root, names, rules)
    layers: Layers | None = None
    if any(finding.state is State.UPSTREAM for finding in findings):
        for name, data in _contents(root, beside()):
            overrides += _overrides(name, data)
    if kustomizations or overrides:
        from gitops_clone.layers.relate import relate

        findings, unread, layers = relate(
            root,
            findings,
            names,
            kustomizations,
            overrides,
            rules,
            lambda name, data: scan_file(name, data, rules).findings,
        )
        skipped += unread
    if any(finding.place.policy for finding in findings):
        from gitops_clone.finders.flux import image_repositories

        findings = name_repositories(findings, image_repositories(_contents(root, names)))
    findings, collisions = separate_collisions(findings, rules)
    return Scan(tuple(findings), (*skipped, *collisions), layers)


def scan_file(name: str, data: bytes, rules: Rules) -> Scan:
    """The findings of one file's bytes."""
    found = find_places(name, data, rules.catalogue)
    findings = join_shared_text([classify(place, rules) for place in found.places])
    return Scan(tuple(findings), found.skipped)


def _scan_files(root: Path, names: Iterable[str], rules: Rules) -> tuple[list[Finding], list[Skipped], list[Override]]:
    """What each file by itself holds; a file that cannot be read is skipped."""
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    overrides: list[Override] = []
    for name in names:
        try:
            data = (root / name).read_bytes()
        except OSError as error:
            skipped.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
            continue
        found = scan_file(name, data, rules)
        findings += found.findings
        skipped += found.skipped
        overrides += _overrides(name, data)
    return findings, skipped, overrides


def _contents(root: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        try:
            yield name, (root / name).read_bytes()
        except OSError:
            continue  # reported by the scan itself


def _overrides(name: str, data: bytes) -> list[Override]:
    """The image overrides of Flux and Argo CD in a file: lists `images` in objects of theirs."""
    if b"images" not in data or not (b"toolkit.fluxcd.io" in data or b"argoproj.io" in data):
        return []
    from gitops_clone.layers.overrides import find

    return find(name, data)
