"""Findings for what a repository takes from registries besides images: charts and other artifacts.

One for each artifact of each address. An address is relocated with all of its artifacts, or stays with all of them.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gitops_clone.charts import marks
from gitops_clone.charts.charts import Address, Charts
from gitops_clone.charts.find import find, lock_of
from gitops_clone.charts.locks import FILES, ChartLock
from gitops_clone.charts.model import Use
from gitops_clone.charts.texts import Stands, Texts
from gitops_clone.finding import Finding, Place, Rule, RuleKind, Span, State
from gitops_clone.layers.existing import content_of
from gitops_clone.layers.flow import Key
from gitops_clone.layers.graph import Graph
from gitops_clone.states import Rules, classify

NOT_ASKED = "a chart or artifact in a registry, no image: --charts takes it"
_MERGED = "a merge key brings its text"


def relate(
    root: Path,
    findings: Sequence[Finding],
    files: Collection[str],
    names: Collection[str],
    rules: Rules,
    graph: Graph | None = None,
) -> tuple[list[Finding], Charts | None]:
    """The findings with those of artifacts that a run's `files` take; and the edits of these, if they are asked for.

    `names` are all manifests of the root, `graph` is that of all of them, if it is known. Every file counts: an object
    may take a chart from a source that stands in another one.
    """
    content = content_of(root)
    known = {name: data for name in names if (data := content(name)) is not None and marks.matters(data)}
    if not any(marks.may_serve(data) for data in known.values()):
        return list(findings), None
    uses = [use for use in find(root, known, files, sorted(names), graph) if _concerns(use, files)]
    if not uses:
        return list(findings), None
    texts = Texts(content)
    by_address: dict[tuple[Key, str], list[Use]] = defaultdict(list)
    for use in uses:
        by_address[use.key, use.text].append(use)
    made = [
        _Made(key, text, list(_findings(key, uses, files, texts, rules))) for (key, text), uses in by_address.items()
    ]
    charts = _charts(made, content, files, rules) if rules.charts else None
    return _merged(findings, [finding for one in made for finding, _ in one.findings]), charts


def _charts(
    made: Iterable[_Made], content: Callable[[str], bytes | None], files: Collection[str], rules: Rules
) -> Charts:
    addresses = tuple(_addresses(made))
    names = {each.key.file for each in addresses if posixpath.basename(each.key.file) in FILES}
    locks = {name: lock for name in names if isinstance(lock := lock_of(content, name), ChartLock)}
    return Charts(addresses, rules, frozenset(files), locks)


def _concerns(use: Use, files: Collection[str]) -> bool:
    user = use.wanted.user
    return use.key.file in files or (user is not None and user.file in files)


@dataclass(frozen=True, slots=True)
class _Made:
    """An address, and its findings with the names of their charts."""

    key: Key
    text: str
    findings: list[tuple[Finding, str]]


def _addresses(made: Iterable[_Made]) -> Iterator[Address]:
    """The addresses that may move: all of their artifacts are upstream."""
    for one in made:
        states = {finding.state for finding, _ in one.findings}
        if states == {State.UPSTREAM}:
            yield Address(one.key, one.text, tuple((f.upstream or "", chart) for f, chart in one.findings))


def _findings(
    key: Key, uses: Sequence[Use], files: Collection[str], texts: Texts, rules: Rules
) -> Iterator[tuple[Finding, str]]:
    """The findings of an address, each artifact once."""
    same: dict[tuple[object, ...], Use] = {}
    for use in uses:
        wanted = use.wanted
        known = same.setdefault((use.image, wanted.obstacle, wanted.namespaces), use)
        points = sorted({*known.points, *use.points})
        same[use.image, wanted.obstacle, wanted.namespaces] = replace(known, points=tuple(points))
    found = [(_finding(use, files, texts, rules), use) for use in same.values()]
    held = next((one for one, _ in found if one.state in (State.IGNORED, State.UNRESOLVED)), None)
    for finding, use in found:
        if held is not None and finding.state is State.UPSTREAM:
            reason = f"shares its address with {held.place.image}: {held.reason}"
            finding = replace(finding, state=State.UNRESOLVED, reason=reason)
        if not rules.charts and finding.state in (State.UPSTREAM, State.UNRESOLVED):
            finding = replace(finding, state=State.IGNORED, reason=_not_asked(finding))
        yield replace(finding, entry_points=use.points), use.wanted.chart


def _not_asked(finding: Finding) -> str:
    left = f", but leaves it here: {finding.reason}" if finding.state is State.UNRESOLVED else ""
    return f"{NOT_ASKED}{left}"


def _finding(use: Use, files: Collection[str], texts: Texts, rules: Rules) -> Finding:
    """What one use is, were charts asked for and the address not shared."""
    wanted, stands = use.wanted, texts.at(use.key)
    obstacle, ignored = wanted.obstacle, wanted.ignored
    if stands is None:
        stands = Stands(1, 1, use.text, obstacle=_MERGED)
    if stands.obstacle is not None and not ignored:
        obstacle, ignored = stands.obstacle, stands.ignored
    key = use.key
    if key.file not in files and wanted.user is not None:
        key, stands = wanted.user, texts.at(wanted.user) or stands
    space = next((each for each in wanted.namespaces if each in rules.ignore_namespace), None)
    place = Place(
        file=key.file,
        document=key.document,
        pointer=key.pointer.partition("#")[0],
        text_pointer=key.pointer,
        line=stands.line,
        column=stands.column,
        image=use.image,
        raw=stands.raw,
        span=Span(0, 0),
        note=obstacle,
        ignored=ignored,
        namespace=space or next(iter(wanted.namespaces), None),
        policy=stands.policy or _policy(wanted.policy, texts),
        rule=Rule(RuleKind.ARTIFACT),
        composed=True,
    )
    if ignored and wanted.version is None:
        return Finding(place, State.IGNORED, reason=obstacle)
    finding = classify(place, rules)
    if finding.state is State.UPSTREAM and use.key.file not in files:
        reason = f"{use.key.file} must change with it: include that file in the run"
        return replace(finding, state=State.UNRESOLVED, reason=reason)
    return finding


def _policy(keys: Iterable[Key], texts: Texts) -> str | None:
    """The ImagePolicy that owns one of some texts."""
    stands = (texts.at(key) for key in keys)
    return next((each.policy for each in stands if each is not None and each.policy is not None), None)


def _merged(findings: Iterable[Finding], made: Sequence[Finding]) -> list[Finding]:
    """The findings in the order of files and lines; what was found of a text by its shape gives way."""
    places = {_place(finding) for finding in made}
    files = {finding.place.file for finding in made}
    kept = [finding for finding in findings if _place(finding) not in places]
    ordered = sorted([*kept, *made], key=lambda finding: finding.place.file)
    result: list[Finding] = []
    for name in dict.fromkeys(finding.place.file for finding in ordered):
        here = [finding for finding in ordered if finding.place.file == name]
        result += sorted(here, key=lambda finding: finding.place.line) if name in files else here
    return result


def _place(finding: Finding) -> tuple[str, int, str | None]:
    place = finding.place
    return place.file, place.document, place.pointer
