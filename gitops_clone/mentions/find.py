"""Every place that names a relocated image without being a finding: by one pass over what git tracks, and by policies.

The pass finds names by bytes; what a mention is, is told by its file, or by what stands around it in an object.
Policies name images by patterns, which no search for names finds: they are read, and judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from gitops_clone.admission import told
from gitops_clone.admission.join import join
from gitops_clone.admission.judge import Relocation, Verdict, judge
from gitops_clone.admission.model import Known, Seen
from gitops_clone.admission.read import find as find_policies
from gitops_clone.admission.uses import given, with_uses
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finding import Finding, Skipped, State, is_artifact
from gitops_clone.image import parse
from gitops_clone.layers.kustomization import NAMES, Unreadable, read
from gitops_clone.mentions import contexts, projects, surroundings
from gitops_clone.mentions.model import Context, Mention, What
from gitops_clone.mentions.names import Hit, Names, compile_names
from gitops_clone.repo.files import SUFFIXES, list_tracked
from gitops_clone.scan import Scan, contents, scan_file
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace

LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is searched."""


def mentions(
    workspace: Workspace, rules: Rules, scanned: Scan, upstreams: Collection[str] | None = None
) -> tuple[list[Mention], list[Skipped]]:
    """The mentions of what the findings relocate (of these `upstreams` only), in the order of files and text.

    Also what was not searched.
    """
    findings = scanned.findings
    moved = [each for each in relocations(findings, rules) if upstreams is None or each.upstream in upstreams]
    if not moved:
        return [], []
    names = compile_names(parse(each.upstream).name for each in moved)
    skipped: list[Skipped] = []
    seen: list[Seen] = []
    known_projects: list[projects.Project] = []
    found: list[Mention] = []
    for name, data in _texts(workspace, skipped):
        seen.append(find_policies(name, data))
        known_projects += projects.find(name, data)
        found += _in_file(workspace, name, data, names, findings, rules)
    judged = _judged(workspace, rules, scanned, join(seen), moved)
    if known_projects:
        charts = projects.sources(findings, _files_of(workspace, findings), rules)
        judged += projects.refused(known_projects, charts)
    patterns = {(mention.file, mention.line) for mention in judged}
    found = [*judged, *(mention for mention in found if (mention.file, mention.line) not in patterns)]
    return sorted(found, key=lambda each: (each.file, each.line, each.column)), skipped


def _judged(
    workspace: Workspace, rules: Rules, scanned: Scan, known: Known, moved: Iterable[Relocation]
) -> list[Mention]:
    """What policies for pods do to images that move; charts and other artifacts are not theirs."""
    if not known.policies:
        return []
    images = [finding for finding in scanned.findings if not is_artifact(finding.place)]
    pulled = {finding.upstream for finding in images}
    used = [each for each in moved if each.upstream in pulled]
    used = with_uses(used, images, _files_of(workspace, images), given(scanned.layers))
    return [_of_policy(verdict, rules) for verdict in judge(known, used, rules.scheme.backup_registry)]


def _files_of(workspace: Workspace, findings: Iterable[Finding]) -> Iterator[tuple[str, bytes]]:
    return contents(workspace.root.path, sorted({finding.place.file for finding in findings}))


def named(workspace: Workspace, rules: Rules, findings: Sequence[Finding], names: Collection[str]) -> list[Mention]:
    """The mentions of repositories, given by their normalised names, whether they are relocated or not."""
    search = compile_names(names)
    return [
        mention
        for name, data in _texts(workspace, [])
        for mention in _in_file(workspace, name, data, search, findings, rules)
    ]


def relocations(findings: Iterable[Finding], rules: Rules) -> list[Relocation]:
    """What moves, or has moved: each image or artifact once, with what manifests say then."""
    upstreams = {f.upstream for f in findings if f.upstream and f.state in (State.UPSTREAM, State.BACKUP)}
    moved = []
    for upstream in sorted(upstreams):
        entry = rules.lock.images.get(upstream)
        written = rules.scheme.written(parse(upstream), rules.pin, entry.digest if entry else None)
        moved.append(Relocation(upstream, str(written)))
    return moved


