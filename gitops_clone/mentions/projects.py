"""Projects of Argo CD whose `sourceRepos` do not admit a relocated chart: what uses it is synced no more. Pure.

Rules: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/ (one star stops at a slash, two do not; `*` alone
admits all; what a pattern with `!` fits is refused whatever else admits it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitops_clone.admission.globs import matches
from gitops_clone.admission.model import Pattern
from gitops_clone.admission.places import pattern_at
from gitops_clone.charts.addresses import moved
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.proof import pointer
from gitops_clone.finding import Finding, State, is_artifact
from gitops_clone.image import parse
from gitops_clone.mentions.model import Context, Mention, What
from gitops_clone.states import Rules

_MARK = b"argoproj.io/"
_SPECS = {"Application": ("spec",), "ApplicationSet": ("spec", "template", "spec")}


class Project(NamedTuple):
    """A project: where it stands, its name, the patterns of its sources."""

    file: str
    name: str
    sources: tuple[Pattern, ...]


class Source(NamedTuple):
    """An address that moves, as an Application has it before and after, and the project of that."""

    project: str
    image: str
    before: str
    after: str


def find(file: str, data: bytes) -> Iterator[Project]:
    """The projects in a file that say what their sources are."""
    for each in objects(file, data, (b"sourceRepos",)):
        if each.kind == "AppProject":
            sources = tuple(pattern_at(each, visit) for _, visit in each.texts(each.at("spec", "sourceRepos")))
            if sources and not any("{{" in source.text or "${" in source.text for source in sources):
                yield Project(file, each.name, sources)


def sources(findings: Iterable[Finding], files: Iterable[tuple[str, bytes]], rules: Rules) -> list[Source]:
    """The addresses of charts and artifacts in Applications that move or have moved; `files` are those of findings."""
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if is_artifact(finding.place) and finding.upstream and finding.state in (State.UPSTREAM, State.BACKUP):
            by_file[finding.place.file].append(finding)
    return [
        source
        for name, data in files
        for each in objects(name, data, (_MARK,) if name in by_file else ())
        for source in _sources(each, by_file[name], rules)
    ]


def _sources(each: Object, findings: Iterable[Finding], rules: Rules) -> Iterator[Source]:
    """What an Application takes from registries, of findings in its file."""
    spec = _SPECS.get(each.kind)
    if spec is None:
        return
    at = {(finding.place.document, finding.place.text_pointer): finding for finding in findings}
    project = each.read(*spec, "project") or "default"
    for visit in (each.at(*spec, "source"), *each.items(each.at(*spec, "sources"))):
        if visit is not None and (finding := at.get((each.document, pointer((*visit.path, "repoURL"))))) is not None:
            chart, text = each.view.text(visit, "chart") or "", finding.place.raw
            upstream = parse(finding.upstream or "")
            if finding.state is State.BACKUP:
                yield Source(project, upstream.name, moved(text, chart, upstream.name), text)
            else:
                after = moved(text, chart, rules.scheme.backup(upstream).name)
                yield Source(project, upstream.name, text, after)


def refused(projects: Iterable[Project], found: Iterable[Source]) -> Iterator[Mention]:
    """The sources that a project admits before the move and not afterwards."""
    moving: dict[str, list[Source]] = defaultdict(list)
    for source in found:
        moving[source.project].append(source)
    for project in projects:
        seen: set[str] = set()
        for source in moving[project.name]:
            by = _admitting(project, source.before)
            if by is None or source.after in seen or _admitting(project, source.after) is not None:
                continue
            seen.add(source.after)
            says = (
                f"AppProject {project.name} does not admit the relocated {source.after}: add it to its sourceRepos, "
                "before or with the change"
            )
            context = Context(What.POLICY, says, True)
            yield Mention(project.file, by.line, by.column, by.text, source.image, context)


def _admitting(project: Project, url: str) -> Pattern | None:
    """The pattern by which a project admits an address; None where it does not."""
    if any(each.text.startswith("!") and _fits(each.text[1:], url) for each in project.sources):
        return None
    return next((each for each in project.sources if _fits(each.text, url)), None)


def _fits(glob: str, url: str) -> bool:
    return glob == "*" or matches(_normal(glob), _normal(url), stops=True)


def _normal(url: str) -> str:
    """An address as Argo CD compares it."""
    return url.strip().lower().removesuffix(".git")
