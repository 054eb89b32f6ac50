from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from gitops_clone.finding import State
from gitops_clone.mirror.model import Failed
from gitops_clone.repo.forges.model import PullRequest
from gitops_clone.report import markdown
from gitops_clone.report.gfm import Part, code, document, table
from gitops_clone.report.visible import brief
from gitops_clone.result import Action, Delivery, Result
from tests.report import hostile, samples
from tests.report.samples import BACKUP, ONE, change, file_change, finding, job

OURS = {"p", "h3", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "details", "summary", "strong"}


class Page(HTMLParser):
    """What a forge shows: tags, the text outside and inside of code, the cells of each table row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.prose: list[str] = []
        self.codes: list[str] = []
        self.rows: list[int] = []
        self._open: list[str] = []
        # GitHub's own parser, with HTML taken as it is: forges filter it, but must have nothing to filter here.
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs or tag in ("td", "th")
        self.tags.add(tag)
        self._open.append(tag)
        if tag == "code":
            self.codes.append("")
        elif tag == "tr":
            self.rows.append(0)
        elif tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.prose.append(data)


def full_result() -> Result:
    nginx = "index.docker.io/library/nginx:1.23"
    web, worker, _ = (file.file for file in samples.REWRITE.files)
    return replace(
        samples.REWRITE,
        digests={nginx: ONE},
        platforms={nginx: ("linux/amd64", "linux/arm64")},
        entry_points={"clusters/production": [web, worker], "clusters/staging": [worker]},
    )


def huge_result(count: int = 3000) -> Result:
    findings = [
        finding(f"apps/{number}/deployment.yaml", 17, f"ghcr.io/acme/app-{number}:1.0") for number in range(count)
    ]
    ignored = [finding("infra/x.yaml", n, f"nginx:{n}", State.IGNORED, f"reason {n}") for n in range(1, count)]
    files = [file_change(f.place.file, b"a", b"b", change(f)) for f in findings]
    outcomes = [Failed(job(f"quay.io/acme/gone-{number}:1"), "not found") for number in range(count)]
    return Result("rewrite", BACKUP, findings=[*findings, *ignored], files=files, outcomes=outcomes, exit_code=3)


def test_the_body_of_a_pull_request(datadir: Path) -> None:
    assert markdown.pull_request_body(full_result(), 65_536) == (datadir / "pull_request.md").read_text()


def test_a_lock_file_alone_is_told_as_such() -> None:
    body = markdown.pull_request_body(Result("rewrite", BACKUP), 65_536)
    assert "No manifest changes" in body
    assert "|" not in body
    assert "gitops-clone restore" in body


def test_images_that_the_registry_fetches_itself_have_no_digest() -> None:
    nginx = finding("a.yaml", 1, "nginx")
    result = Result("rewrite", BACKUP, files=[file_change("a.yaml", b"", b"", change(nginx))])
    key = "index.docker.io/library/nginx:latest"
    assert "fills itself" in markdown.pull_request_body(replace(result, digests={key: None}), 65_536)
    assert "fills itself" not in markdown.pull_request_body(replace(result, digests={key: ONE}), 65_536)


@pytest.mark.parametrize("limit", [3_000, 5_000, 20_000, 65_536, 200_000])
def test_a_body_is_cut_by_whole_rows_and_keeps_its_closing_parts(limit: int) -> None:
    result = huge_result()
    body = markdown.pull_request_body(result, limit)
    assert limit // 2 < len(body.encode()) <= limit
    page = Page(body)
    assert set(page.rows) == {4}
    rows = [row for row in body.splitlines() if row.startswith("| `ghcr.io")]
    assert f"| … and {3000 - len(rows)} more |" in body
    assert "- `quay.io/acme/gone-0:1`: `not found`\n" in body
    assert "- … and 29" in body
    assert body.count("<details>") == body.count("</details>") == 2
    assert body.endswith("The copies stay on the backup registry.\n")


def test_an_entry_point_with_many_images_names_the_first() -> None:
    """The whole repository may be one; and what lies at its root has no folder to be called by."""
    changes = [change(finding("all.yaml", line, f"ghcr.io/acme/app{line}:1")) for line in range(1, 8)]
    result = Result("rewrite", BACKUP, files=[file_change("all.yaml", b"", b"", *changes)])
    body = markdown.pull_request_body(replace(result, entry_points={".": ["all.yaml"]}), 65_536)
    [row] = [line for line in body.splitlines() if line.startswith("| `.` |")]
    assert row.endswith("`ghcr.io/acme/app4:1` and 3 more |")
    assert "in no entry point" not in body
    assert "For whom" not in markdown.pull_request_body(result, 65_536)


def test_what_could_not_be_copied_is_told_first() -> None:
    files = [file_change("a.yaml", b"", b"", change(finding("a.yaml", 1, "nginx:1.23")))]
    failed = [Failed(job("quay.io/acme/gone:1"), "not found"), Failed(job("quay.io/acme/gone:2"), "not found")]
    for result in (Result("rewrite", BACKUP, files=files, outcomes=failed), Result("rewrite", BACKUP, outcomes=failed)):
        first = markdown.pull_request_body(result, 65_536).splitlines()[0]
        assert first.endswith("**2 images could not be copied**, and stay as they are.")


def test_what_fits_is_not_cut() -> None:
    body = markdown.pull_request_body(full_result(), 65_536)
    assert markdown.pull_request_body(full_result(), len(body.encode()) + 400) == body
    assert "more" not in body


def test_the_limit_holds_for_bytes() -> None:
    assert len(document([table("", ("a",), [("ü" * 9,)] * 90)], 300).encode()) <= 300


def test_parts_that_do_not_fit_at_all_go_but_for_the_first_and_last() -> None:
    parts = [Part("first\n"), Part("x" * 100 + "\n"), Part("last\n")]
    assert document(parts, 50) == "first\n\nlast\n"


def test_a_job_summary_of_a_huge_run_fits_what_github_takes() -> None:
    result = replace(huge_result(4000), command="scan", findings=[*huge_result(4000).findings] * 3)
    assert len(markdown.job_summary(result).encode()) <= 1024 * 1024


@pytest.mark.parametrize("value", hostile.VALUES)
def test_no_value_is_more_than_code(value: str) -> None:
    for text in (
        markdown.pull_request_body(hostile.result(value), 65_536),
        markdown.job_summary(hostile.result(value)),
    ):
        page = Page(text)
        assert page.tags <= OURS
        assert {3, 4} >= set(page.rows)
        shown = brief(value)[:400]
        assert any(shown.strip() in found for found in page.codes)
        prose = "".join(page.prose)
        assert not any(mark in prose for mark in ("@", "http", "::", "|", "\\", "\x1b", "\u202e", "octocat", "evil"))
        assert not any(line.lstrip().startswith(("::", "##[")) for line in text.splitlines())


@pytest.mark.parametrize("value", [value for value in hostile.VALUES if len(value) < 400 and value.strip()])
def test_a_value_in_a_table_is_shown_whole_in_its_cell(value: str) -> None:
    page = Page(document([table("", ("a", "b"), [(code(value), code("next"))])], 10_000))
    assert page.rows == [2, 2]
    assert [text.strip() for text in page.codes] == [brief(value).strip(), "next"]


def pull_request(url: str) -> Result:
    proposed = PullRequest(7, url, "Relocate", "", "main")
    delivery = Delivery("origin", "gitops-clone/relocate", "0" * 40, proposed, Action.OPENED)
    return replace(samples.REWRITE, delivery=delivery)


def test_a_job_summary_links_the_pull_request() -> None:
    text = markdown.job_summary(pull_request("https://git.example.org/acme/shop/pulls/7"))
    assert "Pushed `000000000000` to `origin/gitops-clone/relocate`.  \n" in text
    assert "Pull request opened: <https://git.example.org/acme/shop/pulls/7>.  \n" in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x/ onclick=y", "https://x/><b>", "//evil.example"])
def test_a_page_with_an_odd_address_is_no_link(url: str) -> None:
    assert f"Pull request opened: `{url}`" in markdown.job_summary(pull_request(url))


def test_check_names_each_place_and_the_remedy() -> None:
    text = markdown.job_summary(samples.CHECK)
    assert text.startswith("### gitops-clone check: 4 places of 3 files not backed up\n")
    assert "| `infra/base/dns.yaml:40` |" in text
    assert "`not in the lock file`" in text


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (samples.CHECK_FINE, "check: everything is backed up"),
        (Result("check", BACKUP), "check: no images found"),
        (Result("check", BACKUP, skipped=samples.SCAN.skipped), "check: no verdict, since not every file"),
        (samples.DRY_RUN, "rewrite: 3 places of 2 files would be rewritten"),
        (Result("rewrite", BACKUP), "rewrite: nothing to do"),
        (samples.MIRROR, "mirror: 2 images copied, 1 failed"),
        (samples.STATUS_FINE, "status: 1 image, there on both sides"),
        (samples.RESTORE, "restore: 1 place of 1 file restored"),
    ],
)
def test_the_headline_tells_what_came_of_it(result: Result, told: str) -> None:
    assert markdown.job_summary(result).startswith(f"### gitops-clone {told}")


def test_status_shows_both_sides() -> None:
    text = markdown.job_summary(samples.STATUS)
    assert "| `quay.io/acme/lost:1.0` | **unknown**: `time-out` | **missing**: `manifest unknown` |" in text
