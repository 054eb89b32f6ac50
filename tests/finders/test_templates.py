"""Templates are told by their bytes, never give exit code 2, and are reported line by line."""

from __future__ import annotations

import pytest

from gitops_clone.finders import templates
from tests.looking import findings, look, rewritten

CHART = """{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default "1.0" }}" # set in values.yaml
        - name: proxy
          image: 'nginx:1.27' # fixed
          {{- with .Values.resources }}
          resources: {{ toYaml . | nindent 12 }}
          {{- end }}
        - image: {{ include "app.image" . }}
        - image: ghcr.io/acme/sidecar:{{ .Chart.AppVersion }}
        -   image:   ghcr.io/acme/last:2
{{- end }}
"""
COMPOSED = "composed by a template"


def test_literal_lines_are_listed_and_rewritten() -> None:
    found = findings(CHART)
    assert [(f.place.line, f.place.column, f.place.image, f.state.value, f.reason) for f in found] == [
        (9, 19, '{{ .Values.image.repository }}:{{ .Values.image.tag | default "1.0" }}', "unresolved", COMPOSED),
        (11, 19, "nginx:1.27", "upstream", None),
        (15, 18, '{{ include "app.image" . }}', "unresolved", COMPOSED),
        (16, 18, "ghcr.io/acme/sidecar:{{ .Chart.AppVersion }}", "unresolved", COMPOSED),
        (17, 22, "ghcr.io/acme/last:2", "upstream", None),
    ]
    assert all(f.place.pointer is None for f in found)
    after = CHART.replace("nginx:1.27", "localhost:5001/index_docker_io/library/nginx:1.27")
    assert rewritten(CHART.encode()).decode() == after.replace("ghcr.io/acme/last", "localhost:5001/ghcr_io/acme/last")


@pytest.mark.parametrize(
    "text",
    [
        'kind: Pod\nspec: {containers: [{image: "{{ .a | default "b" }}"}]}\n',
        'kind: Pod\nspec:\n  containers:\n  - image: "{{ printf "%s:%s" .name .tag }}"\n',
        "kind: Pod\nspec:\n  containers:\n  - image: nginx\n  {{ if .a }}\n  - image: redis\n  {{ end }}\n",
        "kind: Pod\nspec:\n  containers:\n  - image: nginx\n{% if a %}\n  - image: redis\n{% endif %}\n",
        "kind: Pod\nmetadata: {{ .meta }}\n  image: a\n",
        "{{ define }}\nkind: Pod\nspec:\n\tcontainers:\n  - image: 'nginx\n",
    ],
)
def test_a_template_is_no_broken_file(text: str) -> None:
    assert [skipped for skipped in look(text).skipped if skipped.fatal] == []


def test_a_template_that_happens_to_parse() -> None:
    text = "kind: Pod\nspec:\n  containers:\n  - image: {{ .Values.image }}\n  - image: nginx:1\n"
    assert [(f.place.image, f.place.pointer, f.reason) for f in findings(text)] == [
        ("{{ .Values.image }}", None, COMPOSED),
        ("nginx:1", None, None),
    ]


def test_an_action_within_a_text_is_yaml() -> None:
    text = "kind: Pod\nspec:\n  containers:\n  - image: nginx:{{ tag }}\n  - image: redis:1\n"
    assert [(f.place.image, f.place.pointer, f.reason) for f in findings(text)] == [
        ("nginx:{{ tag }}", "/spec/containers/0/image", "composed by a template: {{ … }}"),
        ("redis:1", "/spec/containers/1/image", None),
    ]
    assert b"image: localhost:5001/index_docker_io/library/redis:1\n" in rewritten(text.encode())


def test_comments_of_templates_are_heeded() -> None:
    text = "kind: Pod\n{{ a }}\n# gitops-clone: ignore\n- image: nginx:1\n- image: redis:1\n"
    assert [(f.place.image, f.state.value) for f in findings(text)] == [("nginx:1", "ignored"), ("redis:1", "upstream")]


@pytest.mark.parametrize(
    ("line", "image"),
    [
        ("image: nginx:1", "nginx:1"),
        ("  - image: nginx:1   # why", "nginx:1"),
        ('"image": "nginx:1",', "nginx:1"),
        ("image: nginx:1,", "nginx:1"),
        ("- - image:\tnginx:1\r", "nginx:1"),
        ("image: 'a {{ \"'\" }}'", 'a {{ "\'" }}'),
        ("image: {% raw %}", "{% raw %}"),
        ("image: 'nginx:1", None),
        ("image: {a: b}", None),
        ("image: [a]", None),
        ("image: *alias", None),
        ("image: |", None),
        ("image: # nothing", None),
        ("image:", None),
        ("# image: nginx", None),
        ("my-image: nginx", None),
    ],
)
def test_a_line_of_a_template(line: str, image: str | None) -> None:
    text = f"{{{{ a }}}}\n{line}\n"
    spots = list(templates.find(text))
    assert [spot.image for spot in spots] == ([image] if image else [])
    assert [text[spot.start : spot.end] for spot in spots] == [spot.image for spot in spots]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("- --reloader=quay.io/a/b:v1", True),
        ("  - quay.io/a/b:v1  # why", True),
        ('args: ["--first={{ .a }}", "--reloader=quay.io/a/b:v1"]', True),
        ('{name: RELOADER, value: "quay.io/a/b:v1"}', True),
        ("value: 'quay.io/a/b:v1'\r", True),
        ("- RELOADER=quay.io/a/b:v1", True),
        ("{{- if .a }}{{ end }}", False),
        ("- --reloader=quay.io/a/b:v1 {{ .more }}", False),
        ("- --reloader={{ .registry }}quay.io/a/b:v1", False),
        ("- --reloader=quay.io/a/b:{{ .tag }}", False),
        ('- --reloader={{ .image | default "quay.io/a/b:v1" }}', False),
        ("{{/*\n- --reloader=quay.io/a/b:v1\n*/}}", False),
        ("{{ not closed\n- quay.io/a/b:v1", False),
        ("# - --reloader=quay.io/a/b:v1", False),
        ("a: b # value: quay.io/a/b:v1", False),
        ("- docker pull quay.io/a/b:v1 && run", False),
        ("- see quay.io/a/b:v1", False),
        ("- https://quay.io/a/b:v1", False),
    ],
)
def test_a_reference_that_no_key_names(line: str, found: bool) -> None:
    text = f"{{{{ a }}}}\n{line}\n"
    spots = [spot for spot in templates.find(text) if spot.shaped]
    assert [(spot.image, text[spot.start : spot.end]) for spot in spots] == [("quay.io/a/b:v1",) * 2] * found


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "quay.io/a/b:1",
        "quay.io/a/b:1 {{",
        "- quay.io/a/b:1\n",
        "[ , ",
        '"{{"',
        "- ",
        " ",
        "image: ",
        "image: '{{",
        ": ",
        '"{{ a ',
    ],
)
def test_hostile_lines_take_linear_time(piece: str) -> None:
    # Quadratic time would be minutes here.
    text = f"{{{{ a\nkind: Pod\nimage: {piece * (600_000 // len(piece))}\n"
    list(templates.find(text))
    templates.is_template(text.replace("{{ a\n", '"'))
