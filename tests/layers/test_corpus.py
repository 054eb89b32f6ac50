"""The property over every entry point of real repositories that renders offline; the folder is GITOPS_CLONE_CORPUS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.layers import graph
from gitops_clone.layers.near import read_all
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from tests.layers.rendered import compare_lines
from tests.parts import kustomize
from tests.parts.renderings import read_by
from tests.parts.telling import Tell

FIXTURES = Path(__file__).parents[2] / "fixtures"
CORPUS = Path(os.environ.get("GITOPS_CLONE_CORPUS") or FIXTURES).resolve()


def test_every_entry_point_renders_relocated(tmp_path: Path, tell: Tell) -> None:
    root = tmp_path / "corpus"
    names, _ = list_files(Root(CORPUS, git=False), [CORPUS], [])
    for name in {*names, *list_kustomizations(Root(CORPUS, git=False)), *_others(CORPUS)}:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CORPUS / name, root / name)
    (root / ".gitops-clone.toml").write_text("")
    CliRunner().invoke(cli, ["rewrite", "--no-mirror", str(root)])
    changed = {name for name in names if (root / name).read_bytes() != (CORPUS / name).read_bytes()}
    kustomizations, _ = read_all(CORPUS, list_kustomizations(Root(CORPUS, git=False)))
    layers = graph.build(kustomizations, {*names})
    points = [folder for folder in layers.entry_points if changed.intersection(read_by(layers, folder))]
    before = kustomize.build_all([CORPUS / folder for folder in points])
    after = kustomize.build_all([root / folder.relative_to(CORPUS) for folder in before])
    assert len(after) == len(before)
    counts = [compare_lines(text, after[root / folder.relative_to(CORPUS)]) for folder, text in before.items()]
    moved, kept = sum(m for m, _ in counts), sum(k for _, k in counts)
    entry_points = f"{len(layers.entry_points)} entry points, {len(points)} of changed files, {len(before)} render"
    tell(f"{entry_points}: {moved} images relocated, {kept} kept, nothing else changed")
    assert moved > 0


def _others(folder: Path) -> list[str]:
    """The small files besides manifests: generators read them."""
    found = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    files = (path for path in found if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(folder)) for path in files if path.stat().st_size < 1_000_000]
