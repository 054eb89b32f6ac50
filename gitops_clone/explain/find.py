"""The answer to `explain`: looks at the whole repository, since what stands above a file counts. Offline."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gitops_clone import plan
from gitops_clone.edit_plan import plan_edits
from gitops_clone.errors import UsageError
from gitops_clone.explain import advice, lines
from gitops_clone.explain import rules as told
from gitops_clone.explain.composed import Index, Part, is_values
from gitops_clone.explain.lines import Stands
from gitops_clone.explain.model import Explanation, merged
from gitops_clone.explain.target import Image, Line, is_meant, read
from gitops_clone.explain.template import Traced, trace
from gitops_clone.explain.trees import Trees
from gitops_clone.finding import Finding, Place, RuleKind, State, is_artifact
from gitops_clone.image import parse as parse_image
from gitops_clone.mentions.find import named
from gitops_clone.mentions.names import spellings
from gitops_clone.repo.files import KUSTOMIZATION_NAMES, SUFFIXES
from gitops_clone.repo.write import printable
from gitops_clone.result import Change, Result, exit_code
from gitops_clone.scan import Scan, scan
from gitops_clone.states import Rules
from gitops_clone.workspace import Workspace, open_workspace, workspace_at


def explain(subject: str, environ: Mapping[str, str], options: Mapping[str, object]) -> Result:
    """Why what stands at a place is, or is not, an image, or the same for all places of an image.

    Raises `UsageError` for what is neither, and for a line that is not there.
    """
    target = read(subject, os.path.isfile)
    if isinstance(target, Line):
        workspace = open_workspace([Path(target.file)], environ, options)
        return _of_line(workspace, target)
    return _of_image(open_workspace([], environ, options), target, subject)


def _of_line(workspace: Workspace, target: Line) -> Result:
    name, excluded = _chosen(workspace, target)
    is_manifest = name.endswith(SUFFIXES) or name.rpartition("/")[2] in KUSTOMIZATION_NAMES
    whole = _whole(workspace, [name] if excluded is None and is_manifest else [])
    rules = whole.rules(whole.read_lock())
    found = _scan(whole, rules)
    index, trees = Index(found.amenders), Trees(whole.root.path)
    here = [f for f in found.findings if f.place.file == name and _is_on(f.place, target)]
    here = here or [f for f in found.findings if _has_part_on(f, name, target.line, index, trees)]
    try:
        stands = lines.look(name, (whole.root.path / name).read_bytes(), target.line, rules.catalogue)
    except lines.NoSuchLine as error:
        raise UsageError(f"{printable(Path(target.file))}:{target.line}: no such line: {error}") from None
    except OSError as error:
        raise UsageError(f"{printable(Path(target.file))}: cannot be read: {error.strerror}") from None
    explained = merged(_findings(whole, rules, found, here))
    if not here:
        why = _why_not_looked_at(workspace, name, excluded) or _skipped_why(found, name, stands)
        explained = [_no_finding(name, target.line, stands, why or _why_no_values(index, name, stands))]
    traced = trace(whole.root.path, found.amenders, name, target.line)
    if traced is not None:
        explained = [_of_template(whole, rules, found, each, traced, index) for each in explained]
    return Result(
        command="explain",
        backup_registry=workspace.settings.backup_registry,
        skipped=[skipped for skipped in found.skipped if skipped.file == name],
        explanations=explained,
    )


def _of_template(
    workspace: Workspace, rules: Rules, found: Scan, told: Explanation, traced: Traced, index: Index
) -> Explanation:
    """The explanation of a template's line, with what releases render of it and of which values."""
    images = [image.finding for image in traced.images]
    composed = [one for finding in images if (one := index.of(finding)) is not None]
    parts = dict.fromkeys(part.told(told.file) for one in composed for part in one.parts)
    changes = _changes(workspace, rules, found) if images else []
    at = dict.fromkeys(place for finding in images for place in _elsewhere(changes, finding, told.file))
    itself = (told.finding.place.file, told.finding.place.line) if told.finding is not None else None
    others = [finding for finding in images if (finding.place.file, finding.place.line) != itself]
    why = told.why
    if told.finding is None and traced.rendered:
        why = "a line of a template: values make what it renders"
    elif not traced.rendered:
        why = "; ".join(filter(None, (told.why, *(traced.failures or ("no release renders it",)))))
    return replace(
        told,
        why=why,
        renders=traced.told,
        parts=tuple(parts) or told.parts,
        releases=told.releases or traced.releases,
        elsewhere=tuple(at) or told.elsewhere,
        advice=(*told.advice, *advice.for_template(others, tuple(at), traced)),
    )


