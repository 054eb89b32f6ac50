from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import pytest

from gitops_clone.finding import Skipped
from gitops_clone.report import github
from gitops_clone.report.visible import brief
from gitops_clone.result import Result
from tests.report import hostile, samples
from tests.report.samples import BACKUP, finding


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def commands(output: str) -> list[Command]:
    """The commands in a step's output, as a runner reads them: lines that start with `::` after white space."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output):
        match = re.match(r"::([0-9a-z-]+)(?: (.*?))?::(.*)", line.lstrip())
        if match:
            pairs = (pair.partition("=") for pair in (match[2] or "").split(",") if pair)
            found.append(Command(match[1], {key: unescaped(value) for key, _, value in pairs}, unescaped(match[3])))
        else:
            assert not re.search(r"^\s*::|##\[", line), line
    return found


def unescaped(text: str) -> str:
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def annotated(result: Result) -> list[Command]:
    return [command for command in commands(github.render(result)) if command.name in ("error", "warning")]


def test_a_place_that_is_not_backed_up_is_an_error_on_its_line() -> None:
    first = annotated(samples.CHECK)[0]
    assert first.name == "error"
    assert first.properties == {
        "file": "apps/web/deployment.yaml",
        "line": "17",
        "col": "10",
        "endColumn": "19",
        "title": "Image not backed up",
    }
    assert first.message.startswith("nginx:1.23: not backed up; run `gitops-clone rewrite`")


def test_the_whole_report_is_folded_below() -> None:
    found = commands(github.render(samples.CHECK))
    assert [command.name for command in found[-2:]] == ["group", "endgroup"]
    assert found[-2].message == "gitops-clone check: 4 places of 3 files not backed up"
    assert "infra/registry/gc.yaml:21:10  registry:2" in github.render(samples.CHECK)


def test_a_dry_run_folds_its_diff_away_with_its_commands_disarmed() -> None:
    output = github.render(samples.DRY_RUN)
    assert "\n-nginx\n+backup\n" in output
    names = [command.name for command in commands(output)]
    assert [names[:2], names[3:]] == [["group", "stop-commands"], ["endgroup", "group", "endgroup"]]


def test_nothing_wrong_gives_no_annotation() -> None:
    assert annotated(samples.CHECK_FINE) == []


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (11, 10), (500, 10)])
def test_what_a_runner_would_drop_is_counted(count: int, shown: int) -> None:
    findings = [finding(f"{number}.yaml", 1, "nginx") for number in range(count)]
    result = Result("check", BACKUP, findings=findings, exit_code=1)
    found = annotated(result)
    assert len(found) == shown
    if count > shown:
        assert found[-1].message == f"{count - 9} more of this kind are in the log of this step"
        assert "file" not in found[-1].properties
    assert f"\n{count - 1}.yaml:1:10: nginx: not backed up" in github.render(result)


def test_what_a_run_warns_of_is_a_warning_without_a_place() -> None:
    told = "GitHub does not add labels in acme/gitops: 403 no, 100%\n::error::x"
    (found,) = annotated(Result("rewrite", BACKUP, warnings=[told]))
    assert (found.name, "file" in found.properties) == ("warning", False)
    assert found.message.startswith("GitHub does not add labels in acme/gitops: 403 no, 100%")


def test_errors_and_warnings_are_counted_apart() -> None:
    names = [command.name for command in annotated(samples.REWRITE)]
    assert names == ["error", "error", "error", "warning", "warning"]


@pytest.mark.parametrize("value", hostile.VALUES)
def test_values_come_back_as_they_were_and_give_no_command(value: str) -> None:
    result = hostile.result(value)
    found = commands(github.render(result))
    assert [command.name for command in found] == ["error", "error", "warning", "warning", "group", "endgroup"]
    unreadable = found[0]
    assert unreadable.properties["file"] == (value or "f.yaml")
    assert unreadable.properties["title"] == "File not processed"
    assert all(brief(value) in command.message for command in found[:4])


def test_a_name_with_commas_and_colons_stays_one_property() -> None:
    result = Result("check", BACKUP, skipped=[Skipped("a,line=9:b%.yaml", "not UTF-8", fatal=True)], exit_code=2)
    assert annotated(result)[0].properties["file"] == "a,line=9:b%.yaml"
    assert "line" not in annotated(replace(result))[0].properties
