"""Every chart of the corpus (GITOPS_CLONE_CORPUS, else those beside this file) renders as the real Helm renders it."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from gitops_clone.helm import chart, yaml_values
from gitops_clone.helm.errors import BadChart, Refused, Unsupported
from gitops_clone.helm.gotypes import Value
from gitops_clone.helm.render import render, rendered_text
from tests.parts import helm
from tests.parts.helm import Job
from tests.parts.telling import Tell

CHARTS = Path(__file__).parent / "charts"
CORPUS = Path(os.environ.get("GITOPS_CLONE_CORPUS") or CHARTS).resolve()


def test_every_chart_renders_as_helm_renders_it(tmp_path: Path, tell: Tell) -> None:
    jobs = [job for folder in sorted({CORPUS, CHARTS}) for job in _jobs(folder)]
    complete = [_complete(job, tmp_path) for job in jobs]
    counts: Counter[str] = Counter()
    wrong = []
    for job, same, theirs in zip(jobs, complete, helm.template_all(complete), strict=True):
        verdict = _verdict(job, same, theirs)
        counts[verdict.partition(":")[0]] += 1
        if verdict.startswith("different"):
            wrong.append(f"{job.chart} {[path.name for path in job.values]}: {verdict}")
    tell(f"{len(jobs)} charts and values: {dict(counts)}")
    assert not wrong
    assert counts["equal"] >= 0.97 * (len(jobs) - counts["refused by both"])


def _jobs(folder: Path) -> Iterator[Job]:
    """Each chart by itself, and with all values files beside it at once."""
    for top, _, names in os.walk(folder):
        if "Chart.yaml" not in names:
            continue
        path = Path(top)
        yield Job(path)
        beside = sorted(path.glob("values*.y*ml")) + sorted((path / "ci").glob("*.yaml"))
        if values := tuple(file for file in beside if file.name != "values.yaml"):
            yield Job(path, values)


def _complete(job: Job, folder: Path) -> Job:
    """The chart, or where dependencies are missing, a copy that does not ask for them: else Helm would refuse."""
    try:
        found = chart.read(job.chart.parent, job.chart.name)
    except BadChart:
        return job
    there = {sub.name for sub in found.subcharts}
    if all(wanted.name in there for wanted in found.dependencies):
        return job
    copy = folder / job.chart.relative_to("/")
    if not copy.exists():
        shutil.copytree(job.chart, copy)
        for name in ("Chart.yaml", "requirements.yaml"):
            if (copy / name).exists():
                asked = yaml_values.load((copy / name).read_text())
                asked["dependencies"] = [each for each in asked.get("dependencies") or [] if each["name"] in there]
                (copy / name).write_text(json.dumps(asked))
    return Job(copy, job.values)


def _verdict(job: Job, same: Job, theirs: helm.Done) -> str:
    try:
        ours = _rendered(job)
    except (Refused, BadChart) as error:
        return "refused by both" if theirs.text is None else f"different: refused here: {error}"
    except Unsupported as error:
        return f"unsupported: {error}"
    if theirs.text is None:
        return f"different: Helm refuses: {theirs.error}"
    if ours.strip() == theirs.text.strip():
        return "equal"
    again = helm.template(same)
    assert again.text is not None
    pairs = zip(_documents(theirs.text), _documents(again.text), _documents(ours), strict=False)
    is_same = all(_is_same(*triple) for triple in pairs) and len(_documents(ours)) == len(_documents(theirs.text))
    return "equal" if is_same else "different: other text"


def _rendered(job: Job) -> str:
    found = chart.read(job.chart.parent, job.chart.name)
    values = [yaml_values.load(path.read_text()) or {} for path in job.values]
    return rendered_text(render(found, values, seconds=60, without_missing=True))


def _documents(text: str) -> list[Value]:
    return yaml_values.load_all(text)


def _is_same(one: Value, again: Value, ours: Value) -> bool:
    """Whether ours is what Helm renders, but for what Helm renders anew each time: random texts, checksums of them."""
    if type(one) is not type(ours):
        return False
    if isinstance(one, dict):
        return one.keys() == ours.keys() and all(_is_same(one[key], again.get(key), ours[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(ours) and all(map(_is_same, one, again, ours))
    return bool(one == ours or one != again)
