"""A run of one file reads few kustomizations, and finds what a run finds that reads them all."""

from __future__ import annotations

import os
import posixpath
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gitops_clone.lockfile import Lock
from gitops_clone.naming import Scheme
from gitops_clone.repo.files import Root, list_files, list_kustomizations
from gitops_clone.scan import Scan, scan
from gitops_clone.states import Rules
from tests.layers import trees

FIXTURES = Path(__file__).parents[2] / "fixtures"
RULES = Rules(Scheme("localhost:5001"), Lock("localhost:5001", {}))
# So many files of a run that all kustomizations are read.
MANY = [f"filler/{number}.yaml" for number in range(51)]

_PARTS = ["a", "base", "overlays", "my app", "größe", "x-1"]
_FOLDERS = st.lists(st.sampled_from(_PARTS), max_size=3).map("/".join)
_POD = "kind: Pod\nspec: {{containers: [{{name: c, image: {image}}}]}}\n"


@st.composite
def _spelled(draw: st.DrawFn, path: str) -> str:
    """A path, as somebody may write it in a list of YAML."""
    parts = path.split("/")
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(parts)))
        parts[at:at] = draw(st.sampled_from([["."], [""] if at else ["."], ["gone", ".."]]))
    text = "/".join(parts) + draw(st.sampled_from(["", "", "/", "/."])) * (not path.endswith(".yaml"))
    match draw(st.integers(0, 5)):
        case 0:
            return f"'{text}'"
        case 1:
            return '"' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"'
        case 2:
            return f'"{text}"'
        case 3:
            return f"&here {text}"
    return text


@st.composite
def _forests(draw: st.DrawFn) -> dict[str, bytes]:
    """Kustomizations that include one another in all directions, and a manifest beside each."""
    folders = draw(st.lists(_FOLDERS, min_size=2, max_size=7, unique=True))
    files: dict[str, bytes] = {}
    for number, folder in enumerate(folders):
        lists: dict[str, list[str]] = {"resources": [], "components": [], "patches": []}
        for other in draw(st.lists(st.sampled_from(folders), max_size=3)):
            key = draw(st.sampled_from(["resources", "resources", "components", "patches"]))
            deep = draw(st.booleans()) or key == "patches"
            target = posixpath.join(other, "pod.yaml") if deep else other
            written = draw(_spelled(posixpath.relpath(target or ".", folder or ".")))
            lists[key].append(f"path: {written}" if key == "patches" else written)
        lines = [line for key, items in lists.items() if items for line in (f"{key}:", *(f"- {i}" for i in items))]
        if draw(st.booleans()):
            lines.append(f"images:\n- name: app{draw(st.integers(0, 6))}\n  newTag: '9'")
        if draw(st.integers(0, 3)) == 0:
            lines.append("kind: Component")
        name = draw(st.sampled_from(["kustomization.yaml", "kustomization.yaml", "Kustomization"]))
        text = "\n".join(lines) + "\n"
        files[posixpath.join(folder, name)] = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-16"])))
        files[posixpath.join(folder, "pod.yaml")] = _POD.format(image=f"app{number}:1").encode()
    return files


def _found(root: Path, files: list[str]) -> Scan:
    listed = Root(root, git=False)
    others = sorted(set(list_files(listed, [root], [])[0]).difference(files))
    return scan(root, files, RULES, list_kustomizations(listed), lambda: others)


def _same(root: Path, name: str) -> None:
    """Compare a run of one file with one that reads all kustomizations."""
    few, many = _found(root, [name]), _found(root, [name, *MANY])
    assert few.findings == many.findings
    assert {item for item in few.skipped if item.file == name} == {item for item in many.skipped if item.file == name}
    if few.layers is not None and many.layers is not None:
        one, other = (layers.solve(lambda _: True, lambda _: None) for layers in (few.layers, many.layers))
        assert one.edits == other.edits
        assert set(few.layers.survey.graph.kustomizations) <= set(many.layers.survey.graph.kustomizations)


def _write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in {**files, **dict.fromkeys(MANY, b"")}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


QUICK = settings(
    max_examples=20,
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@QUICK
@given(_forests())
def test_whatever_includes_it_however_it_is_written(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name), files)
        for file in files:
            _same(Path(name), file)


@settings(QUICK, max_examples=4)
@given(st.lists(trees.trees(), min_size=2, max_size=2))
def test_generated_trees(forest: list[trees.Files]) -> None:
    files = {f"tree{number}/{name}": text for number, tree in enumerate(forest) for name, text in tree.items()}
    with tempfile.TemporaryDirectory() as name:
        _write(Path(name), {file: text.encode() for file, text in files.items()})
        for file in files:
            _same(Path(name), file)


def test_every_file_of_the_fixtures(tmp_path: Path) -> None:
    for folder in sorted(FIXTURES.iterdir()):
        root = tmp_path / folder.name
        names, _ = list_files(Root(folder, git=False), [folder], [])
        _write(root, {name: (folder / name).read_bytes() for name in names})
        for name in names:
            _same(root, name)


@pytest.mark.parametrize("broken", ["resources: [../base", "resources: []\nresources: []\n"])
def test_what_cannot_be_read_is_told_only_where_it_may_concern_the_file(tmp_path: Path, broken: str) -> None:
    pod = _POD.format(image="nginx:1").encode()
    _write(
        tmp_path,
        {
            "one/base/pod.yaml": pod,
            "one/base/kustomization.yaml": b"resources: [pod.yaml]\n",
            "one/over/kustomization.yaml": b"# images\n" + broken.encode().replace(b"[]", b"[../base]"),
            "two/kustomization.yaml": b"# images\n" + broken.encode().replace(b"../base", b"../else"),
        },
    )
    assert [item.file for item in _found(tmp_path, ["one/base/pod.yaml"]).skipped] == ["one/over/kustomization.yaml"]