def _texts(workspace: Workspace, skipped: list[Skipped]) -> Iterator[tuple[str, bytes]]:
    """The text files that git tracks; `skipped` takes those that are too large."""
    for name in list_tracked(workspace.root, workspace.settings.exclude):
        data = _text(workspace.root.path, name, skipped)
        if data is not None:
            yield name, data


def _in_file(
    workspace: Workspace, name: str, data: bytes, names: Names, findings: Sequence[Finding], rules: Rules
) -> Iterator[Mention]:
    """The mentions of names in one file."""
    if hits := names.find(data):
        of_run = name in workspace.files
        known = [f for f in findings if f.place.file == name] if of_run else _findings(name, data, rules)
        yield from _of_hits(name, data, hits, known, rules.catalogue)


def _text(root: Path, name: str, skipped: list[Skipped]) -> bytes | None:
    """The text of a file as UTF-8; None where it has none, or too much."""
    path = root / name
    try:
        if path.stat().st_size > LARGEST:
            skipped.append(Skipped(name, f"larger than {LARGEST // 1024 // 1024} MiB: not searched for names"))
            return None
        data = decode(path.read_bytes()).utf8
    except (OSError, Undecodable):
        return None
    return None if b"\0" in data[:8192] else data


def _findings(name: str, data: bytes, rules: Rules) -> Sequence[Finding]:
    """What is found in a file where the run did not look."""
    return scan_file(name, data, rules).findings if name.endswith(SUFFIXES) else ()


def _entries(name: str, data: bytes) -> set[int]:
    """The lines of a kustomization's image entries: their names follow the images that they select."""
    if name.rpartition("/")[2] not in NAMES:
        return set()
    try:
        kustomization = read(name, data)
    except Unreadable:
        return set()
    fields = [pair for entry in kustomization.images for pair in entry.fields.values()]
    return {kustomization.text.count("\n", 0, pair.value.start) + 1 for pair in fields}


def _of_policy(verdict: Verdict, rules: Rules) -> Mention:
    pattern = verdict.pattern
    says = f"{told.sentence(verdict)}: {told.remedy(verdict, rules.scheme.backup_registry)}"
    context = Context(What.POLICY, says, True)
    name = parse(verdict.images[0]).name
    return Mention(verdict.policy.file, pattern.line, pattern.column, pattern.text, name, context)


def _of_hits(
    name: str, data: bytes, hits: Sequence[Hit], findings: Sequence[Finding], catalogue: Catalogue
) -> Iterator[Mention]:
    """The mentions that hits are, but for those in lines of findings and of image entries.

    Of what a finding leaves alone, those are told that need a hand.
    """
    ignored = {finding.place.line for finding in findings if finding.state is State.IGNORED}
    known = {finding.place.line for finding in findings} - ignored | _entries(name, data)
    placed = [(hit, line) for hit, line in _lines(data, hits) if line not in known]
    told_by = _contexts(name, data, [hit for hit, _ in placed], catalogue)
    for (hit, line), context in zip(placed, told_by, strict=True):
        if line not in ignored or context.needs_hand:
            start = data.rfind(b"\n", 0, hit.start) + 1
            column = len(data[start : hit.start].decode("utf-8", "replace")) + 1
            yield Mention(name, line, column, hit.text, hit.name, context)


def _contexts(name: str, data: bytes, hits: Sequence[Hit], catalogue: Catalogue) -> Sequence[Context]:
    """What each hit is: by the name of the file, or by what stands around it."""
    if (context := contexts.of_file(name)) is not None:
        return [contexts.of_line(context, _line(data, hit)) for hit in hits]
    if name.endswith(SUFFIXES) or name.rpartition("/")[2] in NAMES:
        return list(surroundings.explain(data, hits, catalogue))
    return [contexts.OTHER] * len(hits)


def _line(data: bytes, hit: Hit) -> str:
    end = data.find(b"\n", hit.start)
    return data[data.rfind(b"\n", 0, hit.start) + 1 : len(data) if end < 0 else end].decode("utf-8", "replace")


def _lines(data: bytes, hits: Iterable[Hit]) -> Iterator[tuple[Hit, int]]:
    line, before = 1, 0
    for hit in hits:
        line += data.count(b"\n", before, hit.start)
        before = hit.start
        yield hit, line
