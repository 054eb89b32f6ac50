"""What a report says of single places: one model for SARIF and for annotations. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, Place, Skipped, State
from gitops_clone.lockfile import LOCK_NAME
from gitops_clone.report import summary
from gitops_clone.report.verdict import Verdict, backup_verdict, upstream_verdict

if TYPE_CHECKING:
    from gitops_clone.gaps.model import Gap
    from gitops_clone.mirror.model import Failed
    from gitops_clone.render.model import EntryPoint, Rendering
    from gitops_clone.result import Result


class Level(StrEnum):
    """How bad it is; also the names that SARIF and GitHub have for it."""

    ERROR = "error"
    WARNING = "warning"


class Rule(StrEnum):
    """The kinds of problems. The values are ids that code scanning remembers: they never change."""

    NOT_BACKED_UP = "not-backed-up"
    NOT_LOCKED = "not-locked"
    UNRESOLVED = "unresolved"
    NOT_PROCESSED = "not-processed"
    COPY_FAILED = "copy-failed"
    BACKUP_LOST = "backup-lost"
    UPSTREAM_LOST = "upstream-lost"
    RENDERED_UPSTREAM = "rendered-upstream"
    MORE_CHANGED = "more-changed"
    NOT_RENDERED = "not-rendered"
    PULL_NOT_SHOWN = "pull-not-shown"
    STOPS_WORKLOADS = "stops-workloads"


TITLES = {
    Rule.NOT_BACKED_UP: "Image not backed up",
    Rule.NOT_LOCKED: "Backup not in the lock file",
    Rule.UNRESOLVED: "Image reference not resolved",
    Rule.NOT_PROCESSED: "File not processed",
    Rule.COPY_FAILED: "Image not copied",
    Rule.BACKUP_LOST: "Backup missing or different",
    Rule.UPSTREAM_LOST: "Upstream gone or moved",
    Rule.RENDERED_UPSTREAM: "Rendered image not backed up",
    Rule.MORE_CHANGED: "More changed than where images come from",
    Rule.NOT_RENDERED: "Entry point not rendered",
    Rule.PULL_NOT_SHOWN: "Pull that Git does not show",
    Rule.STOPS_WORKLOADS: "Would stop relocated workloads",
}
REMEDIES = {
    Rule.NOT_BACKED_UP: "run `gitops-clone rewrite`, which copies the image and rewrites the reference",
    Rule.NOT_LOCKED: "run `gitops-clone rewrite`, which finds the upstream, copies it and writes the lock file",
    Rule.UNRESOLVED: "write the reference out, or mark the line with `# gitops-clone: ignore`",
    Rule.NOT_PROCESSED: "correct the file, or exclude it: `exclude` in .gitops-clone.toml",
    Rule.COPY_FAILED: "mend the cause and run `gitops-clone rewrite` again; the references are as before",
    Rule.BACKUP_LOST: "run `gitops-clone rewrite --recheck`, which copies again what is missing and tells what differs",
    Rule.RENDERED_UPSTREAM: "run `gitops-clone rewrite`; what charts from elsewhere bring needs `--render`",
    Rule.MORE_CHANGED: "look at the difference, which the text and JSON reports show; what is meant belongs elsewhere",
    Rule.NOT_RENDERED: "see the reason; `gitops-clone verify --network` fetches charts and remote bases",
    Rule.PULL_NOT_SHOWN: "name in Git what is pulled, or see the command that lists it",
    Rule.STOPS_WORKLOADS: "give the workloads credentials, or let the policy admit the backup registry",
    Rule.UPSTREAM_LOST: "nothing to do while the backup is there; `gitops-clone rewrite --update` takes a moved tag",
}
LEVELS = dict.fromkeys(Rule, Level.ERROR) | dict.fromkeys(
    (Rule.UNRESOLVED, Rule.UPSTREAM_LOST, Rule.NOT_RENDERED, Rule.PULL_NOT_SHOWN), Level.WARNING
)
"""The usual level of a kind; `scan`, which judges nothing, and `check --strict` differ."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `what` is one line without the remedy; columns are code points, the end is exclusive.

    Without a line, the whole file is meant. `image` is as written, None for a file. `own_remedy` is for this one alone.
    """

    rule: Rule
    level: Level
    what: str
    file: str
    line: int | None = None
    column: int | None = None
    end_column: int | None = None
    image: str | None = None
    finding: Finding | None = None
    own_remedy: str | None = None

    @property
    def remedy(self) -> str:
        return self.own_remedy or REMEDIES[self.rule]


def problems(result: Result) -> Iterator[Problem]:
    """What is wrong, whole files first."""
    yield from map(_skipped, (item for item in result.skipped if item.fatal))
    if result.command == "check":
        yield from map(_not_backed_up, summary.not_backed_up(result))
    elif result.command == "scan":
        yield from map(_not_rewritten_yet, summary.in_state(result, State.UPSTREAM))
    elif result.command == "rewrite":
        yield from _outside(result)
    elif result.command == "verify":
        for rendering in result.renderings:
            yield from _rendering(rendering)
    elif result.command == "gaps":
        yield from map(_gap, result.gaps)
    elif result.command == "status":
        yield from _statuses(result)
    yield from _failed(result)
    told = set(result.unlocked)  # `check --strict`
    yield from (_unresolved(f) for f in summary.in_state(result, State.UNRESOLVED) if f not in told)


def _skipped(skipped: Skipped) -> Problem:
    return Problem(Rule.NOT_PROCESSED, Level.ERROR, skipped.reason, skipped.file, skipped.line)


def _not_backed_up(finding: Finding) -> Problem:
    rule = Rule.NOT_LOCKED if finding.state is State.BACKUP else Rule.NOT_BACKED_UP
    if finding.state is State.UNRESOLVED:
        rule = Rule.UNRESOLVED
    return _at(finding, rule, Level.ERROR, f"{finding.place.image}: {summary.why_not_backed_up(finding)}")


def _not_rewritten_yet(finding: Finding) -> Problem:
    what = f"{finding.place.image}: not backed up, would become {finding.backup}"
    return _at(finding, Rule.NOT_BACKED_UP, Level.WARNING, what)


def _unresolved(finding: Finding) -> Problem:
    return _at(finding, Rule.UNRESOLVED, Level.WARNING, f"{finding.place.image}: {finding.reason}")


def _outside(result: Result) -> Iterator[Problem]:
    """What `rewrite --render` leaves; the place is the object or file that brings it."""
    for each in result.outside or ():
        if each.relocated is None:
            reason = f": {each.reason}" if each.reason else ""
            what = f"{each.image.image} in {each.image.owner} of {each.point.name}{reason}"
            yield _of_point(each.point, Rule.RENDERED_UPSTREAM, Level.WARNING, what, each.image.image)
    for rendering in result.renderings:
        yield _of_point(rendering.entry_point, Rule.NOT_RENDERED, Level.WARNING, _why(rendering))


def _rendering(rendering: Rendering) -> Iterator[Problem]:
    point = rendering.entry_point
    for image in rendering.missing:
        reason = f": {image.reason}" if image.reason else ""
        what = f"{image.image} in {image.owner} of {point.name}{reason}"
        yield _of_point(point, Rule.RENDERED_UPSTREAM, Level.ERROR, what, image.image)
    if rendering.comparison in ("changed", "broken"):
        lines = [
            line for line in rendering.diff.splitlines() if line[:1] in ("+", "-") and line[1:3] not in ("++", "--")
        ]
        what = f"{point.name}: {lines[0] if lines else _why(rendering)}"
        yield _of_point(point, Rule.MORE_CHANGED, Level.ERROR, what)
    elif rendering.reason:
        yield _of_point(point, Rule.NOT_RENDERED, Level.WARNING, _why(rendering))


def _gap(gap: Gap) -> Problem:
    rule = Rule.STOPS_WORKLOADS if gap.kind.stops else Rule.PULL_NOT_SHOWN
    what = ": ".join(filter(None, (gap.owner, gap.pulls, gap.says)))
    image = gap.pulls or gap.owner
    return Problem(rule, LEVELS[rule], what, gap.file, gap.line, image=image, own_remedy=gap.remedy)


def _why(rendering: Rendering) -> str:
    return f"{rendering.entry_point.name}: {rendering.reason}"


def _of_point(point: EntryPoint, rule: Rule, level: Level, what: str, image: str | None = None) -> Problem:
    return Problem(rule, level, what, *point.place, image=image)


def _failed(result: Result) -> Iterator[Problem]:
    failed: dict[str, Failed] = {str(outcome.job.upstream): outcome for outcome in summary.failed(result)}
    for finding in result.findings if failed else ():
        if finding.upstream in failed and finding.state in (State.UPSTREAM, State.BACKUP):
            what = f"{finding.place.image}: not copied: {failed[finding.upstream].reason}"
            yield _at(finding, Rule.COPY_FAILED, Level.ERROR, what)


def _statuses(result: Result) -> Iterator[Problem]:
    """What registries say of locked images; the lock file is the place."""
    for rule, verdict_of in ((Rule.BACKUP_LOST, backup_verdict), (Rule.UPSTREAM_LOST, upstream_verdict)):
        for status in result.statuses:
            verdict = verdict_of(status)
            if not verdict.fine:
                side = status.backup if rule is Rule.BACKUP_LOST else status.upstream
                yield Problem(rule, LEVELS[rule], f"{side}: {_told(verdict)}", LOCK_NAME, image=status.upstream)


def _told(verdict: Verdict) -> str:
    return f"{verdict.word}: {verdict.reason}" if verdict.reason else verdict.word


def _at(finding: Finding, rule: Rule, level: Level, what: str) -> Problem:
    place = finding.place
    end = place.column + len(place.raw) if _stands_here(place) else None
    return Problem(rule, level, what, place.file, place.line, place.column, end, place.image, finding)


def _stands_here(place: Place) -> bool:
    """Whether the text is at the place, on its line: not an alias, not a block scalar of several lines."""
    return place.pointer == place.text_pointer and not {"\n", "\r"} & set(place.raw)