def _chosen(workspace: Workspace, target: Line) -> tuple[str, str | None]:
    """The name of the file that is asked about, and why it is left alone, if it is excluded.

    Raises `UsageError` for one that is no file of the repository: what a link to outside leads to is not read.
    """
    if workspace.files:
        return workspace.files[0], None
    skipped = workspace.skipped[0]
    if not skipped.reason.startswith("excluded by"):
        raise UsageError(f"{printable(Path(target.file))}: {skipped.reason}")
    return skipped.file, skipped.reason


def _of_image(workspace: Workspace, target: Image, subject: str) -> Result:
    whole = _whole(workspace, [])
    rules = whole.rules(whole.read_lock())
    found = _scan(whole, rules)
    meant = [finding for finding in found.findings if is_meant(target, finding, rules)]
    names = {parse_image(f.upstream).name for f in meant if f.upstream}
    if target.reference is not None and not names:
        names = {target.reference.name}
    skipped = [*whole.skipped, *found.skipped]
    return Result(
        command="explain",
        backup_registry=workspace.settings.backup_registry,
        skipped=skipped,
        explanations=merged(_findings(whole, rules, found, meant)),
        mentions=named(whole, rules, found.findings, names),
        warnings=() if meant else [_not_found(subject, found)],
        exit_code=exit_code(skipped),
    )


def _no_finding(name: str, line: int, stands: Stands, why: str | None) -> Explanation:
    """What stands on a line that has no finding; `why`: the reason that holds for all of its file or document."""
    return Explanation(
        name,
        line,
        stands.column,
        stands.text,
        why=why or stands.why,
        owner=stands.place.owner if stands.place else "",
        pointer=stands.pointer,
        inner=stands.inner.pointer if stands.inner else "",
        rule="; ".join(stands.rows),
        advice=() if why else tuple(advice.for_value(stands)),
    )


def _whole(workspace: Workspace, more: Iterable[str]) -> Workspace:
    """The workspace of the whole repository, and of files that are named themselves."""
    whole = workspace_at(workspace.root, workspace.settings, [workspace.root.path])
    return replace(whole, files=tuple(sorted({*whole.files, *more})))


def _scan(workspace: Workspace, rules: Rules) -> Scan:
    return scan(workspace.root.path, workspace.files, rules, workspace.kustomizations(), workspace.beside)


def _is_on(place: Place, target: Line) -> bool:
    """Whether a place's text is on a line, and at its column if that is asked for."""
    if target.column is not None and place.line == target.line:
        return place.column <= target.column <= place.column + len(place.raw)
    return place.line <= target.line <= place.line + place.raw.count("\n")


def _has_part_on(finding: Finding, name: str, line: int, index: Index, trees: Trees) -> bool:
    """Whether a finding that is made of several texts has one of them on a line of a file."""
    composed = index.of(finding)
    if composed is not None:
        return any((part.at.file, part.line) == (name, line) for part in composed.parts)
    return finding.place.file == name and any(part.line == line for part in trees.parts(finding.place))


def _findings(workspace: Workspace, rules: Rules, found: Scan, chosen: Sequence[Finding]) -> Iterator[Explanation]:
    """The explanations of findings."""
    changes = _changes(workspace, rules, found) if chosen else []
    trees, index = Trees(workspace.root.path), Index(found.amenders)
    for finding in chosen:
        place = finding.place
        composed = index.of(finding)
        parts = composed.parts if composed is not None else trees.parts(place)
        own = next((change for change in changes if _is_of(change, place)), None)
        own = own or next((c for c in changes if c.upstream == finding.upstream and _is_beside(c, parts)), None)
        moving = finding.state is State.UPSTREAM and own is None
        entry = rules.lock.images.get(finding.upstream or "")
        where = trees.locate(place)
        yield Explanation(
            file=place.file,
            line=place.line,
            column=place.column,
            text=place.image,
            finding=finding,
            why=finding.reason,
            owner=where.owner if where else "",
            pointer=place.pointer,
            inner=place.inner,
            rule=told.words(place, rules.catalogue),
            becomes=_becomes(finding, own, any(_is_beside(change, parts) for change in changes), rules),
            elsewhere=tuple(_elsewhere(changes, finding)) if moving else (),
            digest=entry.digest if entry else None,
            parts=tuple(part.told(place.file) for part in parts),
            releases=composed.releases if composed is not None else (),
            advice=tuple(advice.for_finding(finding, where)),
        )


