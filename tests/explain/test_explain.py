"""`explain` over a repository: what it tells of places and images, and that what it advises has its effect."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gitops_clone.errors import UsageError
from gitops_clone.explain.find import explain
from gitops_clone.explain.model import Advice, Explanation
from gitops_clone.report import formats
from gitops_clone.report.style import Style
from gitops_clone.result import Result

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
BACKUP = "registry.acme.io/mirror"
CONFIG = ".gitops-clone.toml"
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\nspec:\n  containers:\n    - image: IMAGE\n"
FILES = {
    CONFIG: f'backup-registry = "{BACKUP}"\n',
    "base/web.yaml": POD.replace("IMAGE", "nginx:1.27"),
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "prod/kustomization.yaml": "resources: [../base]\nimages:\n  - name: nginx\n    newTag: '1.28'\n",
    "system.yaml": POD.replace("IMAGE", "nginx:1.27").replace("name: shop", "namespace: kube-system"),
    "flags.yaml": POD.replace("IMAGE", "a/b:1\n      args:\n        - --sidecar=quay.io/acme/side:1"),
    "README.md": "We run nginx:1.27.\n",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the files above, the working directory."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _ask(subject: str, **options: object) -> Result:
    return explain(subject, {}, options)


def _one(subject: str, **options: object) -> Explanation:
    (told,) = _ask(subject, **options).explanations
    return told


def test_a_place_in_a_base(root: Path) -> None:
    told = _one("base/web.yaml:7")
    assert (told.text, told.owner, told.pointer) == ("nginx:1.27", "Pod shop", "/spec/containers/0/image")
    assert told.finding is not None
    assert told.finding.state == "ignored"
    assert told.why == "never rendered as written: prod/kustomization.yaml:3 changes it"
    assert told.finding.entry_points == ("prod",)
    assert "general rule" in told.rule
    assert told.becomes is None


def test_the_entry_above_it(root: Path) -> None:
    told = _one("prod/kustomization.yaml:4")
    assert told.text == "nginx:1.28"
    assert told.finding is not None
    assert told.finding.upstream == "index.docker.io/library/nginx:1.28"
    assert told.becomes is not None
    assert f"{BACKUP}/index_docker_io/library/nginx" in told.becomes
    assert "entry" in told.rule
    assert "selects images" in (_one("prod/kustomization.yaml:3").why or "")


def test_a_place_that_is_rewritten(root: Path) -> None:
    (root / "prod/kustomization.yaml").unlink()
    told = _one("base/web.yaml:7:14")
    assert told.becomes == f"{BACKUP}/index_docker_io/library/nginx:1.27"
    assert told.elsewhere == ()
    assert _one("base/web.yaml:7", pin="digest").becomes == told.becomes
    (root / ".gitops-clone.lock").write_text(
        f'version: 1\nbackup-registry: {BACKUP}\nimages:\n  "index.docker.io/library/nginx:1.27": '
        f'{{"backup": "{BACKUP}/index_docker_io/library/nginx:1.27", "digest": "{DIGEST}", "written": []}}\n'
    )
    told = _one("base/web.yaml:7", pin="always")
    assert told.digest == DIGEST
    assert told.becomes == f"{BACKUP}/index_docker_io/library/nginx:1.27@{DIGEST}"


def _apply(root: Path, file: str, line: int, advice: Advice) -> None:
    """Do what an advice says."""
    if advice.where == CONFIG:
        with (root / CONFIG).open("a") as config:
            config.write(f"\n{advice.text}\n")
    elif "end of line" in advice.where:
        lines = (root / file).read_text().split("\n")
        lines[line - 1] += f"  {advice.text}"
        (root / file).write_text("\n".join(lines))
    else:
        assert advice.where.startswith("metadata.annotations")
        text = (root / file).read_text()
        (root / file).write_text(text.replace("metadata:\n", f"metadata:\n  annotations: {{{advice.text}}}\n"))


@pytest.mark.parametrize(
    ("subject", "wish", "state"),
    [
        ("flags.yaml:7", "leave this place alone", "ignored"),
        ("flags.yaml:7", "leave the object alone", "ignored"),
        ("flags.yaml:7", "leave the image alone", "ignored"),
        ("flags.yaml:7", "leave the file alone", None),
        ("flags.yaml:9", "leave this place alone", "ignored"),
        ("flags.yaml:9", "tell that it is no image", "ignored"),
    ],
)
def test_advice_has_its_effect(root: Path, subject: str, wish: str, state: str | None) -> None:
    options = {"certainty": "likely"}
    told = _one(subject, **options)
    assert told.finding is not None
    assert told.finding.state == "upstream"
    (advice,) = [each for each in told.advice if each.wish == wish]
    _apply(root, told.file, told.line, advice)
    line = told.line + (wish == "leave the object alone")
    after = _one(f"{told.file}:{line}", **options)
    assert (after.finding.state.value if after.finding else None) == state
    assert after.why


def test_what_is_less_than_certain(root: Path) -> None:
    told = _one("flags.yaml:9")
    assert told.finding is not None
    assert (told.finding.state, told.finding.place.certainty) == ("ignored", "likely")
    assert told.advice[0].text == "--certainty likely"
    assert "shape" in told.rule


@pytest.mark.parametrize(
    ("subject", "why", "advised"),
    [
        ("system.yaml:7", "namespace kube-system", "ignore-namespace"),
        ("base/web.yaml:2", "no image reference", ""),
        ("README.md:1", "`scan` looks at .yaml", ""),
    ],
)
def test_what_stays(root: Path, subject: str, why: str, advised: str) -> None:
    told = _one(subject)
    assert why in (told.why or "")
    assert advised in "".join(each.text for each in told.advice)


def test_files_that_are_passed_over(root: Path) -> None:
    assert 'excluded by "base/"' in (_one("base/web.yaml:7", exclude=("base/",)).why or "")
    (root / ".gitignore").write_text("base/\n")
    subprocess.run(["git", "rm", "-rq", "--cached", "base"], cwd=root, check=True)
    told = _one("base/web.yaml:7")
    assert told.finding is not None  # it is named itself
    assert "git ignores" in (_one("base/web.yaml:2").why or "")
    (root / "broken.yaml").write_text("kind: Pod\nspec:\n  containers: [{image: a/b:1}\n")
    result = _ask("broken.yaml:3")
    assert [item.fatal for item in result.skipped] == [True]
    assert "not valid YAML" in (result.explanations[0].why or "")
    assert _ask("flags.yaml:7").skipped == []


@pytest.mark.parametrize(
    "subject", ["gone.yaml:1", "base/web.yaml", "base/web.yaml:0", "base/web.yaml:8", "A B", "../outside.yaml:1"]
)
def test_wrong_usage(root: Path, subject: str) -> None:
    with pytest.raises(UsageError):
        _ask(subject)


@pytest.mark.parametrize(
    "subject", ["nginx", "docker.io/library/nginx:1.27", f"{BACKUP}/index_docker_io/library/nginx:1.27"]
)
def test_all_places_of_an_image(root: Path, subject: str) -> None:
    result = _ask(subject)
    places = {f"{each.file}:{each.line}" for each in result.explanations}
    assert {"base/web.yaml:7", "system.yaml:7"} <= places
    assert ("prod/kustomization.yaml:4" in places) is (":" not in subject)
    assert [(each.file, each.text) for each in result.mentions or ()] == [("README.md", "nginx:1.27")]


def test_an_image_that_nobody_pulls(root: Path) -> None:
    result = _ask("ngnix:1")
    assert (result.explanations, result.exit_code) == ([], 0)
    assert result.warnings == ["ngnix:1: no place of the repository pulls it; did you mean nginx?"]


def test_what_lies_outside_is_not_read(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.yaml"
    secret.write_text("password: hunter2\n")
    (root / "link.yaml").symlink_to(secret)
    with pytest.raises(UsageError, match="outside"):
        _ask("link.yaml:1")
    (root / "inside.yaml").symlink_to(root / "flags.yaml")
    assert _one("inside.yaml:7").file == "flags.yaml"


def test_what_is_skipped_for_another_reason(root: Path) -> None:
    (root / "prod/kustomization.yaml").write_text("resources: [gone.yaml]\nnamespace: word\n")
    told = _one("prod/kustomization.yaml:2")
    assert "gone.yaml" not in (told.why or "")
    two = "kind: Pod\nspec: {containers: [{image: a/b:1}]}\nkind: Pod\n---\nkind: Pod\nspec: {a: word}\n"
    (root / "two.yaml").write_text(two)
    assert "two objects" in (_one("two.yaml:2").why or "")
    assert "two objects" not in (_one("two.yaml:6").why or "")


def test_several_images_on_a_line(root: Path) -> None:
    (root / "flow.yaml").write_text("kind: Pod\nspec: {containers: [{image: a/b:1}, {image: c/d:1}]}\n")
    assert [each.text for each in _ask("flow.yaml:2").explanations] == ["a/b:1", "c/d:1"]
    assert [each.text for each in _ask("flow.yaml:2:48").explanations] == ["c/d:1"]


def test_reports_for_people_and_machines(root: Path) -> None:
    text = "".join(formats.render(_ask("flags.yaml:7"), "text", Style()))
    assert text.startswith("flags.yaml:7:14  a/b:1\n  state      upstream: not rewritten yet\n")
    assert "leave this place alone (at the end of line 7, or on the line before)\n      # gitops-clone: ignore" in text
    for number in range(4):
        (root / f"{number}.yaml").write_text(POD.replace("IMAGE", "a/b:1"))
    many = _ask("a/b")
    text = "".join(formats.render(many, "text", Style()))
    assert text.startswith(f"index.docker.io/a/b:1 -> {BACKUP}/index_docker_io/a/b:1  5 places\n")
    assert text.count("general rule") == 1
    assert "".join(formats.render(many, "text", Style(), verbose=True)).count("general rule") == 5
    report = json.loads("".join(formats.render(_ask("base/web.yaml:1"), "json", Style())))
    assert set(report) == {"version", "explanations", "mentions", "skipped"}
    (told,) = report["explanations"]
    assert (told["is_image"], told["state"], told["text"]) == (False, None, "v1")
    report = json.loads("".join(formats.render(many, "json", Style())))
    assert {each["becomes"] for each in report["explanations"]} == {f"{BACKUP}/index_docker_io/a/b:1"}
    assert set(report["explanations"][0]["advice"][0]) == {"wish", "text", "where"}


SPLIT = """\
apiVersion: nvidia.com/v1
kind: ClusterPolicy
metadata: {name: gpu}
spec:
  toolkit:
    repository: nvcr.io/nvidia
    image: container-toolkit
    version: v1.17.0
