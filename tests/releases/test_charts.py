"""Charts of the repository: what they render is relocated in their values, and nothing else about it changes."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import pytest

from tests.helm.test_chart import pack
from tests.releases.repository import BACKUP, DIGEST, HUB, Repository, chart, deployment

PLAIN = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
HELPERS = """\
{{- define "image" -}}
{{- $registry := .global.imageRegistry | default .image.registry -}}
{{- $name := .image.repository -}}
{{- if $registry }}{{ $name = printf "%s/%s" $registry $name }}{{ end -}}
{{- if .image.digest }}{{ printf "%s@%s" $name .image.digest }}
{{- else }}{{ printf "%s:%s" $name (.image.tag | default .app) }}{{ end -}}
{{- end -}}
"""
USED = '{{ include "image" (dict "image" .Values.image "global" .Values.global "app" .Chart.AppVersion) }}'
SEMVER = '{{ if semverCompare ">=1.0.0" (trimPrefix "v" .Values.image.tag) }}new{{ else }}old{{ end }}'


def full(values: str, name: str = "web") -> dict[str, str]:
    """A chart that composes its image of registry, repository, and a digest or a tag."""
    text = f'global:\n  imageRegistry: ""\nimage:\n{values}'
    return chart(text, deployment(USED), name, {"templates/_helpers.tpl": HELPERS})


def plain(values: str, name: str = "web", label: str = "") -> dict[str, str]:
    """A chart that joins repository and tag; `label` is put into the object's labels."""
    return chart(f"image:\n{values}", deployment(PLAIN, extra=f"  labels: {{a: {label}}}\n" if label else ""), name)


def changed(
    root: Path, charts: dict[str, dict[str, str]], *options: str
) -> tuple[tuple[int, int], dict[str, list[str]]]:
    """The charts rewritten in one repository: what Helm counts, and the new lines of each chart's values."""
    files = {name: text for each in charts.values() for name, text in each.items()}
    repository = Repository(root, files, [(f"charts/{name}", ()) for name in charts])
    counts = repository.rewrite(*options)
    lines = repository.changes()
    assert all(name.endswith("/values.yaml") for name in lines)
    return counts, {name: lines.get(f"charts/{name}/values.yaml", []) for name in charts}


def test_repository_and_tag(tmp_path: Path) -> None:
    cases = {
        "hub": ("  repository: nginx\n  tag: 1.25\n", [f"repository: {HUB}/library/nginx"]),
        "host": ("  repository: quay.io/acme/web\n  tag: v1 # ours\n", [f"repository: {BACKUP}/quay_io/acme/web"]),
        "quoted": ('  "repository": "docker.io/nginx"\n  tag: 1.25\n', [f'"repository": "{HUB}/library/nginx"']),
        "both": (
            f"  repository: nginx\n  tag: 1.25@sha256:{DIGEST}\n",
            [f"repository: {HUB}/library/nginx", f"tag: sha256_{DIGEST}"],
        ),
    }
    charts = {name: plain(values, name) for name, (values, _) in cases.items()}
    counts, lines = changed(tmp_path / "r", charts)
    assert counts == (len(cases), 0)
    assert lines == {name: expected for name, (_, expected) in cases.items()}


def test_registry_repository_and_digest(tmp_path: Path) -> None:
    cases = {
        "org": ("  registry: docker.io\n  repository: acme/web\n  tag: v1\n", [f"registry: {HUB}"]),
        "official": (
            "  registry: docker.io\n  repository: nginx\n  tag: v1\n",
            [f"registry: {HUB}", "repository: library/nginx"],
        ),
        "empty": ('  registry: ""\n  repository: acme/web\n  tag: v1\n', [f"repository: {HUB}/acme/web"]),
        "version": ('  registry: quay.io\n  repository: acme/web\n  tag: ""\n', [f"registry: {BACKUP}/quay_io"]),
        "digest": (
            f"  registry: quay.io\n  repository: acme/web\n  tag: v1\n  digest: sha256:{DIGEST}\n",
            [f"registry: {BACKUP}/quay_io", f"tag: sha256_{DIGEST}", 'digest: ""'],
        ),
        "untagged": (
            f"  registry: quay.io\n  repository: acme/web\n  digest: sha256:{DIGEST}\n",
            [f"registry: {BACKUP}/quay_io", 'digest: ""', f"tag: sha256_{DIGEST}"],
        ),
    }
    charts = {name: full(values, name) for name, (values, _) in cases.items()}
    counts, lines = changed(tmp_path / "r", charts)
    assert counts == (len(cases), 0)
    assert lines == {name: expected for name, (_, expected) in cases.items()}


