"""Reading charts: folders and archives, what Helm ignores, and what no chart may do."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from gitops_clone.helm import chart
from gitops_clone.helm.chart import Chart
from gitops_clone.helm.errors import BadChart, Refused
from gitops_clone.helm.render import render, rendered_text
from tests.helm.comparing import Answer, assert_same, write
from tests.parts import helm
from tests.parts.helm import Job

_NAMES = "{{ range $name, $_ := .Files.Glob `**` }}{{ $name }},{{ end }}"


def pack(files: dict[str, str], *, prefix: str = "c/", extra: bytes = b"") -> bytes:
    """A .tgz of a chart, as `helm package` makes it: with a note in gzip's header."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    import zlib

    packer = zlib.compressobj(wbits=-15)
    body = packer.compress(raw.getvalue()) + packer.flush()
    header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(b"note").to_bytes(2, "little") + b"note"
    trailer = zlib.crc32(raw.getvalue()).to_bytes(4, "little") + len(raw.getvalue()).to_bytes(4, "little")
    return header + body + trailer + extra


def _meta(name: str = "c") -> str:
    return f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"


def _refused(root: Path, folder: str = "c") -> BadChart:
    with pytest.raises(BadChart) as caught:
        chart.read(root, folder)
    assert "\n" not in caught.value.reason
    return caught.value


def test_a_packed_subchart_and_a_packed_chart_render_as_in_helm(tmp_path: Path) -> None:
    sub = pack(
        {"Chart.yaml": _meta("sub"), "values.yaml": "a: 1\n", "templates/a.yaml": "a: {{ .Values.a }}\n"}, prefix="sub/"
    )
    write(tmp_path / "c", {"values.yaml": "sub: {a: 2}\n"})
    (tmp_path / "c" / "charts").mkdir()
    (tmp_path / "c" / "charts" / "sub-1.0.0.tgz").write_bytes(sub)
    (tmp_path / "sub.tgz").write_bytes(sub)
    for name, text in (("c", "a: 2"), ("sub.tgz", "a: 1")):
        given = Answer(rendered_text(render(chart.read(tmp_path, name))))
        assert given.text is not None
        assert text in given.text
        assert_same(given, helm.template(Job(tmp_path / name)))


@pytest.mark.parametrize(
    "name", ["../out.yaml", "/etc/passwd", "templates/../../out.yaml", "", "templates\\..\\..\\out"]
)
def test_an_archive_that_leads_out_of_itself_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "c.tgz").write_bytes(pack({"Chart.yaml": _meta(), name: "x"}))
    assert "outside of the chart's folder" in _refused(tmp_path, "c.tgz").reason


def test_an_archive_that_grows_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.tgz").write_bytes(pack({"Chart.yaml": _meta(), "big": "0" * (6 * 2**20)}))
    assert "more than a chart may" in _refused(tmp_path, "c.tgz").reason
    many = {f"f{number}": "0" * (4 * 2**20) for number in range(14)}
    (tmp_path / "c.tgz").write_bytes(pack({"Chart.yaml": _meta(), **many}))
    assert "more than a chart may" in _refused(tmp_path, "c.tgz").reason
    (tmp_path / "c.tgz").write_bytes(b"no archive")
    assert "no chart archive" in _refused(tmp_path, "c.tgz").reason
    (tmp_path / "c.tgz").write_bytes(pack({"Chart.yaml": _meta()})[:40])
    assert "no chart archive" in _refused(tmp_path, "c.tgz").reason


def test_archives_that_together_grow_beyond_all_bounds_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "c", {})
    (tmp_path / "c" / "charts").mkdir()
    large = pack(
        {"Chart.yaml": _meta("sub"), **{f"f{number}": "0" * (4 * 2**20) for number in range(9)}}, prefix="sub/"
    )
    for number in range(4):
        (tmp_path / "c" / "charts" / f"sub-{number}.tgz").write_bytes(large)
    refused = _refused(tmp_path)
    assert (refused.file, "more than a chart may" in refused.reason) == ("c/charts/sub-2.tgz", True)


def test_a_symlink_out_of_the_root_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "c", {"templates/a.yaml": "a"})
    (tmp_path / "secret").write_text("secret")
    (root / "shared.yaml").write_text("shared")
    (root / "c" / "templates" / "b.yaml").symlink_to("../../shared.yaml")
    assert chart.read(root, "c").templates["templates/b.yaml"] == "shared"
    (root / "c" / "templates" / "c.yaml").symlink_to(tmp_path / "secret")
    assert "leads out" in _refused(root).reason
    assert _refused(root).file == "c/templates/c.yaml"
    (root / "elsewhere").symlink_to(tmp_path)
    assert "leads out" in _refused(root, "elsewhere").reason
    assert "leads out" in _refused(root, "../root2").reason


def test_a_symlink_that_leads_back_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "c", {})
    (tmp_path / "c" / "loop").symlink_to(".")
    assert "leads back" in _refused(tmp_path).reason


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path / "c", {}) / "pipe")
    assert "no regular file" in _refused(tmp_path).reason


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("name: {", "not valid YAML", 2),
        ("- a", "is no mapping", None),
        ("version: 1.0.0", "name is required", None),
        ("name: c", "version is required", None),
        ("name: a/b\nversion: 1.0.0", "is invalid", None),
        ("name: c\nversion: latest", "is invalid", None),
        ("name: c\nversion: 1.0.0\ntype: other", "application or library", None),
        ("name: c\nversion: 1.0.0\napiVersion: v3", "not supported", None),
        ("name: [c]\nversion: 1.0.0", "name is no string", None),
        ("name: c\nversion: 1.0.0\ndependencies: a", "dependencies is no list", None),
        ("name: c\nversion: 1.0.0\ndependencies: [{name: a}, {name: b, alias: a}]", "more than one dependency", None),
    ],
)
def test_a_chart_yaml_that_helm_refuses(text: str, reason: str, line: int | None, tmp_path: Path) -> None:
    write(tmp_path / "c", {"Chart.yaml": text})
    error = _refused(tmp_path)
    assert reason in error.reason
    assert (error.file, error.line) == ("c/Chart.yaml", line)
    assert helm.template(Job(tmp_path / "c")).text is None