"""


def test_a_reference_in_several_fields(root: Path) -> None:
    (root / "gpu.yaml").write_text(SPLIT)
    for line in (6, 7, 8):
        told = _one(f"gpu.yaml:{line}")
        assert (told.line, told.text) == (7, "nvcr.io/nvidia/container-toolkit:v1.17.0")
        assert told.parts == ("container-toolkit (line 7)", "nvcr.io/nvidia (line 6)", "v1.17.0 (line 8)")
        assert told.becomes == f"{BACKUP}/nvcr_io/nvidia/container-toolkit:v1.17.0"
    assert _one("gpu.yaml:5").finding is None


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\nappVersion: '2.7'\n",
    "chart/values.yaml": "image:\n  registry: ghcr.io\n  repository: acme/shop\n  tag: ''\nreplicas: 1\n",
    "chart/values-prod.yaml": "image:\n  tag: '2.6'\n",
    "chart/templates/pod.yaml": POD.replace(
        "IMAGE",
        '"{{ with .Values.image }}{{ .registry }}/{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}"',
    ),
}


def test_values_of_a_chart(root: Path) -> None:
    for name, text in CHART.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    told = _ask("chart/values.yaml:3").explanations
    assert [each.text for each in told] == ["ghcr.io/acme/shop:2.7", "ghcr.io/acme/shop:2.6"]
    assert [each.becomes for each in told] == [f"{BACKUP}/ghcr_io/acme/shop:2.7", f"{BACKUP}/ghcr_io/acme/shop:2.6"]
    assert [each.releases for each in told] == [("chart",), ("chart with values-prod.yaml",)]
    assert told[0].parts[:2] == ("ghcr.io (line 2)", "acme/shop (line 3)")
    assert all("values of a chart, which renders it: general rule" in each.rule for each in told)
    assert [each.text for each in _ask("chart/values.yaml:2").explanations] == [each.text for each in told]
    assert [each.text for each in _ask("chart/values-prod.yaml:2").explanations] == ["ghcr.io/acme/shop:2.6"]
    assert "no image that it renders is made of this" in (_one("chart/values.yaml:5").why or "")
    assert "composed from the chart's values" in (_one("chart/templates/pod.yaml:7").why or "")


def test_a_line_of_a_template(root: Path) -> None:
    image = "{{ .registry }}/{{ .repository }}:{{ .tag | default 2 }}"
    helper = f'{{{{- define "x.image" -}}}}\n{{{{- with .Values.image -}}}}\n{image}\n{{{{- end }}}}\n{{{{- end }}}}\n'
    flag = '      args: ["--reloader={{ .Values.reloader }}"]\n'
    more = flag + "      {{- if .Values.debug }}\n      env: [{name: A, value: b}]\n      {{- end }}\n"
    files = {
        "chart/values.yaml": CHART["chart/values.yaml"] + "reloader: quay.io/acme/reloader:v1\ndebug: false\n",
        "chart/templates/_helpers.tpl": helper,
        "chart/templates/pod.yaml": POD.replace("IMAGE", '{{ include "x.image" . }}') + more,
    }
    for name, text in {**CHART, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    told = _one("chart/templates/pod.yaml:7")
    assert told.renders == (
        "- image: ghcr.io/acme/shop:2 (chart)",
        "- image: ghcr.io/acme/shop:2.6 (chart with values-prod.yaml)",
    )
    assert told.parts == (
        "ghcr.io (chart/values.yaml:2)",
        "acme/shop (chart/values.yaml:3)",
        "2.6 (chart/values-prod.yaml:2)",
    )
    assert told.elsewhere[0].startswith("chart/values")
    assert [each.text for each in told.advice] == ["gitops-clone rewrite"]
    assert _one("chart/templates/_helpers.tpl:3").renders == told.renders
    told = _one("chart/templates/pod.yaml:8")
    assert told.renders[0].startswith('args: ["--reloader=quay.io/acme/reloader:v1"]')
    assert told.parts == ("quay.io/acme/reloader:v1 (chart/values.yaml:6)",)
    assert [each.text for each in told.advice] == ["gitops-clone explain chart/values.yaml:6"]
    pod = root / "chart/templates/pod.yaml"
    pod.write_text(pod.read_text() + '      command: ["--other=quay.io/acme/other:v1"]\n')
    told = _one("chart/templates/pod.yaml:12")
    assert (told.text, told.finding is not None) == ("quay.io/acme/other:v1", True)
    assert [each.text for each in told.advice] == ["--certainty likely"]
    hidden = _one("chart/templates/pod.yaml:10")
    assert (hidden.finding, hidden.renders) == (None, ())
    assert (hidden.why or "").endswith("no release renders it")
    assert hidden.advice[0].wish == "have it rendered"


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  chart: {spec: {chart: podinfo, sourceRef: {kind: HelmRepository, name: podinfo}}}
  values:
    image:
      repository: ghcr.io/acme/web
      tag: 1.2.3
    sidecar:
      image: {repository: ghcr.io/acme/sidecar}
"""


def test_values_for_a_chart_from_elsewhere(root: Path) -> None:
    (root / "release.yaml").write_text(RELEASE)
    told = _one("release.yaml:9")
    assert (told.line, told.text) == (8, "ghcr.io/acme/web:1.2.3")
    assert told.becomes == f"{BACKUP}/ghcr_io/acme/web:1.2.3"
    assert told.owner == "HelmRelease web"
    (advice,) = [each for each in told.advice if each.wish == "leave the object alone"]
    (root / "release.yaml").write_text(RELEASE.replace("{name: web}", f"{{name: web, annotations: {{{advice.text}}}}}"))
    assert _one("release.yaml:9").why == "annotation gitops-clone/ignore"
    (root / "release.yaml").write_text(RELEASE)
    assert [each.text for each in _one("release.yaml:11").advice] == ["gitops-clone rewrite --render"]