def _changes(workspace: Workspace, rules: Rules, found: Scan) -> list[Change]:
    """What a rewrite would change if every image were backed up."""
    promised = plan.with_promises(rules.lock, found.findings)
    edits = plan_edits(workspace, rules, found, promised, ())
    return [change for file in edits.files for change in file.changes]


def _is_of(change: Change, place: Place) -> bool:
    """Whether a change is made at a place; what changes in an entry of a kustomization is the entry's."""
    for each in change.places:
        if each.file == place.file and each.document == place.document:
            if (each.line, each.column) == (place.line, place.column):
                return True
            if place.rule is not None and place.rule.kind is RuleKind.ENTRY:
                entry = (place.text_pointer or "").rpartition("/")[0]
                return (each.text_pointer or "").rpartition("/")[0] == entry
            if is_artifact(place) and each.text_pointer:
                return each.text_pointer == place.text_pointer
    return False


def _is_beside(change: Change, parts: Iterable[Part]) -> bool:
    """Whether a change is made at or beside a text that a chart makes an image of."""
    place = change.places[0]
    above = f"{place.document}{place.text_pointer or ''}".rpartition("/")[0]
    return any(part.at.file == place.file and part.at.place.rpartition("/")[0] == above for part in parts)


def _becomes(finding: Finding, change: Change | None, is_made_of_others: bool, rules: Rules) -> str | None:
    """What a rewrite makes of a finding. An edit of values that relocates several images is told for one of them."""
    is_address = is_artifact(finding.place)
    if change is not None:
        return (change.becomes if not is_address else "") or " ".join(change.after.split())
    if is_made_of_others and finding.state is State.UPSTREAM and finding.upstream is not None:
        entry = rules.lock.images.get(finding.upstream)
        return str(rules.scheme.written(parse_image(finding.upstream), rules.pin, entry.digest if entry else None))
    return None


def _elsewhere(changes: Iterable[Change], finding: Finding, file: str | None = None) -> Iterator[str]:
    """The places, but those in a file (its own), that are changed so that a finding need not be."""
    for change in changes:
        if change.upstream == finding.upstream and change.places[0].file != (file or finding.place.file):
            yield f"{change.places[0].file}:{change.places[0].line}"


def _why_not_looked_at(workspace: Workspace, name: str, excluded: str | None) -> str | None:
    """Why a run on the repository passes a file over."""
    if excluded is not None:
        return f"the file is passed over: {excluded}"
    if name in _whole(workspace, []).files:
        return None
    if not name.endswith(SUFFIXES):
        return f"`scan` looks at {', '.join(SUFFIXES)} files: name this one itself"
    return "git ignores the file: name it itself"


def _why_no_values(index: Index, name: str, stands: Stands) -> str | None:
    """Why a value that a chart gets is no image; None for what is no such value."""
    release, place = index.release_of(name), stands.place
    if release is None or place is None or (place.kind and not is_values(place.kind, place.path)):
        return None
    return f"a value of {release}: no image that it renders is made of this"


def _skipped_why(found: Scan, name: str, stands: Stands) -> str | None:
    """Why the document of a line was passed over."""
    for item in found.skipped:
        if item.file == name and item.fatal and stands.first <= (item.line or stands.first) <= stands.last:
            return item.reason
    return None


def _not_found(subject: str, found: Scan) -> str:
    """What to say where no place names an image: the names that are spelled nearly so."""
    from difflib import get_close_matches

    names = {spellings(parse_image(f.upstream).name)[-1] for f in found.findings if f.upstream}
    name = subject.partition("@")[0]
    near = get_close_matches(name[: name.rfind(":")] if ":" in name.rpartition("/")[2] else name, sorted(names), n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"{subject}: no place of the repository pulls it{hint}"