def test_other_files_that_helm_refuses(tmp_path: Path) -> None:
    write(tmp_path / "c", {"values.yaml": "a: 1\nb: [\n"})
    assert (_refused(tmp_path).file, _refused(tmp_path).line) == ("c/values.yaml", 3)
    write(tmp_path / "c", {"values.yaml": "- a\n"})
    assert "no mapping" in _refused(tmp_path).reason
    write(tmp_path / "c", {"values.yaml": "", ".helmignore": "a/**/b\n"})
    assert "double-star" in _refused(tmp_path).reason
    assert "no such file" in _refused(tmp_path, "nowhere").reason
    (tmp_path / "empty").mkdir()
    assert "Chart.yaml file is missing" in _refused(tmp_path, "empty").reason


@pytest.mark.parametrize(
    "rules",
    ["", "*.txt", "/a.txt", "d/", "d/*.md", "d", "# no\n\n*.md\nb?[x-z].txt", "templates/*.txt", "*/*.txt"],
)
def test_files_are_ignored_as_by_helm(rules: str, tmp_path: Path) -> None:
    files = {
        name: name for name in ("a.txt", "by.txt", "bax.txt", "d/a.txt", "d/e.md", "d/d/f.md", "templates/.hidden.txt")
    }
    files["templates/show.yaml"] = f'text: "{_NAMES}"\n'
    path = write(tmp_path / "c", {**files, ".helmignore": rules})
    assert_same(Answer(rendered_text(render(chart.read(tmp_path, "c")))), helm.template(Job(path)))


def test_a_rule_for_all_but_one_ignores_the_chart_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "c", {"a.txt": "", ".helmignore": "!a.txt"})
    assert "Chart.yaml file is missing" in _refused(tmp_path).reason
    assert helm.template(Job(path)).text is None


_FILES = """\
get: {{ .Files.Get "d/a.conf" | toJson }}
none: {{ .Files.Get "none" | toJson }}
lines: {{ .Files.Lines "d/a.conf" | toJson }}
config: {{ (.Files.Glob "d/*.conf").AsConfig | toJson }}
secrets: {{ (.Files.Glob "**.{conf,bin}").AsSecrets | toJson }}
names: "{{ range $name, $data := .Files.Glob "d/[ab]*" }}{{ $name }}={{ toString $data | len }},{{ end }}"
deep: "{{ range $name, $_ := .Files.Glob "*/?/*" }}{{ $name }},{{ end }}"
binary: {{ .Files.Get "x.bin" | b64enc }}
bytes: [{{ (.Files.Glob "x.bin").AsConfig | toJson }}, {{ .Files.Get "x.bin" | quote }}]
sum: {{ .Files.Get "x.bin" | sha256sum }}
"""


def test_files_are_given_as_by_helm(tmp_path: Path) -> None:
    files = {"d/a.conf": "one\ntwo\n", "d/b.conf": "", "d/e/c.conf": "c", "x.bin": "\udcff\udc80\x00", "LICENSE": "l"}
    path = write(tmp_path / "c", {**files, "templates/show.yaml": _FILES})
    assert_same(Answer(rendered_text(render(chart.read(tmp_path, "c")))), helm.template(Job(path)))


def test_documents_come_in_helms_order(tmp_path: Path) -> None:
    kinds = ["Deployment", "Service", "Custom", "ConfigMap", "Another", "Namespace", "Service"]
    text = "\n---\n".join(f"kind: {kind}\nname: n{number}" for number, kind in enumerate(kinds))
    hook = "kind: Job\nmetadata:\n  annotations: {helm.sh/hook: %s}\n"
    files = {"templates/a.yaml": text, "templates/b.yaml": hook % "post-install", "templates/c.yaml": hook % "unknown"}
    path = write(
        tmp_path / "c",
        {**files, "templates/d.yaml": "kind: Secret\n", "templates/e.yaml": " \n", "templates/f.yaml": "# only\n"},
    )
    assert_same(Answer(rendered_text(render(chart.read(tmp_path, "c")))), helm.template(Job(path)))


def test_a_template_that_is_no_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    write(tmp_path / "c", {"templates/a.yaml": "a: [\n"})
    parts = render(chart.read(tmp_path, "c"))
    with pytest.raises(Refused) as caught:
        rendered_text(parts)
    assert caught.value.template == "c/templates/a.yaml"


def test_a_chart_knows_its_parts(tmp_path: Path) -> None:
    files = {
        "crds/a.yaml": "crd",
        "values.schema.json": "{}",
        "charts/sub/Chart.yaml": _meta("sub"),
        "charts/_no/Chart.yaml": "[",
    }
    write(tmp_path / "d" / "c", files)
    found: Chart = chart.read(tmp_path, "d/c")
    assert (found.name, found.version, found.folder, found.is_library) == ("c", "1.2.3", "d/c", False)
    assert (found.crds, found.schema) == ({"crds/a.yaml": "crd"}, "{}")
    assert [(sub.name, sub.folder) for sub in found.subcharts] == [("sub", "d/c/charts/sub")]
