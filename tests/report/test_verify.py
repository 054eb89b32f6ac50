"""The report of `verify`."""

from __future__ import annotations

import json

import pytest

from gitops_clone.controllers.model import Applied, ChartReference, Owner
from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.finding import State
from gitops_clone.render.model import Comparison, EntryPoint, Image, Kind, Rendering
from gitops_clone.report import text
from gitops_clone.report.json import render as render_json
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from tests.report import hostile
from tests.report.samples import BACKUP

_WEB = EntryPoint(Kind.KUSTOMIZATION, "apps/web")
_CHART = EntryPoint(Kind.CHART, "charts/web", ("charts/web/values-prod.yaml",))
_COPY = Image(f"{BACKUP}/quay_io/acme/web:1", "Deployment web", State.BACKUP, "quay.io/acme/web:1")
_MISSING = Image("nginx:1.25", "Deployment web", State.UPSTREAM, "index.docker.io/library/nginx:1.25")
_IGNORED = Image("registry:2", "Deployment registry/registry", State.IGNORED, None, "namespace registry")
_LONG = "".join(f"+line {number}\n" for number in range(100))


def report(*renderings: Rendering, verbose: bool = False) -> str:
    return text.render(Result("verify", BACKUP, renderings=renderings), Style(), verbose=verbose)


def test_all_is_well() -> None:
    lines = report(Rendering(_WEB, (_COPY, _IGNORED), None, Comparison.SAME)).splitlines()
    assert lines[1] == "ok       2       apps/web"
    assert lines[-1] == "ok: 1 entry point; images: 1 backup, 1 ignored; nothing else has changed"


def test_what_was_not_compared_is_not_said_to_be_the_same() -> None:
    assert "nothing else" not in report(Rendering(_WEB, (_COPY,)))
    assert "; new, so not compared: 1" in report(
        Rendering(_WEB, (_COPY,), None, Comparison.SAME), Rendering(_CHART, (_COPY,), None, Comparison.NEW)
    )


def test_ignored_images_are_listed_when_asked_for() -> None:
    assert "namespace registry" not in report(Rendering(_WEB, (_IGNORED,)))
    assert "  namespace registry\n    apps/web: registry:2" in report(Rendering(_WEB, (_IGNORED,)), verbose=True)


def test_nothing_verified_is_no_success() -> None:
    out = report(Rendering(_CHART, reason="it says nothing"))
    assert "ok" not in out
    assert out.splitlines()[-1] == "nothing verified: 1 entry point"
    assert "  it says nothing\n    charts/web with values-prod.yaml\n" in out


def test_a_long_diff_ends_early() -> None:
    rendering = Rendering(_WEB, (_MISSING,), None, Comparison.CHANGED, _LONG)
    assert "    and 60 more lines (--verbose shows them)" in report(rendering)
    assert "    +line 99" in report(rendering, verbose=True)


@pytest.mark.parametrize("value", hostile.VALUES)
def test_strangers_write_no_commands(value: str) -> None:
    owner = Owner(value, 0, 1, Controller.HELM_RELEASE, value, value)
    chart = ChartReference(value, value, value, None, "")
    point = EntryPoint(Kind.CHART, value, (f"{value}.yaml",), Applied(owner, "/spec", value, chart), value)
    image = Image(value, value, State.UPSTREAM, None, value)
    renderings = [
        Rendering(point, (image, image), None, Comparison.CHANGED, f"+{value}\n"),
        Rendering(point, reason=value, comparison=Comparison.BROKEN),
        Rendering(point, reason=value),
    ]
    out = report(*renderings, verbose=True)
    assert all(line.isprintable() for line in out.split("\n"))
    assert not any(line.strip().startswith("::") for line in out.splitlines())
    assert "##[" not in out
    found = json.loads(render_json(Result("verify", BACKUP, renderings=renderings)))
    assert found["entry_points"][1]["reason"] == value