def test_a_tag_that_is_parsed_or_shown(tmp_path: Path) -> None:
    digest = f"  repository: quay.io/acme/web\n  tag: v1.2.3\n  digest: sha256:{DIGEST}\n"
    joined = "{{ .Values.image.repository }}:{{ .Values.image.tag }}@{{ .Values.image.digest }}"
    cases = {"parsed": SEMVER, "shown": "{{ .Values.image.tag }}"}
    charts = {
        name: chart(f"image:\n{digest}", deployment(joined, extra=f"  labels: {{a: {label}}}\n"), name)
        for name, label in cases.items()
    }
    files = {name: text for each in charts.values() for name, text in each.items()}
    repository = Repository(tmp_path / "r", files, [(f"charts/{name}", ()) for name in charts])
    before = repository.render()
    repository.run("rewrite", "--no-mirror")
    assert repository.render() == [text.replace("quay.io/acme", f"{BACKUP}/quay_io/acme") for text in before]
    line = f"repository: {BACKUP}/quay_io/acme/web"
    assert repository.changes() == {f"charts/{name}/values.yaml": [line] for name in cases}


def test_a_repository_that_is_shown_elsewhere_stays(tmp_path: Path) -> None:
    values = "  repository: quay.io/acme/web\n  tag: v1\n"
    label = "{{ .Values.image.repository | replace `/` `-` }}"
    repository = Repository(tmp_path / "r", plain(values, label=label))
    assert repository.rewrite() == (0, 1)
    assert repository.changes() == {}
    state, reason = repository.states()["charts/web/values.yaml: quay.io/acme/web:v1"]
    assert (state, reason) == ("unresolved", "the chart also puts it into Deployment web: labels")


BITNAMI = """\
{{- if and (not .Values.global.security.allowInsecureImages) (ne .Values.image.registry "docker.io") }}
{{- fail "set global.security.allowInsecureImages" }}
{{- end }}
"""


def test_a_chart_that_refuses_relocated_images_is_told_to_take_them(tmp_path: Path) -> None:
    image = "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
    parts = "image:\n  registry: docker.io\n  repository: bitnami/redis\n  tag: 8.0\n"
    values = {
        "there": f"global:\n  security:\n    allowInsecureImages: false\n{parts}",
        "partly": f"global:\n  security:\n    other: 1\n{parts}",
        "none": parts,
    }
    template = deployment(image) + "---\n" + BITNAMI.replace("not .Values", "not ((.Values.global).security)")
    template = template.replace("((.Values.global).security).global.security", "((.Values.global).security)")
    charts = {name: chart(text, template, name) for name, text in values.items()}
    counts, lines = changed(tmp_path / "r", charts)
    assert counts == (3, 0)
    assert lines == {
        "there": ['allowInsecureImages: "true"', f"registry: {HUB}"],
        "partly": ["allowInsecureImages: true", f"registry: {HUB}"],
        "none": [f"registry: {HUB}", "global:", "security:", "allowInsecureImages: true"],
    }


