"""The JSON reports (docs/reports.md): the fields are a contract, `version` counts its changes.

ASCII only, so that they survive any pipe and any locale. One finding a line, so that a hundred thousand of them stay
readable by line tools and diffs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gitops_clone.finding import Finding, Place, Skipped
from gitops_clone.mirror.model import AlreadyThere, Copied, Failed
from gitops_clone.report import json_answers, summary
from gitops_clone.report.verdict import Verdict, backup_verdict, upstream_verdict

if TYPE_CHECKING:
    from gitops_clone.controllers.model import ChartReference
    from gitops_clone.render.model import Rendering
    from gitops_clone.render.outside import Outside
    from gitops_clone.result import ImageStatus, Result

VERSION = 1


def render(result: Result) -> str:
    """The whole report as one JSON object, with a newline at the end.

    `scan` has `version`, `findings` and `skipped`; with `--mentions` also `mentions`, `gaps` has `gaps` instead of
    findings (`json_answers.py`). Every other command has what `scan` has and, empty where they do not apply: `copied`
    and `already_there` (upstream, backup, digest), `failed` (upstream, backup, reason), `rewritten` (file, before,
    after: texts as they stand in the file; places), `not_backed_up` (findings), `statuses` (upstream, backup, digest;
    at_upstream and at_backup, each with state and reason), `entry_points` (name, kind, folder, values; chart from
    elsewhere: name, version, repository, or null; owner: the object that applies it, and where that is, or null;
    verdict; reason, or null if all of it was rendered; images, each with image, object, state, upstream and reason;
    comparison and diff with a revision, null if there was none), `outside` (the images that only rendering shows:
    entry_point: its name; image, object, upstream, relocated: the place that does so, or null; reason), `warnings`,
    `commit` (null, or sha, subject, left_out), `pushed` (null, or remote, branch, sha), `pull_request` (null, or
    number, url, action), `dry_run`, `exit_code`.
    """
    return "".join(stream(result))


def stream(result: Result) -> Iterator[str]:
    """The same text in pieces, for a report that need not be held in memory."""
    yield f'{{"version": {VERSION}'
    if result.command in ("explain", "gaps"):
        yield from _answers(result)
        return
    yield from listed("findings", map(finding, result.findings))
    yield from listed("skipped", map(_skipped, result.skipped))
    if result.mentions is not None:
        yield from listed("mentions", map(json_answers.mention, result.mentions))
    if result.command != "scan":
        yield from listed("copied", map(_copied, summary.copied(result)))
        yield from listed("already_there", map(_copied, summary.already_there(result)))
        yield from listed("failed", map(_failed, summary.failed(result)))
        yield from listed("rewritten", _rewritten(result))
        yield from listed("not_backed_up", map(finding, _check_findings(result)))
        yield from listed("statuses", map(_status, result.statuses))
        yield from listed("entry_points", map(_rendering, result.renderings))
        yield from listed("outside", map(_outside, result.outside or ()))
        yield from listed("warnings", result.warnings)
        yield f',\n"commit": {dump(_commit(result))}'
        yield f',\n"pushed": {dump(_pushed(result))}'
        yield f',\n"pull_request": {dump(_pull_request(result))}'
        yield f',\n"dry_run": {dump(result.dry_run)}'
        yield f',\n"exit_code": {dump(result.exit_code)}'
    yield "}\n"


def _answers(result: Result) -> Iterator[str]:
    """The rest of a report that has no findings, but answers."""
    if result.command == "gaps":
        yield from listed("gaps", map(json_answers.gap, result.gaps))
    else:
        yield from listed("explanations", map(json_answers.explanation, result.explanations))
        yield from listed("mentions", map(json_answers.mention, result.mentions or ()))
    yield from listed("skipped", map(_skipped, result.skipped))
    yield "}\n"


def dump(value: object) -> str:
    """JSON on one line, without what a CI runner would obey (`##[`; it can only stand within a string)."""
    return json.dumps(value).replace("##", "#\\u0023")


def listed(key: str, items: Iterable[object]) -> Iterator[str]:
    """A member that is a list, one item a line; it follows other members."""
    yield f',\n"{key}": ['
    separator = "\n"
    for item in items:
        yield f"{separator}{dump(item)}"
        separator = ",\n"
    yield "]" if separator == "\n" else "\n]"


def finding(item: Finding) -> dict[str, Any]:
    place = item.place
    return {
        "file": place.file,
        "document": place.document,
        "pointer": place.pointer,
        "inner": place.inner or None,
        "line": place.line,
        "column": place.column,
        "image": place.image,
        "certainty": place.certainty.value,
        "upstream": item.upstream,
        "backup": item.backup,
        "state": item.state.value,
        "reason": item.reason,
        "entry_points": list(item.entry_points),
    }


def _skipped(item: Skipped) -> dict[str, Any]:
    return {"file": item.file, "reason": item.reason}


def _copied(outcome: Copied | AlreadyThere) -> dict[str, Any]:
    job = outcome.job
    return {"upstream": str(job.upstream), "backup": str(job.backup), "digest": outcome.digest}


def _failed(outcome: Failed) -> dict[str, Any]:
    job = outcome.job
    return {"upstream": str(job.upstream), "backup": str(job.backup), "reason": outcome.reason}


def _rewritten(result: Result) -> Iterator[dict[str, Any]]:
    for file in result.files:
        for change in file.changes:
            yield {
                "file": file.file,
                "before": change.before,
                "after": change.after,
                "places": [_place(place) for place in change.places],
            }


def _place(place: Place) -> dict[str, Any]:
    return {
        "document": place.document,
        "pointer": place.pointer,
        "inner": place.inner or None,
        "line": place.line,
        "column": place.column,
    }


def _check_findings(result: Result) -> list[Finding]:
    return summary.not_backed_up(result) if result.command == "check" else []


def _rendering(rendering: Rendering) -> dict[str, Any]:
    point = rendering.entry_point
    return {
        "name": point.name,
        "kind": point.kind.value,
        "folder": point.folder,
        "values": list(point.values),
        "chart": _chart(point.applied.chart) if point.applied and point.applied.chart else None,
        "owner": point.owner or None,
        "where": point.where or None,
        "verdict": rendering.verdict.value,
        "reason": rendering.reason,
        "images": [
            {
                "image": image.image,
                "object": image.owner,
                "state": image.state.value,
                "upstream": image.upstream,
                "reason": image.reason,
            }
            for image in rendering.images
        ],
        "comparison": rendering.comparison.value if rendering.comparison else None,
        "diff": rendering.diff if rendering.comparison else None,
    }


def _outside(each: Outside) -> dict[str, Any]:
    return {
        "entry_point": each.point.name,
        "image": each.image.image,
        "object": each.image.owner,
        "upstream": each.image.upstream,
        "relocated": each.relocated,
        "reason": each.reason,
    }


def _chart(chart: ChartReference) -> dict[str, str | None]:
    from gitops_clone.render.model import without_log_in

    return {"name": chart.name, "version": chart.version, "repository": without_log_in(chart.repository or "") or None}


def _status(status: ImageStatus) -> dict[str, Any]:
    return {
        "upstream": status.upstream,
        "backup": status.backup,
        "digest": status.digest,
        "at_upstream": _verdict(upstream_verdict(status)),
        "at_backup": _verdict(backup_verdict(status)),
    }


def _verdict(said: Verdict) -> dict[str, Any]:
    return {"state": said.word, "reason": said.reason}


def _commit(result: Result) -> dict[str, Any] | None:
    commit = result.commit
    if commit is None:
        return None
    left_out = [{"file": file, "reason": reason} for file, reason in commit.left_out]
    return {"sha": commit.sha, "subject": commit.subject, "left_out": left_out}


def _pushed(result: Result) -> dict[str, Any] | None:
    delivery = result.delivery
    if delivery is None or delivery.sha is None:
        return None
    return {"remote": delivery.remote, "branch": delivery.branch, "sha": delivery.sha}


def _pull_request(result: Result) -> dict[str, Any] | None:
    found = result.delivery.pull_request if result.delivery else None
    if result.delivery is None or found is None:
        return None
    return {"number": found.number, "url": found.url, "action": result.delivery.action}
