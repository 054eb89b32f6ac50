"""Files to findings: read each file once, keep nothing but what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_clone.charts.marks import may_name
from gitops_clone.elsewhere import brought
from gitops_clone.finders.catalogue import Form
from gitops_clone.finding import Finding, Skipped, State
from gitops_clone.places import find_places
from gitops_clone.repo.read import read
from gitops_clone.states import Rules, classify, join_shared_text, name_repositories, separate_collisions

_APPLY_CHARTS = (
    (b"helm.toolkit.fluxcd.io/", b"HelmRelease"), (b"argoproj.io/", b"Application"), (b"helmCharts", b"name"),
)  # fmt: skip
_VALUES = re.compile(rb"^[ \t-]*[\"']?(?:repository|registry|\w*[iI]mage\w*|tag)[\"']?[ \t]*:", re.MULTILINE)

if TYPE_CHECKING:
    from gitops_clone.amendments import Amender
    from gitops_clone.controllers.model import Applied
    from gitops_clone.layers.graph import Graph
    from gitops_clone.layers.layers import Layers


@dataclass(frozen=True, slots=True)
class Scan:
    """What a set of files holds, in the order of files and text; `layers` if there are any above them.

    `amenders` are the rooms that relocate what stands in no single place. `outside` are the entry points whose images
    only rendering shows. `overridden`: objects of Flux and Argo CD among the files bring images.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    layers: Layers | None = None
    amenders: tuple[Amender, ...] = ()
    outside: tuple[str, ...] = ()
    overridden: bool = False


def scan(
    root: Path,
    files: Iterable[str],
    rules: Rules,
    kustomizations: Sequence[str] | None = None,
    beside: Callable[[], Iterable[str]] = tuple,
    around: Callable[[], Iterable[str]] | None = None,
    *,
    with_releases: bool = True,
) -> Scan:
    """The findings of files, given by their names relative to the root; so are all `kustomizations` of the root.

    Without any list of those, each file is looked at by itself. `beside` names the other manifests of the root: objects
    of Flux and Argo CD in them may apply what is found. It is asked only where there is something to relocate. So is
    `around`, for files that belong to a chart or take one from a registry (else `beside`); with `with_releases` false,
    charts are not looked at.
    """
    names = list(files)
    seen = _scan_files(root, names, rules)
    overridden = any(each.images or each.patches for each in seen.applied)
    others: list[str] | None = None
    if kustomizations is not None and any(each.state in (State.UPSTREAM, State.UNRESOLVED) for each in seen.findings):
        others = list(beside())
        seen.applied += [each for name, data in contents(root, others) for each in _applied(name, data)]
    layers = None
    if kustomizations is not None and (kustomizations or seen.applied):
        layers = _see_layers(root, names, others or (), kustomizations, rules, seen)
    amenders: list[Amender] = []
    seen.valued = seen.valued or (with_releases and _of_charts(root, names))
    if with_releases and (seen.named or seen.valued):
        everything = {*names, *(others if others is not None else (around or beside)())}
        seen.all_applied = others is not None or everything == {*names}
        known = layers is not None and layers.survey.whole and seen.all_applied
        graph = layers.survey.graph if layers is not None and known else None
        amenders = _see_charts(root, names, everything, rules, seen, graph)
    if any(finding.place.policy for finding in seen.findings):
        from gitops_clone.finders.flux import image_repositories

        seen.findings = name_repositories(seen.findings, image_repositories(contents(root, names)))
    findings, collisions = separate_collisions(seen.findings, rules)
    return Scan(tuple(findings), (*seen.skipped, *collisions), layers, tuple(amenders), tuple(seen.outside), overridden)


def scan_file(name: str, data: bytes, rules: Rules) -> Scan:
    """The findings of one file's bytes."""
    found = find_places(name, data, rules.catalogue, is_text=name in rules.texts)
    findings = join_shared_text([classify(place, rules) for place in found.places])
    return Scan(tuple(findings), found.skipped)


@dataclass(slots=True)
class _Seen:
    """What is known of the files so far, each by itself at first.

    `all_applied`: what all manifests of the root apply is known. `valued`: any of the files may have values of a chart;
    `named`: any may name a chart in a registry.
    """

    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    all_applied: bool = False
    outside: list[str] = field(default_factory=list)
    valued: bool = False
    named: bool = False