def test_releases_that_share_values_move_together(tmp_path: Path) -> None:
    files = full("  registry: quay.io\n  repository: acme/web\n  tag: v1\n") | {
        "charts/web/values-prod.yaml": "image:\n  tag: v2\n",
        "charts/web/values-own.yaml": "image:\n  repository: acme/own\n",
    }
    jobs = [
        ("charts/web", ()),
        ("charts/web", ("charts/web/values-prod.yaml",)),
        ("charts/web", ("charts/web/values-own.yaml",)),
    ]
    repository = Repository(tmp_path / "all", files, jobs)
    assert repository.rewrite() == (3, 0)
    assert repository.changes() == {"charts/web/values.yaml": [f"registry: {BACKUP}/quay_io"]}
    kept = Repository(tmp_path / "one", files, jobs)
    assert kept.rewrite("--ignore", "quay.io/acme/own") == (0, 3)
    assert kept.changes() == {}
    assert kept.findings("--ignore", "quay.io/acme/own")[-1]["reason"] == (
        'shares values with quay.io/acme/own:v1, which stays: matches "quay.io/acme/own"'
    )


def test_subcharts_with_aliases_and_a_global_registry(tmp_path: Path) -> None:
    values = (
        'global:\n  imageRegistry: docker.io\nimage:\n  repository: nginx\n  tag: "1"\nsecond: {image: {tag: "9"}}\n'
    )
    needs = "dependencies:\n" + "".join(
        f"  - {{name: cache, version: 0.1.0, alias: {alias}}}\n" for alias in ("first", "second")
    )
    sub = chart('image:\n  repository: redis\n  tag: "7"\n', deployment(USED, "{{ .Chart.Name }}"), "cache")
    files = chart(values, deployment(USED), "web", {"templates/_helpers.tpl": HELPERS})
    files |= {f"charts/web/{name}": text for name, text in sub.items()}
    files["charts/web/Chart.yaml"] += needs
    repository = Repository(tmp_path / "r", files)
    assert repository.rewrite() == (3, 0)
    assert repository.changes() == {
        "charts/web/values.yaml": [f"imageRegistry: {HUB}", "repository: library/nginx"],
        "charts/web/charts/cache/values.yaml": ["repository: library/redis"],
    }


def test_references_in_templates(tmp_path: Path) -> None:
    template = (
        deployment("busybox:1.36  # ours")
        + "        {{- if .Values.more }}\n        - name: b\n          image: redis:7\n        {{- end }}\n"
    )
    repository = Repository(tmp_path / "r", chart("more: false\n", template))
    assert repository.rewrite() == (1, 0)
    assert repository.changes() == {"charts/web/templates/web.yaml": [f"image: {HUB}/library/busybox:1.36  # ours"]}
    states = repository.states()
    assert states["charts/web/templates/web.yaml: redis:7"] == ("ignored", "no entry point renders it with its values")
    repository.run("check")


_ARGUMENTS = """\
          args:
            - --reloader=quay.io/a/reloader:v1
            - --push=quay.io/a/target:v1
            - --base={{ .Values.base }}
            - --both=quay.io/a/both:v1 {{ .Values.base }}
          {{- if .Values.more }}
            - --more=quay.io/a/more:v1
          {{- end }}
          env:
            - {name: HELPER, value: "quay.io/a/helper:v1"}  # ours
            - name: NOTE
              value: see quay.io/a/note:v1 {{ .Values.base }}
"""


def test_references_in_arguments_of_templates(tmp_path: Path) -> None:
    """As certain as what they render is; proved by rendering, and undone."""
    files = chart("more: false\nbase: x\n", deployment("quay.io/a/web:v1") + _ARGUMENTS)
    repository = Repository(tmp_path / "r", files)
    template = "charts/web/templates/web.yaml"
    likely = "likely, not certain: --certainty likely takes it"
    assert repository.states()[f"{template}: quay.io/a/reloader:v1"] == ("ignored", likely)
    assert repository.rewrite() == (1, 0)
    assert repository.changes() == {template: [f"image: {BACKUP}/quay_io/a/web:v1"]}
    (before,) = repository.render()
    repository.run("rewrite", "--no-mirror", "--certainty", "likely")
    (after,) = repository.render()
    moved = {f"quay.io/a/{each}": f"{BACKUP}/quay_io/a/{each}" for each in ("reloader", "helper")}
    assert after == reduce(lambda text, pair: text.replace(*pair), moved.items(), before)
    assert repository.changes() == {
        template: [
            f"image: {BACKUP}/quay_io/a/web:v1",
            f"- --reloader={BACKUP}/quay_io/a/reloader:v1",
            f'- {{name: HELPER, value: "{BACKUP}/quay_io/a/helper:v1"}}  # ours',
        ]
    }
    states = repository.states("--certainty", "likely")
    assert states[f"{template}: quay.io/a/target:v1"] == ("ignored", "a push target")
    assert states[f"{template}: quay.io/a/both:v1"][0] == "ignored"
    repository.run("rewrite", "--no-mirror", "--certainty", "possible")
    assert states[f"{template}: {BACKUP}/quay_io/a/helper:v1"] == ("backup", None)
    repository.run("restore")
    assert repository.files() == repository.before


