"""SARIF 2.1.0, for code scanning (docs.oasis-open.org/sarif/sarif/v2.1.0; section numbers below are of it).

Results are what there is to mend. What was passed over on purpose is no alert, so it stands in the notifications of
the invocation, which code scanning does not show.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitops_clone import __version__
from gitops_clone.finding import Finding, Place, State
from gitops_clone.report import summary
from gitops_clone.report.json import dump, listed
from gitops_clone.report.json import finding as finding_fields
from gitops_clone.report.problems import LEVELS, REMEDIES, TITLES, Problem, Rule, problems
from gitops_clone.report.visible import printable

if TYPE_CHECKING:
    from gitops_clone.result import Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS_LIMIT = 25_000
"""GitHub's code scanning refuses a run with more results."""
_RULES = list(Rule)
# 3.11.5, 3.11.6: braces are placeholders, brackets are links.
_LITERAL = str.maketrans({"{": "{{", "}": "}}", "[": "\\[", "]": "\\]", "\\": "\\\\"})


def stream(result: Result) -> Iterator[str]:
    """One run, in pieces, ASCII, a result a line. Paths are relative to `%SRCROOT%`, the root of the repository."""
    run = {
        "tool": {"driver": _driver()},
        "automationDetails": {"id": f"gitops-clone/{result.command}/"},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(result)],
        "properties": {"counts": _counts(result), "nextSteps": list(result.next_steps)},
    }
    yield f'{{"$schema": {dump(SCHEMA)},\n"version": "2.1.0",\n"runs": [{{\n'
    yield ",\n".join(f"{dump(name)}: {dump(value)}" for name, value in run.items())
    yield from listed("results", _results(islice(problems(result), RESULTS_LIMIT)))
    yield "}]}\n"


def _driver() -> dict[str, Any]:
    return {"name": "gitops-clone", "semanticVersion": __version__, "rules": [_rule(rule) for rule in _RULES]}


def _rule(rule: Rule) -> dict[str, Any]:
    remedy = REMEDIES[rule]
    return {
        "id": rule.value,
        "shortDescription": {"text": f"{TITLES[rule]}."},
        "fullDescription": {"text": f"{TITLES[rule]}: {remedy}."},
        "help": {"text": f"{remedy[0].upper()}{remedy[1:]}."},
        "defaultConfiguration": {"level": LEVELS[rule].value},
    }


def _results(found: Iterable[Problem]) -> Iterator[dict[str, Any]]:
    seen: Counter[tuple[str, ...]] = Counter()
    for problem in found:
        same = (problem.rule.value, problem.file, problem.image or "")
        seen[same] += 1
        yield _result(problem, _fingerprint(*same, str(seen[same])))


def _result(problem: Problem, fingerprint: str) -> dict[str, Any]:
    result = {
        "ruleId": problem.rule.value,
        "ruleIndex": _RULES.index(problem.rule),
        "level": problem.level.value,
        "message": _message(f"{problem.what}. To mend it: {problem.remedy}."),
        "locations": [_location(problem.file, problem.line, problem.column, problem.end_column)],
        "partialFingerprints": {"imageInFile/v1": fingerprint},
    }
    if problem.finding:
        result["properties"] = _properties(problem.finding)
    return result


def _fingerprint(*parts: str) -> str:
    """The same for the n-th place of an image in a file, wherever it moves there."""
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _properties(finding: Finding) -> dict[str, Any]:
    fields = finding_fields(finding)
    return {name: fields[name] for name in ("document", "pointer", "image", "upstream", "backup", "state", "reason")}


def _location(file: str, line: int | None, column: int | None = None, end_column: int | None = None) -> dict[str, Any]:
    region = {"startLine": line or 1, "startColumn": column, "endColumn": end_column}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file), "uriBaseId": "%SRCROOT%"},
            "region": {name: value for name, value in region.items() if value is not None},
        }
    }


def _uri(file: str) -> str:
    """A relative reference (RFC 3986): of the bytes of the name, so that a colon is no scheme."""
    return quote(os.fsencode(file), safe="/")


def _message(text: str) -> dict[str, str]:
    return {"text": printable(text).translate(_LITERAL)}


def _invocation(result: Result) -> dict[str, Any]:
    return {
        "executionSuccessful": result.exit_code in (0, 1),
        "exitCode": result.exit_code,
        "toolExecutionNotifications": list(_notifications(result)),
    }


def _notifications(result: Result) -> Iterator[dict[str, Any]]:
    more = sum(1 for _ in problems(result)) - RESULTS_LIMIT
    if more > 0:
        told = f"{more} more results are left out here, since code scanning would refuse them all; JSON has them"
        yield {"level": "warning", "message": _message(told)}
    for warning in result.warnings:
        yield {"level": "warning", "message": _message(warning)}
    for file, reason in result.commit.left_out if result.commit else ():
        yield _note(f"left out of the commit: {reason}", _location(file, None), "warning")
    for state in (State.IGNORED, State.OWN):
        for finding in summary.in_state(result, state):
            reason = f": {finding.reason}" if finding.reason else ""
            yield _note(f"{finding.place.image}: {state.value}{reason}", _place(finding.place))
    for skipped in result.skipped:
        if not skipped.fatal:
            yield _note(f"skipped: {skipped.reason}", _location(skipped.file, skipped.line))
    for change in summary.changes(result):
        for place in change.places:
            yield _note(f"{change.before} became {change.after}", _place(place))
    for done in summary.copied(result):
        yield {
            "level": "note",
            "message": _message(f"{done.job.upstream} was copied to {done.job.backup}, {done.digest}"),
        }
    for there in summary.already_there(result):
        yield {"level": "note", "message": _message(f"{there.job.upstream} is at {there.job.backup}, {there.digest}")}

    for rendering in result.renderings:
        name = rendering.entry_point.name
        yield _note(f"{name}: {rendering.verdict.value}", _location(*rendering.entry_point.place))
        for image in rendering.images:
            if image.state in (State.IGNORED, State.UNRESOLVED):
                told = f"{image.image} of {name}: {image.state.value}: {image.reason}"
                yield _note(told, _location(*rendering.entry_point.place))
    for each in result.outside or ():
        if each.relocated:
            what = f"{each.image.image} of {each.point.name} is relocated in {each.relocated}"
            yield _note(what, _location(*each.point.place))
    if delivery := result.delivery:
        page = f", {delivery.pull_request.url}" if delivery.pull_request else ""
        yield {"level": "note", "message": _message(f"pushed to {delivery.remote}/{delivery.branch}{page}")}


def _note(text: str, location: dict[str, Any], level: str = "note") -> dict[str, Any]:
    return {"level": level, "message": _message(text), "locations": [location]}


def _place(place: Place) -> dict[str, Any]:
    return _location(place.file, place.line, place.column)


def _counts(result: Result) -> dict[str, int]:
    return {
        **{state.value: len(summary.in_state(result, state)) for state in State},
        "copied": len(summary.copied(result)),
        "alreadyThere": len(summary.already_there(result)),
        "failed": len(summary.failed(result)),
        "changed": len(summary.changed_places(result)),
    }
