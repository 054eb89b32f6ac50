"""Judged by hand: of what is told by its shape or its surroundings, what is an image, and what only looks like one.

`corpus.tsv` has every finding of the corpus (GITOPS_CLONE_CORPUS) that is not certain, `extract.tsv` those of a few
files of our own making. A name in a comment is no image, nor is an artifact that no container runs; a push target is
one, and left for that reason.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli
from tests.parts.telling import Tell

CORPUS = os.environ.get("GITOPS_CLONE_CORPUS")


class Judged(NamedTuple):
    file: str
    place: str
    image: str
    certainty: str
    verdict: str


def _judged(path: Path) -> list[Judged]:
    lines = path.read_text().splitlines()
    assert tuple(lines[0].split("\t")) == Judged._fields
    return [Judged(*line.split("\t")) for line in lines[1:]]


def _found(folder: Path) -> set[tuple[str, ...]]:
    """What a scan finds that is not certain: file, place, image, certainty."""
    done = CliRunner().invoke(cli, ["scan", "--certainty", "possible", "--format", "json", str(folder)])
    found = json.loads(done.stdout)["findings"]
    return {
        (
            each["file"].removeprefix(f"{folder.name}/"),
            f"{each['document']}{each['pointer'] or ''}{each['inner'] or ''}",
            each["image"],
            each["certainty"],
        )
        for each in found
        if each["certainty"] != "certain"
    }


@pytest.mark.parametrize("name", ["extract", *(["corpus"] if CORPUS else [])])
def test_what_was_judged_is_found_as_judged(datadir: Path, name: str, tell: Tell) -> None:
    judged = _judged(datadir / f"{name}.tsv")
    folder = datadir / "extract" if name == "extract" else Path(CORPUS or "")
    (datadir / ".gitops-clone.toml").touch()
    found = _found(folder)
    assert [each for each in judged if each[:4] not in found] == []
    assert sorted(found - {each[:4] for each in judged}) == [], "look at them, and add them with a verdict"
    tell(f"{name}: all {len(judged)} are judged")


@pytest.mark.parametrize("name", ["extract", "corpus"])
def test_nearly_all_that_is_likely_is_an_image(datadir: Path, name: str) -> None:
    likely = [each for each in _judged(datadir / f"{name}.tsv") if each.certainty == "likely"]
    images = [each for each in likely if each.verdict == "image"]
    assert len(images) >= 0.98 * len(likely)
