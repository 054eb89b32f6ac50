"""The property of releases over generated charts: what each renders is relocated, and nothing else about it changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.releases.charts import charts
from tests.releases.repository import Repository

_NAMES = [f"chart{number}" for number in range(10)]


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.tuples(*(charts(name) for name in _NAMES)))
def test_generated_charts_render_relocated(
    forest: tuple[tuple[dict[str, str], list[tuple[str, tuple[str, ...]]]], ...],
) -> None:
    files = {name: text for made, _ in forest for name, text in made.items()}
    jobs = [job for _, releases in forest for job in releases]
    with tempfile.TemporaryDirectory() as name:
        repository = Repository(Path(name) / "r", files, jobs)
        moved, _ = repository.rewrite()
        assert moved > 0
