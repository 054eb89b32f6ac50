"""The property over every entry point of real repositories that renders offline; the folder is GITOPS_CLONE_CORPUS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.layers import graph
from gitops_clone.layers.survey import read_all
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from tests.layers.rendered import compare
from tests.parts import kustomize

FIXTURES = Path(__file__).parents[2] / "fixtures"
CORPUS = Path(os.environ.get("GITOPS_CLONE_CORPUS") or FIXTURES)


def test_every_entry_point_renders_relocated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "corpus"
    names, _ = list_files(Root(CORPUS, git=False), [CORPUS], [])
    for name in {*names, *list_kustomizations(Root(CORPUS, git=False)), *_others(CORPUS)}:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CORPUS / name, root / name)
    (root / ".gitops-clone.toml").write_text("")
    kustomizations, _ = read_all(root, list_kustomizations(Root(root, git=False)))
    points = [root / folder for folder in graph.build(kustomizations, {*names}).entry_points]
    before = kustomize.build_all(points)
    CliRunner().invoke(cli, ["rewrite", "--no-mirror", str(root)])
    after = kustomize.build_all(list(before))
    assert after.keys() == before.keys()
    counts = [compare(text, after[point]) for point, text in before.items()]
    moved, kept = sum(m for m, _ in counts), sum(k for _, k in counts)
    with capsys.disabled():
        print(f"\nentry points: {len(before)} of {len(points)} render; images: {moved} relocated, {kept} kept")  # noqa: T201
    assert moved > 0


def _others(folder: Path) -> list[str]:
    """The small files besides manifests: generators read them."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(folder)) for path in found if path.stat().st_size < 1_000_000]
