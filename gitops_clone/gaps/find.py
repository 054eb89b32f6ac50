"""What a repository makes a cluster pull without naming it, and what would stop its relocated workloads. Offline."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from gitops_clone.admission import told
from gitops_clone.admission.join import join
from gitops_clone.admission.judge import Consequence, judge
from gitops_clone.admission.read import find as find_policies
from gitops_clone.admission.uses import Given, given, with_uses
from gitops_clone.controllers import read as controllers
from gitops_clone.controllers import sources
from gitops_clone.controllers.model import Applied
from gitops_clone.finding import Finding, RuleKind, State, is_artifact
from gitops_clone.gaps import credentials, elsewhere, fetching, operators, pull_secrets, reach, rendered, run_time
from gitops_clone.gaps.model import Gap, Kind
from gitops_clone.image import parse
from gitops_clone.layers.near import read_all
from gitops_clone.layers.paths import resolve
from gitops_clone.mentions.find import relocations
from gitops_clone.result import Result, exit_code
from gitops_clone.scan import Scan, contents, scan
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace

_LOCAL = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?")
_STOPPING = (Consequence.REFUSED, Consequence.UNSIGNED, Consequence.REWRITTEN, Consequence.UNKNOWN)


def gaps(workspace: Workspace, *, strict: bool = False) -> Result:
    """The gaps of the workspace's files. With `strict`, exit code 1 if there are any.

    Service accounts, sources and policies count wherever in the repository they stand.
    """
    rules = workspace.rules(workspace.read_lock())
    found = scan(workspace.root.path, workspace.files, rules, workspace.kustomizations(), workspace.beside)
    files = list(contents(workspace.root.path, sorted({*workspace.files, *workspace.beside()})))
    patches = frozenset(_patches(found))  # what they say of an object is not all that there is of it
    of_run = frozenset(workspace.files) - patches
    moving = [f for f in found.findings if f.state in (State.UPSTREAM, State.BACKUP)]
    known = {text for finding in moving if finding.upstream for text in _names(finding.upstream)}
    images = [finding for finding in moving if not is_artifact(finding.place)]
    listed = [
        *_elsewhere(workspace, files, of_run),
        *(gap for name, data in files if name in of_run for gap in operators.find(name, data, known)),
        *run_time.find(found.findings),
        *_credentials(workspace, files, [f for f in moving if f.place.file not in patches], found),
        *_reach(workspace, files, [finding for finding in moving if is_artifact(finding.place)]),
        *_policies(files, images, rules, given(found.layers)),
    ]
    skipped = [*workspace.skipped, *found.skipped]
    return Result(
        command="gaps",
        backup_registry=workspace.settings.backup_registry,
        skipped=skipped,
        gaps=sorted(listed, key=lambda gap: (list(Kind).index(gap.kind), gap.file, gap.line)),
        exit_code=exit_code(skipped, 1 if strict and listed else 0),
    )


def _names(upstream: str) -> tuple[str, str]:
    return upstream, parse(upstream).name


def _elsewhere(workspace: Workspace, files: Sequence[tuple[str, bytes]], of_run: Collection[str]) -> Iterator[Gap]:
    folders = {"", *(parent for name, _ in files for parent in _parents(name))}
    applied: list[Applied] = [each for name, data in files if name in of_run for each in controllers.find(name, data)]
    for each in sources.charts(applied, sources.sources(files)):
        if (gap := elsewhere.of_controller(each, folders, workspace.settings.backup_registry)) is not None:
            yield gap
    names = [name for name in workspace.kustomizations() if name in of_run]
    for kustomization in read_all(workspace.root.path, names)[0]:
        yield from elsewhere.of_kustomization(kustomization)


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _credentials(
    workspace: Workspace, files: Sequence[tuple[str, bytes]], moving: Sequence[Finding], found: Scan
) -> Iterator[Gap]:
    registry = workspace.settings.backup_registry
    if workspace.settings.anonymous_pull or _LOCAL.fullmatch(registry.partition("/")[0]):
        return
    documents: dict[str, set[int]] = defaultdict(set)
    valued: dict[str, set[int]] = defaultdict(set)
    for finding in moving:
        rule, place = finding.place.rule, finding.place
        if not is_artifact(place):
            documents[place.file].add(place.document)
        if rule is not None and rule.kind is RuleKind.VALUES:
            valued[place.file].add(place.document)
    pods = [
        pod
        for name, data in files
        if name in documents
        for pod in credentials.pods(name, data, documents[name], valued[name])
    ]
    charts = rendered.find(found.amenders)
    pods = [pod for pod in pods if not pod.is_release or (pod.file, pod.document) not in charts.owners]
    everything = [*files, *charts.texts]
    known = credentials.given(everything, pull_secrets.find(everything), registry)
    yield from credentials.find([*pods, *charts.pods], known, given(found.layers), registry)
    yield from fetching.find((each for each in moving if is_artifact(each.place)), files, known, registry)


def _reach(workspace: Workspace, files: Iterable[tuple[str, bytes]], artifacts: Iterable[Finding]) -> Iterator[Gap]:
    documents: dict[str, set[int]] = defaultdict(set)
    for finding in artifacts:
        documents[finding.place.file].add(finding.place.document)
    registry, insecure = workspace.settings.backup_registry, workspace.settings.insecure_registry
    host = registry.partition("/")[0]
    backup = reach.Backup(registry, _LOCAL.fullmatch(host) is not None, host in insecure)
    yield from reach.find(files, documents, backup)


def _patches(found: Scan) -> Iterator[str]:
    """The files that kustomizations take for patches."""
    for each in found.layers.survey.graph.kustomizations.values() if found.layers else ():
        yield from filter(None, (resolve(each.folder, patch.path) for patch in each.patches if patch.path))


def _policies(
    files: Sequence[tuple[str, bytes]], moving: Sequence[Finding], rules: Rules, namespaces: Given
) -> Iterator[Gap]:
    registry = rules.scheme.backup_registry
    known = join(find_policies(name, data) for name, data in files)
    if not known.policies:
        return
    for verdict in judge(known, with_uses(relocations(moving, rules), moving, files, namespaces), registry):
        if verdict.consequence in _STOPPING and not verdict.policy.audit:
            policy, line = verdict.policy, verdict.pattern.line
            says, remedy = told.sentence(verdict), told.remedy(verdict, registry)
            yield Gap(Kind.POLICY, policy.file, line, policy.owner, says, remedy)
