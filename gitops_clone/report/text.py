"""The report for people: on a terminal and in CI logs of 80 columns.

What is long comes first and what matters last, where the reader's eye is when the command ends. A reason is told
once, with the places that it holds for; paths are never cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import Certainty, Finding, Place, State
from gitops_clone.report import layout, sections, summary
from gitops_clone.report.layout import location, number
from gitops_clone.report.sections import Paint, Section, extent
from gitops_clone.report.visible import brief, visible

if TYPE_CHECKING:
    from gitops_clone.mirror.model import Outcome
    from gitops_clone.report.style import Style
    from gitops_clone.result import Result


def render(result: Result, style: Style, *, verbose: bool = False) -> str:
    """The report on any command, with a newline at the end. `verbose` lists every place; else long lists end early."""
    paragraphs = [
        *_COMMANDS[result.command](result, style, verbose),
        sections.warnings(result, style),
        sections.next_steps(result, style),
    ]
    texts = ["\n".join(paragraph) for paragraph in paragraphs]
    return "\n\n".join(text for text in texts if text) + "\n"


def _scan(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    if result.mentions is not None:
        from gitops_clone.report import mentions

        return [*sections.skipped(result, style, verbose), *mentions.paragraphs(result.mentions, style, verbose)]
    return [
        _findings(result, style),
        _scan_relocations(result, style),
        sections.left_alone(result, State.UNRESOLVED, style.warn, verbose),
        sections.left_alone(result, State.IGNORED, style.faint, verbose),
        *sections.skipped(result, style, verbose),
        _scan_counts(result, style),
    ]


def _mirror(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    return [
        _relocations(result, style, verbose),
        _counts(result, style),
        sections.left_alone(result, State.IGNORED, style.faint, verbose),
        sections.left_alone(result, State.UNRESOLVED, style.warn, verbose),
        *_outside(result, style, verbose),
        *sections.skipped(result, style, verbose),
        _failed(result, style, verbose),
        sections.commit(result, style, verbose),
        sections.delivery(result, style),
        sections.mentions(result, style),
        sections.dry_run(result, style),
    ]


def _outside(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    if result.outside is None:
        return []
    from gitops_clone.report import outside

    return outside.paragraphs(result, style, verbose)


def _check(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    passed_over = [
        sections.left_alone(result, State.IGNORED, style.faint, verbose),
        sections.left_alone(result, State.UNRESOLVED, style.warn, verbose),
    ]
    return [
        *(passed_over if verbose else []),
        *sections.skipped(result, style, verbose),
        _check_findings(result, style),
        _check_counts(result, style),
    ]


def _status(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    from gitops_clone.report import status

    return status.paragraphs(result, style, verbose)


def _verify(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    from gitops_clone.report import verify

    return [*sections.skipped(result, style, verbose), *verify.paragraphs(result, style, verbose)]


def _gaps(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    from gitops_clone.report import gaps

    return [*sections.skipped(result, style, verbose), *gaps.paragraphs(result, style, verbose)]


def _explain(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    from gitops_clone.report import explain

    return explain.paragraphs(result, style, verbose)


def _restore(result: Result, style: Style, verbose: bool) -> Sequence[Section]:
    return [
        _restored(result, verbose),
        _not_restored(result, style, verbose),
        *sections.skipped(result, style, verbose),
        _restore_counts(result, style),
        sections.commit(result, style, verbose),
        sections.dry_run(result, style),
    ]


_COMMANDS: dict[str, Callable[[Result, Style, bool], Sequence[Section]]] = {
    "scan": _scan,
    "rewrite": _mirror,
    "mirror": _mirror,
    "check": _check,
    "explain": _explain,
    "gaps": _gaps,
    "verify": _verify,
    "status": _status,
    "restore": _restore,
}


# scan


def _findings(result: Result, style: Style) -> Section:
    if result.findings:
        rows = [(location(f.place), _state(f), brief(f.place.image)) for f in result.findings]
        yield from layout.table(("PLACE", "STATE", "IMAGE"), rows, style)


def _state(finding: Finding) -> str:
    """The state, and how sure it is that this is an image where it is not certain."""
    certainty = finding.place.certainty
    return finding.state.value if certainty is Certainty.CERTAIN else f"{finding.state.value}, {certainty.value}"


def _scan_relocations(result: Result, style: Style) -> Section:
    """Each upstream once, however many places name it."""
    findings = summary.in_state(result, State.UPSTREAM)
    groups = summary.grouped(findings, lambda finding: (finding.upstream or "", finding.backup or ""))
    if groups:
        yield style.strong("not rewritten yet:")
        pairs = [(upstream, backup, number(len(items), "place")) for (upstream, backup), items in groups.items()]
        yield from layout.arrows(pairs, style)


def _scan_counts(result: Result, style: Style) -> Section:
    if not result.findings:
        yield "no images found"
        return
    yield style.strong(_told(result))


# rewrite and mirror


def _relocations(result: Result, style: Style, verbose: bool) -> Section:
    if result.command == "rewrite":
        groups = summary.grouped(summary.changes(result), lambda change: (change.upstream, summary.new_text(change)))
        places = {pair: [place for change in items for place in change.counted] for pair, items in groups.items()}
        title = "to rewrite:" if result.dry_run else "rewritten:"
    else:
        by_upstream = summary.places_by_upstream(result)
        jobs = [outcome.job for outcome in summary.copied(result)]
        places = {(str(job.upstream), str(job.backup)): by_upstream.get(str(job.upstream), []) for job in jobs}
        title = "copied:"
    if not places:
        return
    yield style.strong(title)
    if verbose:
        for pair, here in places.items():
            yield from layout.arrows([(*pair, number(len(here), "place"))], style)
            yield from layout.first([location(place) for place in here], 6, verbose)
    else:
        yield from layout.arrows([(*pair, number(len(here), "place")) for pair, here in places.items()], style)


def _counts(result: Result, style: Style) -> Section:
    rows = list(_count_rows(result, style))
    width = max(len(str(count)) for _, count, _, _ in rows)
    for label, count, text, paint in rows:
        line = f"{label:<14}{count:>{width}} {text}"
        yield paint(line) if count else style.faint(line)


def _count_rows(result: Result, style: Style) -> Iterator[tuple[str, int, str, Paint]]:
    """Label, count, unit and more, colour."""
    states = {state: [finding.place for finding in summary.in_state(result, state)] for state in State}
    yield "found", *_places([finding.place for finding in result.findings]), style.strong
    for label, state in (("on the backup", State.BACKUP), ("own", State.OWN)):
        if states[state]:
            yield label, *_places(states[state]), str
    if not result.dry_run:
        yield "copied", *_images(summary.copied(result)), style.good
        yield "already there", *_images(summary.already_there(result)), str
    if result.command == "rewrite":
        yield "to rewrite" if result.dry_run else "rewritten", *_places(summary.changed_places(result)), style.good
    yield "ignored", *_places(states[State.IGNORED]), str
    yield "unresolved", *_places(states[State.UNRESOLVED]), style.warn
    if not result.dry_run:
        yield "failed", *_images(summary.failed(result)), style.bad


def _places(places: Sequence[Place]) -> tuple[int, str]:
    unit = "place" if len(places) == 1 else "places"
    return len(places), f"{unit} in {number(len({place.file for place in places}), 'file')}" if places else unit


def _images(outcomes: Sequence[Outcome]) -> tuple[int, str]:
    return len(outcomes), "image" if len(outcomes) == 1 else "images"


def _failed(result: Result, style: Style, verbose: bool) -> Section:
    failed = summary.failed(result)
    if not failed:
        return
    by_upstream = summary.places_by_upstream(result)
    untouched = sum(len(by_upstream.get(str(outcome.job.upstream), [])) for outcome in failed)
    yield style.bad(f"failed: {number(len(failed), 'image')} not copied, {number(untouched, 'place')} left as before")
    for reason, outcomes in summary.grouped(failed, lambda outcome: outcome.reason).items():
        yield f"  {brief(reason)}"
        for upstream in (str(outcome.job.upstream) for outcome in outcomes):
            yield f"    {brief(upstream)}"
            yield from layout.first([location(place) for place in by_upstream.get(upstream, [])], 6, verbose)


# check


def _check_findings(result: Result, style: Style) -> Section:
    for finding in summary.not_backed_up(result):
        why = style.bad(brief(summary.why_not_backed_up(finding)))
        yield f"{location(finding.place)}: {brief(finding.place.image)}: {why}"


def _check_counts(result: Result, style: Style) -> Section:
    missing = summary.not_backed_up(result)
    if missing:
        images = len({finding.upstream or finding.place.image for finding in missing})
        yield style.bad(f"{extent([f.place for f in missing])} not backed up ({number(images, 'image')})")
        return
    told = _told(result) if result.findings else "no images found"
    if any(skipped.fatal for skipped in result.skipped):
        yield style.bad(f"no verdict, since not every file could be processed; {told}")
    else:
        yield style.good(f"ok: {told}")


def _restored(result: Result, verbose: bool) -> Section:
    for file in result.files:
        places = [place for change in file.changes for place in change.places]
        yield f"{visible(file.file)}: {number(len(places), 'place')}"
        if verbose:
            for change in file.changes:
                yield from (f"  {place.line}:{place.column}  {brief(change.after)}" for place in change.places)


def _not_restored(result: Result, style: Style, verbose: bool) -> Section:
    left = summary.not_restored(result)
    if left:
        yield style.warn(f"left as they are: {number(len(left), 'place')}")
        yield from layout.reasons(sections.by_reason(left, "not in the lock file"), verbose)


def _restore_counts(result: Result, style: Style) -> Section:
    places = summary.changed_places(result)
    verb = "to restore" if result.dry_run else "restored"
    yield style.good(f"{verb}: {extent(places)}") if places else "nothing to restore"


def _told(result: Result) -> str:
    """How many places, where, and how many in each state."""
    states = [(state, len(summary.in_state(result, state))) for state in State]
    told = ", ".join(f"{count} {state.value}" for state, count in states if count)
    return f"{extent([finding.place for finding in result.findings])}: {told}"
