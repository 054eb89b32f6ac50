"""The laws of `tests/parts/laws.py` over fixtures, a corpus, generated manifests and mutilated files.

GITOPS_CLONE_CORPUS names a folder of repositories; without it, the fixtures alone are the corpus.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_clone.finding import State
from gitops_clone.naming import Pin
from gitops_clone.places import find_places
from tests.parts.laws import Covered, hold
from tests.parts.manifests import Manifest, manifests
from tests.parts.telling import Tell

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXAMPLES = settings(
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    max_examples=150,
    suppress_health_check=list(HealthCheck),
)


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The YAML and JSON files of a folder, by name."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
            yield path.relative_to(folder).as_posix(), path


@pytest.mark.parametrize("name", [name for name, _ in files(FIXTURES)])
def test_fixtures(name: str, tmp_path: Path) -> None:
    hold(name, (FIXTURES / name).read_bytes(), tmp_path, Covered())


def test_corpus(tmp_path: Path, tell: Tell) -> None:
    """Every file of the corpus; two ways to pin, and each changed into the other."""
    folder = Path(os.environ.get("GITOPS_CLONE_CORPUS") or FIXTURES)
    covered = Covered()
    for name, path in files(folder):
        try:
            hold(name, path.read_bytes(), tmp_path, covered, pins=(Pin.NEVER, Pin.ALWAYS))
        except Exception as error:
            error.add_note(f"in {path}")
            raise
    assert covered.edits > 0
    tell(str(covered))


@given(manifest=manifests())
@EXAMPLES
def test_generated(manifest: Manifest, tmp_path: Path) -> None:
    """And every image that was put into the file is found in it."""
    found = hold("a.yaml", manifest.data, tmp_path, Covered())
    assert found.skipped == ()
    assert sorted(finding.place.image.strip() for finding in found.findings) == sorted(manifest.images)
    # Kubernetes refuses what a block scalar that keeps its last line break brings.
    assert {f.reason for f in found.findings if f.state is State.UNRESOLVED} <= {"white space around the reference"}


SEEDS = [path.read_bytes() for _, path in files(FIXTURES) if b"image" in path.read_bytes()]
TOKENS = [
    *(b"\n", b"\r", b"\t", b" ", b"'", b'"', b"\\", b"#", b" #", b":", b": ", b"-", b"- ", b"---\n", b"...\n", b"%"),
    *(
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!str ",
        b"|\n",
        b">-\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b"? ",
        b",",
        b"\0",
        b"\xff",
        b"\x85",
    ),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"{{ .x }}", b"${X}", b"nginx", b"@sha256:"),
    *(b"image: ", b"image:", b"containers:\n", b"kind: ", b"sops:\n", b"null", b"~", b"localhost:5001/"),
]


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    """A fixture with pieces cut out, put in and moved."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.sampled_from((0, 0, 1, 2, 8, 80)))
        data = data[:at] + draw(st.one_of(st.just(b""), st.sampled_from(TOKENS))) + data[end:]
    if draw(st.integers(0, 9)) == 0:
        data = b"\xff\xfe" + data.decode("utf-8", "replace").encode("utf-16-le")
    return data


@given(data=mutilated())
@EXAMPLES
def test_mutilated(data: bytes, tmp_path: Path) -> None:
    hold("a.yaml", data, tmp_path, Covered())


@given(data=st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
@EXAMPLES
def test_any_bytes(data: bytes) -> None:
    """Whatever follows a line that makes the file a candidate: an answer, never an exception."""
    head = b"kind: Pod\nspec: {containers: [{image: nginx}]}\n"
    find_places("a.yaml", data)
    found = find_places("a.yaml", head + data)
    assert found.places or found.skipped
    find_places("a.yaml", b"\xff\xfe" + (head + data).decode("latin-1").encode("utf-16-le"))
