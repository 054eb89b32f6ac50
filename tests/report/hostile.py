"""Values that try to be more than text; every one may stand in a manifest, a file name or a server's message."""

from __future__ import annotations

from gitops_clone.finding import Finding, Skipped, State
from gitops_clone.mirror.model import Failed
from gitops_clone.result import Result
from tests.report.samples import BACKUP, file_change, finding, job, place

VALUES = [
    "a | b",
    "`code`",
    "`` ` ``",
    "\\",
    "\\|",
    "@octocat",
    "#1",
    "fixes acme/shop#1",
    "<img src=x onerror=alert(1)>",
    "</code></td></table><script>",
    "</details>",
    "&lt;b&gt;",
    "<!-- ",
    "[click](http://evil.example)",
    "![](http://evil.example/pixel.png)",
    "http://evil.example",
    "line\nbreak\r\n# heading",
    "::error file=x::forged",
    "\n::set-output name=x::y",
    "##[add-mask]x",
    "%0A::error::x",
    "100%, a:b,c",
    "{0} {1} }{ ${{ secrets.TOKEN }}",
    "$x$ and $`y`$",
    "\x1b[31mred",
    "\u202egnp.exe",
    "no UTF-8: \udc80",
    "*a* _b_ ~c~",
    "  white space  ",
    " ",
    "",
    "long " * 500,
]


def result(value: str) -> Result:
    """A run in which everything that a stranger can write is the value."""
    unresolved = Finding(place(f"apps/{value}.yaml", 3, f"{value}\ud800"), State.UNRESOLVED, reason=value)
    ignored = finding("b.yaml", 4, "nginx", State.IGNORED, value)
    left_over = finding("c.yaml", 5, "quay.io/acme/gone:1")
    change = file_change("d.yaml", b"a", b"b")
    return Result(
        "rewrite",
        BACKUP,
        findings=[unresolved, ignored, left_over],
        skipped=[Skipped(f"{value}/e.yaml", value), Skipped(value or "f.yaml", value, fatal=True, line=7)],
        outcomes=[Failed(job("quay.io/acme/gone:1"), value)],
        files=[change],
        warnings=[value],
        exit_code=2,
    )
