from __future__ import annotations

import json
from dataclasses import replace

from gitops_clone.finding import State
from gitops_clone.report import json as report
from gitops_clone.result import Result
from tests.report import samples
from tests.report.samples import BACKUP, ONE, finding


def test_scan_has_the_fields_of_the_contract() -> None:
    loaded = json.loads(report.render(samples.SCAN))
    assert list(loaded) == ["version", "findings", "skipped"]
    assert loaded["version"] == 1
    assert loaded["findings"][0] == {
        "file": "apps/web/deployment.yaml",
        "document": 0,
        "pointer": "/image",
        "inner": None,
        "line": 17,
        "column": 10,
        "image": "nginx:1.23",
        "certainty": "certain",
        "upstream": "index.docker.io/library/nginx:1.23",
        "backup": "localhost:5001/index_docker_io/library/nginx:1.23",
        "state": "upstream",
        "reason": None,
        "entry_points": [],
    }
    assert loaded["skipped"][1] == {"file": "legacy/latin1.yaml", "reason": "not UTF-8"}


def test_rewrite_tells_what_was_done() -> None:
    loaded = json.loads(report.render(samples.REWRITE))
    assert [copied["upstream"] for copied in loaded["copied"]] == [
        "index.docker.io/library/nginx:1.23",
        "ghcr.io/acme/exporter:v0.1.0",
    ]
    assert loaded["already_there"][0]["digest"] == ONE
    assert loaded["failed"] == [
        {
            "upstream": "quay.io/acme/gone:1.0",
            "backup": "localhost:5001/quay_io/acme/gone:1.0",
            "reason": "not found: manifest unknown",
        }
    ]
    assert loaded["rewritten"][0] == {
        "file": "apps/web/deployment.yaml",
        "before": "nginx:1.23",
        "after": "localhost:5001/index_docker_io/library/nginx:1.23",
        "places": [{"document": 0, "pointer": "/image", "inner": None, "line": 17, "column": 10}],
    }
    assert loaded["commit"]["left_out"] == [{"file": "apps/worker/cronjob.yaml", "reason": "not in HEAD"}]
    assert loaded["warnings"] == ["2 images have the tag latest"]
    assert (loaded["dry_run"], loaded["exit_code"]) == (False, 2)


def test_check_lists_what_it_fails_for() -> None:
    loaded = json.loads(report.render(samples.CHECK))
    assert [item["file"] for item in loaded["not_backed_up"]] == [
        "apps/web/deployment.yaml",
        "apps/web/deployment.yaml",
        "apps/worker/cronjob.yaml",
        "infra/base/dns.yaml",
    ]


def test_status_tells_both_sides() -> None:
    loaded = json.loads(report.render(samples.STATUS))
    sides = [(item["at_upstream"]["state"], item["at_backup"]["state"]) for item in loaded["statuses"]]
    assert sides == [
        ("there", "same digest"),
        ("moved", "same digest"),
        ("gone", "different"),
        ("unknown", "missing"),
    ]
    assert loaded["statuses"][2]["at_upstream"]["reason"] == "manifest unknown"


def test_an_image_without_a_locked_digest_is_there_when_it_is_there() -> None:
    status = replace(samples.STATUS_FINE.statuses[0], digest=None)
    loaded = json.loads(report.render(replace(samples.STATUS_FINE, statuses=[status])))
    assert loaded["statuses"][0]["at_upstream"] == {"state": "there", "reason": None}
    assert loaded["statuses"][0]["at_backup"] == {"state": "there", "reason": None}


def test_any_text_survives_as_ascii_and_no_runner_obeys_it() -> None:
    image = "é\ud800\x1b[0m\n##[add-mask]###\\##"
    rendered = report.render(Result("scan", BACKUP, findings=[finding("a.yaml", 1, image, State.UNRESOLVED, "odd")]))
    assert rendered.isascii()
    assert "##" not in rendered
    assert json.loads(rendered)["findings"][0]["image"] == image


def test_one_finding_a_line_and_a_newline_at_the_end() -> None:
    lines = report.render(samples.SCAN).splitlines()
    assert sum('"pointer"' in line for line in lines) == len(samples.SCAN.findings) == len(lines) - 7
    assert report.render(samples.SCAN).endswith("}\n")
    assert "".join(report.stream(samples.SCAN)) == report.render(samples.SCAN)


def test_nothing_found_is_valid() -> None:
    assert json.loads(report.render(Result("scan", BACKUP))) == {"version": 1, "findings": [], "skipped": []}
