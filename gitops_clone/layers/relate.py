"""The findings of files, seen in the layers above them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gitops_clone.finding import Finding, Skipped
from gitops_clone.layers.guard import Selector, hold
from gitops_clone.layers.kustomization import Kustomization, Unreadable, read
from gitops_clone.layers.overrides import Override


def relate(
    root: Path, findings: Sequence[Finding], names: Sequence[str], overrides: Sequence[Override]
) -> tuple[list[Finding], list[Skipped]]:
    """The findings, held back where a layer selects them by name; and the kustomizations that could not be read."""
    kustomizations, skipped = read_all(root, names)
    selectors = [
        Selector(entry.name, f"{entry.file}:{entry.line} (images)") for each in kustomizations for entry in each.images
    ]
    selectors += [Selector(each.name, f"{each.file}:{each.line} ({each.owner})") for each in overrides]
    return hold(findings, selectors), skipped


def read_all(root: Path, names: Sequence[str]) -> tuple[list[Kustomization], list[Skipped]]:
    """The kustomizations behind names, and those that cannot be read."""
    found: list[Kustomization] = []
    skipped: list[Skipped] = []
    for name in names:
        try:
            found.append(read(name, (root / name).read_bytes()))
        except OSError as error:
            skipped.append(Skipped(name, f"cannot be read: {error.strerror}", fatal=True))
        except Unreadable as error:
            skipped.append(Skipped(name, str(error), error.fatal, error.line))
    return found, skipped
