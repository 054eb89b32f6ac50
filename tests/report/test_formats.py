from __future__ import annotations

import json

import pytest

from gitops_clone.finding import State
from gitops_clone.report.formats import render
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from tests.report import samples

RESULTS = [name for name in dir(samples) if isinstance(getattr(samples, name), Result)]


def facts(result: Result) -> set[str]:
    """What a reader of the text learns: the files, why something was left, what failed, what was said."""
    named = {f.place.file for f in result.findings if f.reason} | {item.file for item in result.skipped}
    reasons = {f.reason for f in result.findings if f.reason} | {item.reason for item in result.skipped}
    failed = {outcome.reason for outcome in result.outcomes if hasattr(outcome, "reason")}
    changed = {file.file for file in result.files}
    rendered = {each.entry_point.name for each in result.renderings} | {each.reason for each in result.renderings}
    images = [image for each in result.renderings for image in each.images if image.state is not State.BACKUP]
    rendered |= {text for image in images for text in (image.image, image.reason)}
    outside = {text for o in result.outside or () for text in (o.point.name, o.image.image, o.relocated, o.reason)}
    told = {text for text in rendered | outside if text}
    upstreams = {status.upstream for status in result.statuses}
    return named | reasons | failed | changed | set(result.warnings) | upstreams | told


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
@pytest.mark.parametrize("name", RESULTS)
def test_each_format_has_what_text_has(name: str, form: str) -> None:
    result: Result = getattr(samples, name)
    text = "".join(render(result, form, Style(), verbose=True))
    assert text.endswith("\n")
    told = facts(result)
    if form in ("json", "sarif"):
        told = {json.dumps(fact)[1:-1] for fact in told}
    if result.command == "status" and form == "sarif":
        told -= {samples.STATUS.statuses[0].upstream}  # nothing to mend there
    missing = {fact for fact in told if fact not in text}
    assert not missing
