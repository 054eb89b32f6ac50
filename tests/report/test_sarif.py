from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest

from gitops_clone.finding import Finding, State
from gitops_clone.report import sarif
from gitops_clone.report.visible import printable
from gitops_clone.result import Result
from tests.report import hostile, samples
from tests.report.samples import BACKUP, finding

RESULTS = [name for name in dir(samples) if isinstance(getattr(samples, name), Result)]


@cache
def validator() -> jsonschema.Draft4Validator:
    schema = json.loads((Path(__file__).parent / "test_sarif" / "sarif-2.1.0.schema.json").read_text())
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def run_of(result: Result) -> Any:
    log = json.loads("".join(sarif.stream(result)))
    validator().validate(log)
    (run,) = log["runs"]
    return run


def test_no_more_results_than_code_scanning_takes() -> None:
    """It would refuse them all. Files that could not be processed come first."""
    findings = [finding(f"f{number}.yaml", 1, "nginx:1") for number in range(sarif.RESULTS_LIMIT + 7)]
    log = json.loads("".join(sarif.stream(replace(samples.CHECK, findings=findings, unlocked=()))))
    (run,) = log["runs"]
    assert len(run["results"]) == sarif.RESULTS_LIMIT
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("7 more results")


def displayed(message: dict[str, str]) -> str:
    """A message as a viewer shows it (SARIF 3.11.5, 3.11.6), which must hold no placeholder and no link."""
    text = message["text"]
    assert not re.search(r"(?<!\{)(?:\{\{)*\{[0-9]", text)
    assert not re.search(r"(?<!\\)(?:\\\\)*\[", text)
    return re.sub(r"\\(.)", r"\1", text.replace("{{", "{").replace("}}", "}"))


@pytest.mark.parametrize("name", RESULTS)
def test_reports_are_valid_by_the_schema(name: str) -> None:
    result: Result = getattr(samples, name)
    run = run_of(result)
    rules = run["tool"]["driver"]["rules"]
    for item in run["results"]:
        assert rules[item["ruleIndex"]]["id"] == item["ruleId"]


@pytest.mark.parametrize("value", hostile.VALUES)
def test_values_are_shown_as_they_are_and_do_no_more(value: str) -> None:
    run = run_of(hostile.result(value))
    messages = [displayed(item["message"]) for item in run["results"]]
    notes = [displayed(item["message"]) for item in run["invocations"][0]["toolExecutionNotifications"]]
    assert all(printable(value) in message for message in messages)
    assert f"skipped: {printable(value)}" in notes
    for item in run["results"]:
        uri = item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert urlsplit(uri)[:2] == ("", "")
    assert "##" not in "".join(sarif.stream(hostile.result(value)))


def test_a_place_has_its_line_columns_rule_and_remedy() -> None:
    item = run_of(samples.CHECK)["results"][0]
    assert item["ruleId"] == "not-backed-up"
    assert item["level"] == "error"
    assert item["message"]["text"].startswith("nginx:1.23: not backed up. To mend it: run `gitops-clone rewrite`")
    location = item["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "apps/web/deployment.yaml", "uriBaseId": "%SRCROOT%"}
    assert location["region"] == {"startLine": 17, "startColumn": 10, "endColumn": 20}


def test_each_kind_of_finding_has_its_rule() -> None:
    assert {item["ruleId"] for item in run_of(samples.CHECK)["results"]} == {"not-backed-up", "not-locked"}
    assert {item["ruleId"] for item in run_of(samples.REWRITE)["results"]} == {
        "copy-failed",
        "not-processed",
        "unresolved",
    }
    assert {item["ruleId"] for item in run_of(samples.STATUS)["results"]} == {"backup-lost", "upstream-lost"}


def test_what_was_passed_over_on_purpose_is_no_alert_but_is_told() -> None:
    run = run_of(samples.REWRITE)
    assert not any("registry:2" in item["message"]["text"] for item in run["results"])
    notes = [displayed(item["message"]) for item in run["invocations"][0]["toolExecutionNotifications"]]
    assert 'registry:2: ignored: namespace "registry" is left alone' in notes
    assert any(note.startswith("skipped: encrypted by SOPS") for note in notes)
    assert "2 images have the tag latest" in notes


@pytest.mark.parametrize("file", ["a b/ü.yaml", "c:/d.yaml", "100%/#1?.yaml", "-x/[y].yaml"])
def test_paths_are_relative_uris(file: str) -> None:
    run = run_of(Result("check", BACKUP, findings=[finding(file, 1, "nginx")], exit_code=1))
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    parts = urlsplit(location["uri"])
    assert parts.path == location["uri"]
    assert unquote_to_bytes(parts.path).decode() == file
    assert location["uriBaseId"] in run["originalUriBaseIds"]


def fingerprints(findings: list[Finding]) -> list[str]:
    run = run_of(Result("check", BACKUP, findings=findings, exit_code=1))
    return [item["partialFingerprints"]["imageInFile/v1"] for item in run["results"]]


def test_fingerprints_tell_places_apart_and_stay_when_lines_move() -> None:
    images = ["nginx", "nginx", "redis"]
    before = fingerprints([finding("a.yaml", number, image) for number, image in enumerate(images, 1)])
    assert len(set(before)) == 3
    assert fingerprints([finding("a.yaml", number + 40, image) for number, image in enumerate(images)]) == before
    assert not set(fingerprints([finding("b.yaml", 1, "nginx")])) & set(before)


def test_the_text_of_an_alias_or_of_several_lines_has_no_end_on_the_line() -> None:
    alias = finding("a.yaml", 1, "nginx")
    alias = replace(alias, place=replace(alias.place, text_pointer="/elsewhere"))
    block = Finding(replace(alias.place, text_pointer="/image", raw="ng\ninx"), State.UPSTREAM)
    for item in run_of(Result("check", BACKUP, findings=[alias, block], exit_code=1))["results"]:
        assert "endColumn" not in item["locations"][0]["physicalLocation"]["region"]
