"""What came of a command, in one line without colours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitops_clone.finding import Place
from gitops_clone.report import summary
from gitops_clone.report.layout import number
from gitops_clone.report.verdict import backup_verdict, upstream_verdict

if TYPE_CHECKING:
    from gitops_clone.result import Result


def headline(result: Result) -> str:
    """The line, without the command's name and without values of others."""
    if result.command == "check":
        return _check(result)
    if result.command == "status":
        return _status(result)
    if result.command == "verify":
        return _verify(result)
    if result.command == "gaps":
        return _gaps(result)
    if result.command == "mirror":
        return f"{number(len(summary.copied(result)), 'image')} copied{_failed(result)}"
    if result.command == "scan":
        return extent([f.place for f in result.findings]) if result.findings else "no images found"
    places = summary.changed_places(result)
    verb = {"rewrite": "rewritten", "restore": "restored"}[result.command]
    would = "would be " if result.dry_run else ""
    return f"{extent(places)} {would}{verb}{_failed(result)}" if places else f"nothing to do{_failed(result)}"


def extent(places: Sequence[Place]) -> str:
    """How many places, and of how many files."""
    return f"{number(len(places), 'place')} of {number(len({place.file for place in places}), 'file')}"


def _check(result: Result) -> str:
    missing = summary.not_backed_up(result)
    if missing:
        return f"{extent([finding.place for finding in missing])} not backed up"
    if any(item.fatal for item in result.skipped):
        return "no verdict, since not every file could be processed"
    return "everything is backed up" if result.findings else "no images found"


def _status(result: Result) -> str:
    wrong = [s for s in result.statuses if not (upstream_verdict(s).fine and backup_verdict(s).fine)]
    total = number(len(result.statuses), "image")
    return f"{len(wrong)} of {total} gone, moved or different" if wrong else f"{total}, there on both sides"


def _verify(result: Result) -> str:
    verdicts = [each.verdict.value for each in result.renderings]
    total = number(len(verdicts), "entry point")
    unknown = verdicts.count("not verified")
    told = f"{verdicts.count('failed')} of {total} failed" if "failed" in verdicts else f"{total} verified"
    if unknown == len(verdicts):
        return f"nothing verified: {total}" if verdicts else "no entry points"
    return f"{told}, {unknown} not verified" if unknown else told


def _gaps(result: Result) -> str:
    stopping = sum(gap.kind.stops for gap in result.gaps)
    hidden = len(result.gaps) - stopping
    told = [f"{number(hidden, 'pull')} that Git does not show"] if hidden else []
    told += [f"{number(stopping, 'obstacle')} to relocated workloads"] if stopping else []
    return ", ".join(told) or "no gaps that gitops-clone knows of"


def _failed(result: Result) -> str:
    failed = summary.failed(result)
    return f", {len(failed)} failed" if failed else ""