def test_a_reference_in_a_template_that_nothing_proves(tmp_path: Path) -> None:
    arguments = "          args: [--reloader=quay.io/a/reloader:v1]\n"
    files = chart("", deployment("quay.io/a/web:v1") + arguments + "{{ .Values.a.b.c }}\n")
    repository = Repository(tmp_path / "r", files, [])
    repository.run("rewrite", "--no-mirror", "--certainty", "possible")
    assert repository.changes() == {"charts/web/templates/web.yaml": [f"image: {BACKUP}/quay_io/a/web:v1"]}
    told = repository.states("--certainty", "possible")["charts/web/templates/web.yaml: quay.io/a/reloader:v1"]
    assert told == ("unresolved", "in a template that is not rendered here: nothing would prove the change")


def test_lines_that_compose_are_explained(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r", plain("  repository: nginx\n  tag: 1.25\n"))
    assert repository.states() == {
        f"charts/web/templates/web.yaml: {PLAIN}": (
            "ignored",
            "composed from the chart's values: charts/web/values.yaml:2",
        ),
        "charts/web/values.yaml: nginx:1.25": ("upstream", None),
    }
    repository.run("check", code=1)
    repository.rewrite()
    repository.run("check")


def test_pin_always_adds_the_digest_where_there_is_a_place(tmp_path: Path) -> None:
    keyed = plain("  repository: nginx\n  tag: 1.25\n")
    repository = Repository(tmp_path / "r", keyed)
    repository.run("rewrite", "--no-mirror")
    lock = repository.root / ".gitops-clone.lock"
    lock.write_text(lock.read_text().replace("null", f'"sha256:{DIGEST}"'))
    repository.run("rewrite", "--no-mirror", "--pin", "always")
    assert f"tag: 1.25@sha256:{DIGEST}" in repository.changes()["charts/web/values.yaml"]
    repository.run("check")
    repository.run("rewrite", "--no-mirror")
    assert repository.changes() == {"charts/web/values.yaml": [f"repository: {HUB}/library/nginx", 'tag: "1.25"']}


@pytest.mark.parametrize("empty", ["", " # none", ' ""', " null"])
def test_keys_without_a_value_are_filled(tmp_path: Path, empty: str) -> None:
    """The registry, where the repository is shown elsewhere; the digest; the tag, where the chart's is another one."""
    composed = (
        "{{ with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}"
        ":{{ .Values.image.tag | default .Chart.AppVersion }}{{ with .Values.image.digest }}@{{ . }}{{ end }}"
    )
    shown = '  labels:\n    repository: "{{ .Values.image.repository }}"\n'
    values = f"image:\n  registry:{empty}\n  repository: library/nginx\n  tag:{empty}\n  digest:{empty}\n"
    repository = Repository(tmp_path / "r", chart(values, deployment(composed, extra=shown)))
    assert repository.rewrite() == (1, 0)
    (line,) = repository.changes()["charts/web/values.yaml"]
    quote = '"' if '"' in empty else ""
    assert line == f"registry: {quote}{HUB}{quote}{empty if '#' in empty else ''}"
    lock = repository.root / ".gitops-clone.lock"
    lock.write_text(lock.read_text().replace('"digest": null', f'"digest": "sha256:{DIGEST}"'))
    repository.run("rewrite", "--no-mirror", "--pin", "always")
    assert f"@sha256:{DIGEST}" in repository.render()[0]
    repository.run("check")
    repository.run("restore")
    assert repository.files() == repository.before


def test_containers_in_a_text_of_the_values(tmp_path: Path) -> None:
    extra = "extra: |\n  # one more\n  - name: sidecar\n    image: busybox:1.36 # ours\n"
    values = f"image:\n  repository: nginx\n  tag: 1.25\n{extra}"
    template = deployment(PLAIN) + "        {{- tpl .Values.extra . | nindent 8 }}\n"
    repository = Repository(tmp_path / "r", chart(values, template))
    assert repository.rewrite() == (2, 0)
    assert repository.changes() == {
        "charts/web/values.yaml": [f"repository: {HUB}/library/nginx", f"image: {HUB}/library/busybox:1.36 # ours"]
    }
    repository.run("check")


def test_templates_that_fail_for_want_of_a_dependency_or_a_value_are_left_out(tmp_path: Path) -> None:
    """Helm refuses the whole chart: nothing is compared with it here."""
    asked = deployment("{{ .Values.other.repository }}:v1") + '{{ required "say it" .Values.it }}\n'
    failing = {
        "templates/nil.yaml": "kind: ConfigMap\ndata: {a: {{ .Values.sub.service.port }}}\n",
        "templates/required.yaml": asked,
    }
    values = "image:\n  repository: quay.io/a/web\n  tag: v1\nother:\n  repository: quay.io/a/other\n  tag: v1\n"
    repository = Repository(tmp_path / "r", chart(values, deployment(PLAIN), more=failing), [])
    repository.run("rewrite", "--no-mirror")
    assert repository.changes() == {"charts/web/values.yaml": [f"repository: {BACKUP}/quay_io/a/web"]}
    state, reason = repository.states()["charts/web/values.yaml: quay.io/a/other:v1"]
    assert state == "unresolved"
    assert "cannot be rendered here" in str(reason)


def test_references_in_templates_of_charts_that_do_not_render(tmp_path: Path) -> None:
    files = chart("", deployment("quay.io/a/web:v1") + "{{ .Values.a.b.c }}\n")
    repository = Repository(tmp_path / "r", files, [])
    repository.run("rewrite", "--no-mirror")
    assert repository.changes() == {"charts/web/templates/web.yaml": [f"image: {BACKUP}/quay_io/a/web:v1"]}
    repository.run("check")
    repository.run("restore")
    assert not repository.changes()


def test_values_reach_into_a_packed_chart_and_what_it_has_itself_is_told(tmp_path: Path) -> None:
    """What the parent does not say stands in the archive, which is not edited."""
    second = "        - name: side\n          image: {{ .Values.side.repository }}:{{ .Values.side.tag }}\n"
    third = "        - name: literal\n          image: quay.io/acme/literal:1\n"
    inner = chart(
        "image: {repository: redis, tag: '7'}\nside: {repository: quay.io/acme/side, tag: '1'}\n",
        deployment(PLAIN, "dep") + second + third,
        "dep",
    )
    files = chart("image: {repository: nginx, tag: '1'}\ndep: {image: {repository: acme/redis}}\n", deployment(PLAIN))
    files["charts/web/Chart.yaml"] += "dependencies: [{name: dep, version: 0.1.0}]\n"
    repository = Repository(tmp_path / "r", files)
    archive = tmp_path / "r/charts/web/charts/dep-0.1.0.tgz"
    archive.parent.mkdir()
    archive.write_bytes(pack({name.removeprefix("charts/dep/"): text for name, text in inner.items()}, prefix="dep/"))
    states = repository.states()
    reason = (
        "the packed chart has it (templates/web.yaml): give it values in the chart above, unpack it, "
        "or try rewrite --render"
    )
    assert states["charts/web/charts/dep-0.1.0.tgz: quay.io/acme/literal:1"] == ("unresolved", reason)
    assert states["charts/web/charts/dep-0.1.0.tgz: quay.io/acme/side:1"] == ("unresolved", reason)
    assert repository.rewrite() == (2, 2)
    assert repository.changes()["charts/web/values.yaml"][1] == f"dep: {{image: {{repository: {HUB}/acme/redis}}}}"
