"""The property over every chart of real repositories, with all its values files; the folder is GITOPS_CLONE_CORPUS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.releases.find import CHART, chart_folders, is_library, releases
from gitops_clone.repo.files import Root, list_files
from tests.layers.rendered import compare_lines
from tests.parts import helm
from tests.parts.helm import Job
from tests.parts.telling import Tell

FIXTURES = Path(__file__).parents[2] / "fixtures"
CORPUS = Path(os.environ.get("GITOPS_CLONE_CORPUS") or FIXTURES).resolve()


def test_every_release_renders_relocated(tmp_path: Path, tell: Tell) -> None:
    root = tmp_path / "corpus"
    names, _ = list_files(Root(CORPUS, git=False), [CORPUS], [])
    folders = [name for name in chart_folders(names) if not is_library((CORPUS / name / CHART).read_bytes())]
    for folder in folders:
        shutil.copytree(CORPUS / folder, root / folder, copy_function=shutil.copyfile)
    (root / ".gitops-clone.toml").write_text("")
    found = [r for r in releases(folders, frozenset(names), ()) if helm.add_dependencies(root / r.chart)]
    jobs = [Job(root / each.chart, tuple(root / values.file for values in each.values)) for each in found]
    before = helm.template_all(jobs)
    CliRunner().invoke(cli, ["rewrite", "--no-mirror", str(root)])
    after = helm.template_all(jobs)
    moved = kept = rendered = 0
    for release, old, new in zip(found, before, after, strict=True):
        if old.text is not None:
            assert new.text is not None, f"{release}: {new.error}"
            counts = compare_lines(helm.steady(old.text), helm.steady(new.text))
            moved, kept, rendered = moved + counts[0], kept + counts[1], rendered + 1
    tell(
        f"{len(folders)} charts, {len(found)} releases, {rendered} render: {moved} images relocated, "
        f"{kept} kept, nothing else changed"
    )
    assert moved > 0
