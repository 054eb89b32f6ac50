"""Markdown for reviewers: the body of a pull request, and the summary of a job.

What changes or is wrong comes first and open; what was passed over on purpose is there, folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, Place, Skipped, State
from gitops_clone.report import summary
from gitops_clone.report.gfm import Part, code, details, document, link, table
from gitops_clone.report.headline import extent, headline
from gitops_clone.report.layout import SHOWN, number
from gitops_clone.report.verdict import Verdict, backup_verdict, upstream_verdict

if TYPE_CHECKING:
    from gitops_clone.result import Result

SUMMARY_LIMIT = 1024 * 1024 - 1024
"""GitHub takes 1 MiB of job summary from a step, which may have written a few lines of its own."""

_UNDO = """\
### How to undo

Revert the merge, or run `gitops-clone restore` and commit: every place gets back the text that it had. \
The copies stay on the backup registry.
"""


def pull_request_body(result: Result, limit: int) -> str:
    """The body of a pull request with the changes of a `rewrite`, in at most `limit` bytes of UTF-8 (so characters).

    A forge's limit is 65,536 or more; heads and closing parts alone take about 2,000. Tables and lists that are too
    long end with `… and N more`.
    """
    return document(
        [_what_changes(result), _relocations(result), _changed_places(result), *_left_alone(result), Part(_UNDO)], limit
    )


def job_summary(result: Result, limit: int = SUMMARY_LIMIT) -> str:
    """The report on any command, for `$GITHUB_STEP_SUMMARY`; cut as the body of a pull request is."""
    parts = [Part(f"### gitops-clone {result.command}: {headline(result)}\n"), *_COMMANDS[result.command](result)]
    return document([*parts, *_left_alone(result), _next_steps(result)], limit)


# the pull request


def _what_changes(result: Result) -> Part:
    places = summary.changed_places(result)
    registry = code(result.backup_registry)
    if not places:
        return Part(f"No manifest changes; the lock file says what is backed up on {registry}.\n")
    images = len({change.upstream for change in summary.changes(result)})
    return Part(
        f"{number(images, 'image')} in {extent(places)}: from now on the cluster pulls "
        f"{'it' if images == 1 else 'them'} from the backup registry {registry}. "
        "Nothing but these references and the lock file changes.\n"
    )


def _relocations(result: Result) -> Part:
    groups = summary.grouped(summary.changes(result), lambda change: (change.upstream, change.after))
    rows = [
        (code(upstream), code(after), _digest(result.digests.get(upstream)), str(sum(len(c.places) for c in changes)))
        for (upstream, after), changes in sorted(groups.items())
    ]
    title = "### To rewrite" if result.dry_run else "### Rewritten"
    part = _table(title, ("upstream", "backup", "digest", "#places"), rows)
    if any(result.digests.get(upstream, "") is None for upstream, _ in groups):
        return replace(part, foot="\nNo digest is locked for what was not copied: the backup registry fills itself.\n")
    return part


def _changed_places(result: Result) -> Part:
    groups = summary.grouped(summary.changes(result), lambda change: change.upstream)
    rows = [
        _item(code(upstream), [_location(place) for change in changes for place in change.places])
        for upstream, changes in sorted(groups.items())
    ]
    return details(f"Where: {extent(summary.changed_places(result))}", rows) if rows else Part("")


def _digest(digest: str | None) -> str:
    return code(digest) if digest else "–"


# what the pull request and all commands share


def _left_alone(result: Result) -> Iterator[Part]:
    """What needs attention, then what was passed over on purpose."""
    yield _list("### Warnings", [f"- {code(warning)}\n" for warning in result.warnings])
    yield _failed(result)
    yield _skipped(result, "Not processed", fatal=True)
    if result.command != "restore":  # which has its own list of what may be a backup reference
        yield _in_state(result, State.UNRESOLVED)
    if result.command == "rewrite":
        yield _in_templates(result)
    yield _left_out(result)
    yield _in_state(result, State.IGNORED)
    yield _in_state(result, State.OWN)
    yield _skipped(result, "Skipped", fatal=False)


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Part:
    return table(title, header, rows) if rows else Part("")


def _list(title: str, rows: Sequence[str]) -> Part:
    return Part(f"{title}\n\n", rows) if rows else Part("")


def _failed(result: Result) -> Part:
    by_upstream = summary.places_by_upstream(result)
    failed = summary.failed(result)
    rows = []
    for outcome in failed:
        places = by_upstream.get(str(outcome.job.upstream), [])
        item = f"{code(str(outcome.job.upstream))}: {code(outcome.reason)}"
        rows.append(_item(item, [_location(place) for place in places]))
    return _list(f"### Failed: {number(len(failed), 'image')} not copied, the references left as before", rows)


def _skipped(result: Result, title: str, *, fatal: bool) -> Part:
    skipped = [item for item in result.skipped if item.fatal is fatal]
    if not skipped:
        return Part("")
    groups = summary.grouped(skipped, lambda item: item.reason)
    rows = [_item(code(reason), [_skipped_place(item) for item in items]) for reason, items in groups.items()]
    told = f"{title}: {number(len({item.file for item in skipped}), 'file')}"
    return _list(f"### {told}", rows) if fatal else details(told, rows)


def _in_state(result: Result, state: State) -> Part:
    findings = summary.in_state(result, state)
    if not findings:
        return Part("")
    groups = summary.grouped(findings, lambda finding: finding.reason)
    rows = [
        _item(code(reason) if reason else "your own images", [_finding(finding) for finding in items])
        for reason, items in groups.items()
    ]
    return details(f"{state.value.capitalize()}: {number(len(findings), 'place')}", rows)


def _in_templates(result: Result) -> Part:
    waiting = summary.in_templates(result)
    if not waiting:
        return Part("")
    told = f"Not rewritten: {number(len(waiting), 'place')}"
    return details(told, [_item(summary.IN_TEMPLATE, [_finding(finding) for finding in waiting])])


def _left_out(result: Result) -> Part:
    left_out = result.commit.left_out if result.commit else ()
    groups = summary.grouped(left_out, lambda item: item[1])
    rows = [_item(code(reason), [code(file) for file, _ in items]) for reason, items in groups.items()]
    return _list(f"### Left out of the commit: {number(len(left_out), 'file')}", rows)


def _item(text: str, children: Sequence[str]) -> str:
    """A list item, and under it the first of its children: one reason cannot fill the report."""
    shown = len(children) if len(children) <= SHOWN + 1 else SHOWN
    lines = [f"- {text}", *(f"  - {child}" for child in children[:shown])]
    if shown < len(children):
        lines.append(f"  - … and {len(children) - shown} more")
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    return f"{_location(finding.place)} {code(finding.place.image)}"


def _location(place: Place) -> str:
    return code(f"{place.file}:{place.line}")


def _skipped_place(skipped: Skipped) -> str:
    return code(f"{skipped.file}:{skipped.line}" if skipped.line else skipped.file)


# job summaries


def _scan(result: Result) -> Sequence[Part]:
    rows = [(_location(f.place), f.state.value, code(f.place.image), _backup(f)) for f in result.findings]
    return [_table("", ("place", "state", "image", "backup"), rows)]


def _backup(finding: Finding) -> str:
    return code(finding.backup) if finding.backup else "–"


def _rewrite(result: Result) -> Sequence[Part]:
    return [_counts(result), _relocations(result), _changed_places(result), _commit(result)]


def _mirror(result: Result) -> Sequence[Part]:
    places = summary.places_by_upstream(result)
    rows = [
        (
            code(str(o.job.upstream)),
            code(str(o.job.backup)),
            code(o.digest),
            str(len(places.get(str(o.job.upstream), []))),
        )
        for o in summary.copied(result)
    ]
    return [_counts(result), _table("### Copied", ("upstream", "backup", "digest", "#places"), rows)]


def _counts(result: Result) -> Part:
    places = {state.value: len(summary.in_state(result, state)) for state in State if state is not State.UPSTREAM}
    images = {
        "copied": len(summary.copied(result)),
        "already there": len(summary.already_there(result)),
        "failed": len(summary.failed(result)),
    }
    found = [f"{len(result.findings)} found", *(f"{count} {label}" for label, count in places.items() if count)]
    done = [] if result.dry_run else [f"{count} {label}" for label, count in images.items()]
    return Part(f"Places: {', '.join(found)}." + (f" Images: {', '.join(done)}." if done else "") + "\n")


def _commit(result: Result) -> Part:
    commit, delivery = result.commit, result.delivery
    told = []
    if commit:
        told.append(f"Committed {code(commit.sha[:12])}: {code(commit.subject)}" if commit.sha else "Nothing to commit")
    if delivery:
        branch = code(f"{delivery.remote}/{delivery.branch}")
        told.append(f"Pushed {code(delivery.sha[:12])} to {branch}" if delivery.sha else f"Nothing to push to {branch}")
    if delivery and delivery.pull_request:
        told.append(f"Pull request {delivery.action or 'left as it is'}: {link(delivery.pull_request.url)}")
    return Part("".join(f"{line}.  \n" for line in told))


def _check(result: Result) -> Sequence[Part]:
    missing = summary.not_backed_up(result)
    rows = [(_location(f.place), code(f.place.image), code(summary.why_not_backed_up(f))) for f in missing]
    return [_table("", ("place", "image", "why"), rows)]


def _status(result: Result) -> Sequence[Part]:
    rows = [
        (code(status.upstream), _verdict(upstream_verdict(status)), _verdict(backup_verdict(status)))
        for status in result.statuses
    ]
    return [_table("", ("image", "at the upstream", "on the backup registry"), rows)]


def _verdict(verdict: Verdict) -> str:
    word = verdict.word if verdict.fine else f"**{verdict.word}**"
    return f"{word}: {code(verdict.reason)}" if verdict.reason else word


def _restore(result: Result) -> Sequence[Part]:
    rows = [
        (_location(place), code(change.before), code(change.after))
        for change in summary.changes(result)
        for place in change.places
    ]
    left = summary.not_restored(result)
    items = summary.grouped(left, lambda finding: finding.reason or "not in the lock file")
    lists = [_item(code(reason), [_finding(finding) for finding in group]) for reason, group in items.items()]
    return [
        _table("", ("place", "was", "is"), rows),
        details(f"Left as they are: {number(len(left), 'place')}", lists) if lists else Part(""),
    ]


def _next_steps(result: Result) -> Part:
    return _list("Next:", [f"- {code(step)}\n" for step in result.next_steps])


_COMMANDS: dict[str, Callable[[Result], Sequence[Part]]] = {
    "scan": _scan,
    "rewrite": _rewrite,
    "mirror": _mirror,
    "check": _check,
    "status": _status,
    "restore": _restore,
}
