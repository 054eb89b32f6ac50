from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from gitops_clone.finding import State
from gitops_clone.report import tree
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from tests.report import samples
from tests.report.samples import BACKUP, finding

_PROD = ("prod",)
_BOTH = ("prod", "staging")
_TREE = Result(
    "scan",
    BACKUP,
    findings=[
        replace(finding("base/web.yaml", 9, "nginx:1.23"), entry_points=_BOTH),
        replace(finding("base/worker.yaml", 21, "nginx:1.23"), entry_points=_BOTH),
        replace(
            finding("base/web.yaml", 11, "controller:latest", State.IGNORED, "never rendered: prod:4 changes it"),
            entry_points=_PROD,
        ),
        replace(finding("prod/kustomization.yaml", 5, "ghcr.io/acme/controller:v2"), entry_points=_PROD),
        replace(finding("staging/pod.yaml", 5, "${IMAGE}", State.UNRESOLVED, "a variable"), entry_points=("staging",)),
        finding("alone.yaml", 3, f"{BACKUP}/ghcr_io/acme/alone:1", State.BACKUP),
    ],
    next_steps=["gitops-clone rewrite"],
)


def test_layout(datadir: Path) -> None:
    assert tree.render(_TREE, Style()) == (datadir / "tree.txt").read_text()


@pytest.mark.parametrize("result", [_TREE, samples.SCAN], ids=["tree", "scan"])
def test_colours_add_nothing_but_colours(result: Result) -> None:
    coloured = tree.render(result, Style(colour=True))
    assert click.unstyle(coloured) == tree.render(result, Style())
    assert coloured != click.unstyle(coloured)


def test_many_places_of_one_image_end_early() -> None:
    many = [replace(finding(f"{number}.yaml", 3, "nginx"), entry_points=_PROD) for number in range(40)]
    result = Result("scan", BACKUP, findings=many)
    assert "and 30 more (--verbose lists them)" in tree.render(result, Style())
    assert "39.yaml:3:10" in tree.render(result, Style(), verbose=True)


def test_nothing_found() -> None:
    assert tree.render(Result("scan", BACKUP), Style()) == "no images found\n"
