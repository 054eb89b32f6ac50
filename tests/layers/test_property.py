"""The property of the layers: what every entry point renders is relocated, and nothing else about it changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gitops_clone.cli.main import cli
from tests.layers import trees
from tests.layers.rendered import compare
from tests.parts import kustomize

_LOCK = ".gitops-clone.lock"


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(trees.trees(), min_size=8, max_size=8))
def test_generated_trees_render_relocated(forest: list[trees.Files]) -> None:
    files = {f"tree{number}/{name}": text for number, tree in enumerate(forest) for name, text in tree.items()}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        trees.write(root, files)
        (root / ".gitops-clone.toml").write_text("")
        folders = [(root / file).parent for file in files if file.endswith("kustomization.yaml")]
        included = {line for tree in forest for line in ("base", "middle") if f"../{line}" in str(tree)}
        points = [f for f in folders if f.name != "component" and not _is_included(f, files, root)]
        assert included or points
        before = kustomize.build_all(points)
        assert CliRunner().invoke(cli, ["rewrite", "--no-mirror", name]).exit_code == 0
        after = kustomize.build_all(list(before))
        assert after.keys() == before.keys()
        for folder, text in before.items():
            compare(text, after[folder])
        _goes_on(root, files)


def _is_included(folder: Path, files: trees.Files, root: Path) -> bool:
    tree = folder.parent.name
    return any(
        name.startswith(f"{tree}/") and f"../{folder.name}" in text and (root / name).parent != folder
        for name, text in files.items()
    )


def _goes_on(root: Path, files: trees.Files) -> None:
    """A second run changes nothing, and restore brings back every byte."""
    once = {name: (root / name).read_text() for name in (*files, _LOCK) if (root / name).exists()}
    assert CliRunner().invoke(cli, ["rewrite", "--no-mirror", str(root)]).exit_code == 0
    assert {name: (root / name).read_text() for name in once} == once
    if _LOCK in once:
        assert CliRunner().invoke(cli, ["restore", str(root)]).exit_code == 0
        assert {name: (root / name).read_text() for name in files} == files
