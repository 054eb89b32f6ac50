"""Markdown for reviewers: the body of a pull request, and the summary of a job.

What changes or is wrong comes first and open; what was passed over on purpose is there, folded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops_clone.finding import Finding, State
from gitops_clone.report import markdown_gaps, markdown_rendered, summary
from gitops_clone.report.gfm import Part, code, details, document, link
from gitops_clone.report.headline import extent, headline
from gitops_clone.report.layout import number
from gitops_clone.report.left_alone import left_alone, list_item, location, place_and_image, titled_list, titled_table
from gitops_clone.report.verdict import Verdict, backup_verdict, upstream_verdict

if TYPE_CHECKING:
    from gitops_clone.result import Result

SUMMARY_LIMIT = 1024 * 1024 - 1024
"""GitHub takes 1 MiB of job summary from a step, which may have written a few lines of its own."""

_FEW = 4  # images that the row of an entry point names

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
        [
            _what_changes(result),
            _relocations(result),
            _entry_points(result),
            _changed_places(result),
            *markdown_rendered.outside(result),
            *left_alone(result),
            Part(_UNDO),
        ],
        limit,
    )


def job_summary(result: Result, limit: int = SUMMARY_LIMIT) -> str:
    """The report on any command, for `$GITHUB_STEP_SUMMARY`; cut as the body of a pull request is."""
    parts = [Part(f"### gitops-clone {result.command}: {headline(result)}\n"), *_COMMANDS[result.command](result)]
    return document([*parts, *left_alone(result), _next_steps(result)], limit)


# the pull request


def _what_changes(result: Result) -> Part:
    places = summary.changed_places(result)
    registry = code(result.backup_registry)
    if not places:
        return Part(f"No manifest changes; the lock file says what is backed up on {registry}.{_what_stays(result)}\n")
    images = len({change.upstream for change in summary.changes(result)})
    return Part(
        f"{number(images, 'image')} in {extent(places)}: from now on the cluster pulls "
        f"{'it' if images == 1 else 'them'} from the backup registry {registry}. "
        f"Nothing but these references and the lock file changes.{_what_stays(result)}\n"
    )


def _what_stays(result: Result) -> str:
    failed = len(summary.failed(result))
    if not failed:
        return ""
    stays = "stays as it is" if failed == 1 else "stay as they are"
    return f" **{number(failed, 'image')} could not be copied**, and {stays}."


def _relocations(result: Result) -> Part:
    groups = summary.grouped(summary.changes(result), lambda change: (change.upstream, summary.new_text(change)))
    rows = []
    for (upstream, after), changes in sorted(groups.items()):
        digest = _digest(result.digests.get(upstream))
        platforms = [_platforms(result.platforms.get(upstream, ()))] if result.platforms else []
        rows.append((code(upstream), code(after), digest, *platforms, str(sum(len(c.counted) for c in changes))))
    title = "### To rewrite" if result.dry_run else "### Rewritten"
    header = ("upstream", "backup", "digest", *(["platforms"] if result.platforms else []), "#places")
    part = titled_table(title, header, rows)
    if any(result.digests.get(upstream, "") is None for upstream, _ in groups):
        return replace(part, foot="\nNo digest is locked for what was not copied: the backup registry fills itself.\n")
    return part


def _entry_points(result: Result) -> Part:
    """For each entry point the images that it has changed; what is in none comes last."""
    by_file = {file.file: {change.upstream for change in file.changes} for file in result.files}
    rows = [
        (code(name), _first(sorted(set().union(*(by_file[file] for file in files)))))
        for name, files in sorted(result.entry_points.items())
    ]
    included = {file for files in result.entry_points.values() for file in files}
    alone = set[str]().union(*(upstreams for file, upstreams in by_file.items() if file not in included))
    if rows and alone:
        rows.append(("in no entry point", _first(sorted(alone))))
    return titled_table("### For whom", ("entry point", "images"), rows)


def _first(upstreams: Sequence[str]) -> str:
    """The first few: the other table has them all."""
    shown = len(upstreams) if len(upstreams) <= _FEW + 1 else _FEW
    more = f" and {len(upstreams) - shown} more" if shown < len(upstreams) else ""
    return ", ".join(code(upstream) for upstream in upstreams[:shown]) + more


def _platforms(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names) or "–"


def _changed_places(result: Result) -> Part:
    groups = summary.grouped(summary.changes(result), lambda change: change.upstream)
    rows = [
        list_item(code(upstream), [location(place) for change in changes for place in change.places])
        for upstream, changes in sorted(groups.items())
    ]
    return details(f"Where: {extent(summary.changed_places(result))}", rows) if rows else Part("")


def _digest(digest: str | None) -> str:
    return code(digest) if digest else "–"


# job summaries


def _scan(result: Result) -> Sequence[Part]:
    rows = [(location(f.place), f.state.value, code(f.place.image), _backup(f)) for f in result.findings]
    return [titled_table("", ("place", "state", "image", "backup"), rows)]


def _backup(finding: Finding) -> str:
    return code(finding.backup) if finding.backup else "–"


def _rewrite(result: Result) -> Sequence[Part]:
    return [
        _counts(result),
        _relocations(result),
        _entry_points(result),
        _changed_places(result),
        *markdown_rendered.outside(result),
        _commit(result),
    ]


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
    return [_counts(result), titled_table("### Copied", ("upstream", "backup", "digest", "#places"), rows)]


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
    rows = [(location(f.place), code(f.place.image), code(summary.why_not_backed_up(f))) for f in missing]
    return [titled_table("", ("place", "image", "why"), rows)]


def _status(result: Result) -> Sequence[Part]:
    rows = [
        (code(status.upstream), _verdict(upstream_verdict(status)), _verdict(backup_verdict(status)))
        for status in result.statuses
    ]
    return [titled_table("", ("image", "at the upstream", "on the backup registry"), rows)]


def _verdict(verdict: Verdict) -> str:
    word = verdict.word if verdict.fine else f"**{verdict.word}**"
    return f"{word}: {code(verdict.reason)}" if verdict.reason else word


def _restore(result: Result) -> Sequence[Part]:
    rows = [
        (location(place), code(change.before), code(change.after))
        for change in summary.changes(result)
        for place in change.places
    ]
    left = summary.not_restored(result)
    items = summary.grouped(left, lambda finding: finding.reason or "not in the lock file")
    lists = [
        list_item(code(reason), [place_and_image(finding) for finding in group]) for reason, group in items.items()
    ]
    return [
        titled_table("", ("place", "was", "is"), rows),
        details(f"Left as they are: {number(len(left), 'place')}", lists) if lists else Part(""),
    ]


def _next_steps(result: Result) -> Part:
    return titled_list("Next:", [f"- {code(step)}\n" for step in result.next_steps])


_COMMANDS: dict[str, Callable[[Result], Sequence[Part]]] = {
    "scan": _scan,
    "rewrite": _rewrite,
    "mirror": _mirror,
    "check": _check,
    "status": _status,
    "restore": _restore,
    "verify": markdown_rendered.verify,
    "gaps": markdown_gaps.parts,
}
