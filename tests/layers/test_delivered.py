"""The property for what Flux and Argo CD apply: it is relocated, and nothing else about it changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gitops_clone.cli.main import cli
from tests.layers import objects, trees
from tests.layers.delivered import Delivery, deliveries, render
from tests.layers.rendered import compare

_LOCK = ".gitops-clone.lock"


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(objects.delivered(), min_size=8, max_size=8))
def test_generated_objects_apply_relocated(forest: list[trees.Files]) -> None:
    files = {
        f"tree{number}/{name}": text.replace(objects.ROOT, f"tree{number}")
        for number, tree in enumerate(forest)
        for name, text in tree.items()
    }
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as scratch:
        root = Path(name)
        trees.write(root, files)
        (root / ".gitops-clone.toml").write_text("")
        before = _rendered(root, Path(scratch))
        assert CliRunner().invoke(cli, ["rewrite", "--no-mirror", name]).exit_code == 0
        after = _rendered(root, Path(scratch))
        assert after.keys() == before.keys()
        for key, text in before.items():
            compare(text, after[key])
        once = {name: (root / name).read_text() for name in (*files, _LOCK) if (root / name).exists()}
        assert CliRunner().invoke(cli, ["rewrite", "--no-mirror", name]).exit_code == 0
        assert {name: (root / name).read_text() for name in once} == once, "a second run changes nothing"
        if _LOCK in once:
            assert CliRunner().invoke(cli, ["restore", name]).exit_code == 0
            assert {name: (root / name).read_text() for name in files} == files


def _rendered(root: Path, scratch: Path) -> dict[str, str]:
    found: list[Delivery] = list(deliveries(root))
    texts = {each.key: render(root, each, scratch) for each in found}
    return {key: text for key, text in texts.items() if text is not None}
