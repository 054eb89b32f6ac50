from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from gitops_clone.finding import Skipped, State
from gitops_clone.mirror.model import Failed
from gitops_clone.report import text
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from tests.report import samples
from tests.report.samples import BACKUP, change, file_change, finding, job

PLAIN = Style()


@pytest.mark.parametrize(
    ("name", "result"),
    [("scan", samples.SCAN), ("rewrite", samples.REWRITE), ("check", samples.CHECK), ("status", samples.STATUS)],
)
def test_layout(name: str, result: Result, datadir: Path) -> None:
    assert text.render(result, PLAIN) == (datadir / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", [name for name in dir(samples) if isinstance(getattr(samples, name), Result)])
def test_colours_add_nothing_but_colours(name: str) -> None:
    result: Result = getattr(samples, name)
    coloured = text.render(result, Style(colour=True))
    assert click.unstyle(coloured) == text.render(result, PLAIN)
    assert coloured != click.unstyle(coloured)


def test_an_image_in_200_places_is_one_relocation() -> None:
    findings = [finding(f"apps/{number}.yaml", 3, "nginx") for number in range(200)]
    files = [file_change(f.place.file, b"a", b"b", change(f)) for f in findings]
    report = text.render(Result("rewrite", BACKUP, findings=findings, files=files), PLAIN)
    assert len(report.splitlines()) < 20
    assert "index.docker.io/library/nginx:latest  200 places" in report
    assert "rewritten     200 places in 200 files" in report


def test_the_places_of_a_failed_image_are_listed_up_to_a_point() -> None:
    findings = [finding(f"apps/{number}.yaml", 3, "nginx") for number in range(200)]
    result = Result("rewrite", BACKUP, findings=findings, outcomes=[Failed(job("nginx"), "denied")], exit_code=3)
    report = text.render(result, PLAIN)
    assert "failed: 1 image not copied, 200 places left as before" in report
    assert "apps/9.yaml:3:10" in report
    assert "apps/10.yaml:3:10" not in report
    assert "and 190 more (--verbose lists them)" in report
    assert "apps/199.yaml:3:10" in text.render(result, PLAIN, verbose=True)


def test_images_that_fail_for_one_reason_stand_under_it() -> None:
    failures = [Failed(job("nginx"), "connection refused"), Failed(job("redis"), "connection refused")]
    report = text.render(Result("mirror", BACKUP, outcomes=failures, exit_code=3), PLAIN)
    assert report.count("connection refused") == 1
    assert "index.docker.io/library/redis:latest" in report


def test_verbose_names_each_place_that_was_rewritten() -> None:
    report = text.render(samples.REWRITE, PLAIN, verbose=True)
    assert "      apps/worker/cronjob.yaml:22:10\n" in report


def test_long_paths_are_whole_and_leave_the_other_rows_narrow() -> None:
    path = "/".join(["environments"] * 12) + "/deployment.yaml"
    findings = [finding(path, 1, "nginx"), finding("a.yaml", 1, "redis")]
    report = text.render(Result("scan", BACKUP, findings=findings), PLAIN)
    assert f"{path}:1:10  upstream" in report
    assert "\na.yaml:1:10  upstream  redis\n" in report


def test_relocations_stand_on_one_line_where_they_fit() -> None:
    report = text.render(samples.REWRITE, Style(width=200))
    line = (
        "index.docker.io/library/nginx:1.23            -> localhost:5001/index_docker_io/library/nginx:1.23  2 places"
    )
    assert line in report


def test_a_dry_run_says_so() -> None:
    report = text.render(samples.DRY_RUN, PLAIN)
    assert "dry run: nothing was copied or written" in report
    assert "to rewrite    3 places in 2 files" in report
    assert "copied  " not in report


def test_check_without_a_complaint_is_one_line() -> None:
    assert text.render(samples.CHECK_FINE, PLAIN) == "ok: 4 places in 4 files: 1 backup, 1 own, 2 ignored\n"


def test_check_names_the_way_out_if_the_run_knows_one() -> None:
    assert "gitops-clone rewrite" not in text.render(samples.CHECK, PLAIN)
    better = replace(samples.CHECK, next_steps=["gitops-clone rewrite apps"])
    assert text.render(better, PLAIN).endswith("next:\n  gitops-clone rewrite apps\n")


def test_check_lists_what_strict_adds() -> None:
    unresolved = finding("a.yaml", 2, "$(IMAGE)", State.UNRESOLVED, "a variable")
    result = Result("check", BACKUP, findings=[unresolved], unlocked=[unresolved], exit_code=1)
    assert "a.yaml:2:10: $(IMAGE): a variable\n" in text.render(result, PLAIN)


def test_check_names_files_that_it_could_not_read() -> None:
    result = replace(
        samples.CHECK_FINE, skipped=[Skipped("b.yaml", "not YAML: mapping expected", True, 7)], exit_code=2
    )
    report = text.render(result, PLAIN)
    assert "not processed: 1 file\n  not YAML: mapping expected\n    b.yaml:7\n" in report
    assert "ok:" not in report


def test_status_in_order_is_a_table_and_a_line() -> None:
    assert text.render(samples.STATUS_FINE, PLAIN).endswith("ok: 1 image, there on both sides\n")


def test_restore_names_files_and_what_stays() -> None:
    report = text.render(samples.RESTORE, PLAIN)
    assert "apps/web/deployment.yaml: 1 place\n" in report
    assert "not in the lock file\n    infra/base/dns.yaml:40:10" in report
    assert report.endswith("restored: 1 place in 1 file\n")


@pytest.mark.parametrize("command", ["scan", "rewrite", "mirror", "check", "status", "restore"])
def test_nothing_found_is_said(command: str) -> None:
    assert text.render(Result(command, BACKUP), PLAIN).strip()


@pytest.mark.parametrize("command", ["scan", "rewrite", "check"])
def test_no_value_reaches_the_terminal_or_the_runner_raw(command: str) -> None:
    evil = "::set-output name=a::b\x1b[2J\n::error::x ##[add-mask]y"
    result = Result(
        command,
        BACKUP,
        findings=[finding(evil, 1, evil, State.UNRESOLVED, evil)],
        unlocked=[finding(evil, 1, evil, State.UNRESOLVED, evil)],
        skipped=[Skipped(evil, evil)],
        warnings=[evil],
        next_steps=[evil],
    )
    report = text.render(result, PLAIN, verbose=True)
    assert "\x1b" not in report
    assert "##[" not in report
    assert not [line for line in report.splitlines() if line.strip().startswith("::")]


def test_an_entry_of_several_lines_is_told_on_one() -> None:
    entry = "images:\n- name: nginx\n  newName: localhost:5001/index_docker_io/library/nginx\n"
    added = replace(change(finding("base/kustomization.yaml", 3, "nginx")), after=entry)
    report = text.render(Result("rewrite", BACKUP, files=[file_change("a", b"a", b"b", added)]), PLAIN)
    assert "-> images: - name: nginx newName: localhost:5001/index_docker_io/library/nginx" in report
