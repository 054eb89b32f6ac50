"""Values come together as in Helm: defaults, subcharts, globals, nulls, aliases, conditions, tags, imports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_clone.helm import chart, yaml_values
from gitops_clone.helm.errors import Refused
from gitops_clone.helm.render import Release, render, rendered_text
from tests.helm.comparing import Answer, assert_same, write
from tests.parts import helm
from tests.parts.helm import Job

_SHOW = """\
{{ .Template.Name }}: {{ .Values | toJson }}
chart: {{ .Chart.Name }} {{ .Chart.IsRoot }} {{ .Chart.Dependencies | toJson }}
"""


def _chart(name: str, values: str = "", *extra: str) -> dict[str, str]:
    more = "\n".join(extra)
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.2.3\n{more}\n",
        "values.yaml": values,
        "templates/show.yaml": _SHOW,
    }


def _below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


_ASKS = """\
dependencies:
  - {name: one, version: 1.x, condition: "one.enabled,two.enabled"}
  - {name: one, version: ">=1", alias: other, tags: [back]}
  - {name: two, version: "*", tags: [front, back], import-values: [data, {child: own, parent: here.there}]}
"""
_ONE = _chart("one", "a: 1\nb: {c: 2, d: [1]}\nglobal: {g: one, h: {i: one}}\nnulled: {x: 1, y: 2}\n")
_TWO = _chart("two", "own: {k: 1, l: {m: 2}}\nexports: {data: {imported: yes, b: from two}}\nn: null\n")
_THREE = _chart("three", "deep: true\nglobal: {t: three}\n")
_TOP = _chart(
    "top",
    "b: from top\none: {a: top, b: {c: null}, nulled: null}\nother: {a: alias}\n"
    "global: {g: top, h: {j: top}}\nhere: {there: {k: top}}\ntags: {front: true}\nn: null\nm: {o: null, p: 1}\n",
    _ASKS,
)
TREE = {**_TOP, **_below("charts/one", _ONE), **_below("charts/one/charts/three", _THREE), **_below("charts/two", _TWO)}

VALUES: dict[str, dict[str, Any]] = {
    "none": {},
    "scalars": {"b": 1, "one": {"a": 2.5, "b": {"d": []}}, "n": 3},
    "nulls": {
        "b": None,
        "one": {"a": None, "b": None},
        "global": {"g": None, "h": None},
        "m": {"p": None},
        "new": None,
    },
    "condition": {"one": {"enabled": False}},
    "second condition": {"two": {"enabled": False}},
    "no bool": {"one": {"enabled": "no"}, "two": {"enabled": False}},
    "tags": {"tags": {"front": False, "back": False}},
    "one tag": {"tags": {"front": False, "back": True}},
    "globals": {
        "global": {"g": {"now": "a map"}, "h": {"i": "user", "k": {"l": 1}}},
        "one": {"global": {"h": {"i": "own"}}},
    },
    "tables over scalars": {"b": {"a": "table"}, "one": {"b": "scalar"}, "here": "scalar"},
    "deep": {"one": {"three": {"deep": None, "x": 1, "global": {"t": 1}}}, "other": {"three": {"deep": 0}}},
    "imports": {"here": {"there": {"k": "user"}}, "imported": "no", "two": {"own": {"l": None}}},
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Job, helm.Done]]:
    """What Helm makes of the chart with each of the values."""
    folder = tmp_path_factory.mktemp("values")
    top = write(folder / "top", TREE)
    jobs = {}
    for name, values in VALUES.items():
        path = folder / f"{name}.yaml"
        path.write_text(json.dumps(values))
        jobs[name] = Job(top, (path,))
    return dict(zip(jobs, zip(jobs.values(), helm.template_all(list(jobs.values())), strict=True), strict=True))


@pytest.mark.parametrize("name", VALUES)
def test_values_come_together_as_in_helm(name: str, done: dict[str, tuple[Job, helm.Done]]) -> None:
    job, theirs = done[name]
    found = chart.read(job.chart.parent, job.chart.name)
    assert_same(Answer(rendered_text(render(found, [VALUES[name]]))), theirs)


def test_later_values_win_and_a_render_leaves_the_chart_as_it_was(tmp_path: Path) -> None:
    found = chart.read(
        tmp_path, write(tmp_path / "top", {**TREE, "templates/set.yaml": '{{ set .Values "b" "set" }}'}).name
    )
    first = render(found, [{"b": 1}, {"b": 2}])
    assert '"b":2' in first["top/templates/show.yaml"]
    assert render(found, [{"b": 1}, {"b": 2}]) == first


def test_a_release_has_its_name_and_namespace(tmp_path: Path) -> None:
    write(tmp_path / "c", {"templates/a.yaml": "{{ .Release.Name }} {{ .Release.Namespace }}"})
    found = chart.read(tmp_path, "c")
    assert render(found, (), Release("web", "shop")) == {"c/templates/a.yaml": "web shop"}


def test_notes_and_partials_are_rendered_but_not_given(tmp_path: Path) -> None:
    files = {
        "templates/NOTES.txt": "{{ fail `noted` }}",
        "templates/_p.tpl": "{{ fail `partial` }}",
        "templates/a": "a",
    }
    write(tmp_path / "c", files)
    with pytest.raises(Refused, match="noted") as caught:
        render(chart.read(tmp_path, "c"))
    assert (caught.value.template, caught.value.line) == ("c/templates/NOTES.txt", 1)


def test_a_missing_dependency_is_refused_unless_told_otherwise(tmp_path: Path) -> None:
    files = {name: text for name, text in TREE.items() if not name.startswith("charts/two")}
    found = chart.read(tmp_path, write(tmp_path / "top", files).name)
    with pytest.raises(Refused, match="missing in charts/ directory: two"):
        render(found)
    assert "top/charts/one/templates/show.yaml" in render(found, without_missing=True)


def test_library_charts_and_other_clusters_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", _chart("a", "", "type: library"))
    write(tmp_path / "b", _chart("b", "", 'kubeVersion: "<1.20"'))
    with pytest.raises(Refused, match="not installable"):
        render(chart.read(tmp_path, "a"))
    with pytest.raises(Refused, match="incompatible with Kubernetes"):
        render(chart.read(tmp_path, "b"))


SCALARS = """\
a: 010
b: 0o10
c: 1_000
d: 1e3
e: yes
f: "yes"
g: 2024-01-01
h: ~
i: !!str 1
j: !!float 1
k: 0x1F
l: 12:30
m: .5
1: int key
true: bool key
1.5: float key
o: &o {p: 1, q: 2}
r: {p: 0, <<: *o, q: 3}
s: [*o, *o]
t: !custom x
u: 123456789012345678
v: 9223372036854775808
w: 1.0
x: -0
"""


def test_values_files_are_read_as_by_helm(tmp_path: Path) -> None:
    files = {"values.yaml": f"{SCALARS}---\na: second document\n", "templates/a.yaml": "{{ toYaml .Values }}\n"}
    path = write(tmp_path / "c", files)
    given = Answer(rendered_text(render(chart.read(tmp_path, "c"), [yaml_values.load(SCALARS)])))
    (tmp_path / "more.yaml").write_text(SCALARS)
    assert_same(given, helm.template(Job(path, (tmp_path / "more.yaml",))))