def _scan_files(root: Path, names: Iterable[str], rules: Rules) -> _Seen:
    """What each file by itself holds. What cannot be read is skipped."""
    seen = _Seen()
    home = rules.scheme.backup_registry.encode()
    for name in names:
        try:
            data = read(f"{root}/{name}")
        except OSError as error:
            seen.skipped.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
            continue
        found = scan_file(name, data, rules)
        seen.findings += found.findings
        seen.skipped += found.skipped
        seen.applied += _applied(name, data)
        seen.outside += brought(name, data, home)
        seen.valued = seen.valued or _has_values(data, rules.catalogue.marks_of(Form.VALUES))
        seen.named = seen.named or may_name(data)
    return seen


def _see_layers(
    root: Path, names: Sequence[str], others: Sequence[str], kustomizations: Sequence[str], rules: Rules, seen: _Seen
) -> Layers | None:
    """Let the layers above the files say what is rendered of what was seen."""
    from gitops_clone.layers.relate import relate
    from gitops_clone.layers.survey import Above

    manifests = sorted({*names, *others})
    applied = seen.applied
    if any("$" in finding.place.image for finding in seen.findings):
        applied = _followed(applied, root, manifests)
    seen.findings, unread, layers = relate(
        root,
        seen.findings,
        names,
        kustomizations,
        Above(applied, manifests),
        rules,
        lambda name, data: scan_file(name, data, rules).findings,
    )
    seen.skipped += unread
    return layers


def _see_charts(
    root: Path, names: Sequence[str], everything: set[str], rules: Rules, seen: _Seen, graph: Graph | None
) -> list[Amender]:
    """Let the charts of the repository say what they render of what was seen; those of registries are seen, too."""
    made: list[Amender] = []
    if seen.valued:
        from gitops_clone.releases.relate import relate as relate_releases

        applied = sorted(seen.applied, key=lambda each: each.owner.file) if seen.all_applied else None
        seen.findings, unread, releases = relate_releases(root, seen.findings, names, everything, rules, applied)
        seen.skipped += unread
        made += releases
    if seen.named:
        from gitops_clone.charts.relate import relate as relate_charts

        seen.findings, artifacts = relate_charts(root, seen.findings, names, everything, rules, graph)
        made += [artifacts] if artifacts is not None else []
    return made


def _has_values(data: bytes, marks: Iterable[bytes]) -> bool:
    """Whether a file's bytes may hold values of a chart: in an object that applies one, or in a values file."""
    if any(group in data and kind in data for group, kind in _APPLY_CHARTS) or any(mark in data for mark in marks):
        return True
    return b"kind:" not in data and _VALUES.search(data) is not None


def _of_charts(root: Path, names: Iterable[str]) -> bool:
    """Whether any of the files lies in the folder of a chart."""
    folders = {name.rpartition("/")[0] for name in names}
    above = {folder[:end] for folder in folders for end in range(len(folder) + 1) if folder[end : end + 1] in ("", "/")}
    return any((root / folder / "Chart.yaml").is_file() for folder in above)


def contents(root: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The files that can be read, by their names relative to the root."""
    for name in names:
        try:
            yield name, read(f"{root}/{name}")
        except OSError:
            continue  # reported by the scan itself


def _applied(name: str, data: bytes) -> list[Applied]:
    """What the objects of Flux and Argo CD in a file apply."""
    if b"toolkit.fluxcd.io/" not in data and b"argoproj.io/" not in data:
        return []
    from gitops_clone.controllers.read import find

    return find(name, data)


def _followed(applied: list[Applied], root: Path, names: Iterable[str]) -> list[Applied]:
    """The applied with the variables that stand in ConfigMaps."""
    wanted = {each.name.encode() for one in applied for each in one.substitute_from if each.kind == "ConfigMap"}
    if not wanted:
        return applied
    from gitops_clone.controllers.sources import config_maps, resolve
    from gitops_clone.layers.existing import content_of

    files = ((name, data) for name, data in contents(root, names) if any(word in data for word in wanted))
    return resolve(applied, config_maps(files, content_of(root)))
