"""The laws of `tests/parts/laws.py` over manifests with images in texts: every image found, every byte else kept."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from gitops_clone.finding import State
from tests.parts.hidden import Hidden, manifests
from tests.parts.laws import Covered, hold


@given(manifest=manifests())
@settings(
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    max_examples=100,
    suppress_health_check=list(HealthCheck),
)
def test_images_in_texts(manifest: Hidden, tmp_path: Path) -> None:
    covered = Covered()
    found = hold("a.yaml", manifest.data, tmp_path, covered)
    assert found.skipped == ()
    assert sorted(finding.place.image for finding in found.findings) == sorted(manifest.images)
    assert {finding.state for finding in found.findings} == {State.UPSTREAM}
    assert covered.edits == len(manifest.images) - manifest.aliases
