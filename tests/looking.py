"""What gitops-clone sees in one file's text, and what it makes of it when every image is backed up."""

from __future__ import annotations

from functools import partial

from gitops_clone import plan
from gitops_clone.change import change_file
from gitops_clone.finding import Finding, Skipped
from gitops_clone.lockfile import Lock
from gitops_clone.naming import Pin, Scheme
from gitops_clone.result import FileChange
from gitops_clone.scan import Scan, scan_file
from gitops_clone.states import Rules

BACKUP = "localhost:5001"
RULES = Rules(Scheme(BACKUP), Lock(BACKUP, {}), ignore_namespace=("kube-system", "registry", "local-path-storage"))


def look(text: str | bytes, rules: Rules = RULES) -> Scan:
    """The scan of one file of this text."""
    return scan_file("app.yaml", text.encode() if isinstance(text, str) else text, rules)


def findings(text: str | bytes, rules: Rules = RULES) -> list[Finding]:
    """The findings in a text that no part of may be passed over."""
    scan = look(text, rules)
    assert scan.skipped == ()
    return list(scan.findings)


def images(text: str | bytes) -> dict[str | None, str]:
    """Pointers to the images that would be backed up."""
    return {f.place.pointer: f.place.image for f in findings(text) if f.state == "upstream"}


def reasons(text: str | bytes, rules: Rules = RULES) -> list[tuple[str, str, str | None]]:
    """Image, state and reason of each finding, in the order of the text."""
    ordered = sorted(findings(text, rules), key=lambda f: (f.place.line, f.place.column))
    return [(f.place.image, f.state.value, f.reason) for f in ordered]


def rewritten(data: bytes, rules: Rules = RULES) -> bytes:
    """The file after a rewrite, with every image backed up. The edits are proved."""
    found = look(data, rules)
    lock = plan.with_promises(rules.lock, found.findings)
    new_text = partial(plan.relocation, rules=rules, lock=lock, pin=Pin.NEVER, unsafe=())
    changed = change_file("app.yaml", data, found.findings, new_text)
    assert not isinstance(changed, Skipped), changed
    return changed.after if isinstance(changed, FileChange) else data
