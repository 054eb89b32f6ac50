"""Charts, generated: many ways to compose an image, shared values, subcharts, labels that show a part of it."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from tests.releases.repository import DIGEST, chart, deployment

_REPOSITORIES = st.sampled_from(["nginx", "acme/web", "quay.io/acme/web", "docker.io/redis", "ghcr.io/a/b/c"])
_REGISTRIES = st.sampled_from(["docker.io", "quay.io", "registry.acme.io:8443", ""])
_TAGS = st.sampled_from(["1.25", "v1.2.3", "", f"v1@sha256:{DIGEST}"])
_VALUES = ".Values.{path}"

# What stands behind `image:`; `V` is the mapping of values.
_TEMPLATES = {
    "one": "{{ V.image }}",
    "tag": '"{{ V.repository }}:{{ V.tag | default .Chart.AppVersion }}"',
    "name": '"{{ V.name }}:{{ V.version | default "latest" }}"',
    "full": (
        '"{{ with (.Values.global).imageRegistry | default V.registry }}{{ . }}/{{ end }}{{ V.repository }}'
        '{{ if V.digest }}@{{ V.digest }}{{ else }}:{{ V.tag | default .Chart.AppVersion }}{{ end }}"'
    ),
    "sha": '"{{ V.registry }}/{{ V.repository }}:{{ V.tag }}{{ if V.sha }}@sha256:{{ V.sha }}{{ end }}"',
    "fixed": '"quay.io/{{ V.repository }}:{{ V.tag | default "1" }}"',
    "default": '"{{ V.registry | default "docker.io" }}/{{ V.repository }}:{{ V.tag | default "1" }}"',
    "parts": '"{{ V.hub }}/{{ V.image }}:{{ V.version }}"',
    "helper": '{{ include "HELPER" (dict "v" V "root" $) | quote }}',
}
_LABELS = st.sampled_from(["", "", "", "{{ V.tag | quote }}", "{{ V.repository | quote }}", "{{ .Chart.Name }}"])
_HELPER = """\
{{- define "HELPER" -}}
{{- $tag := .v.tag | default .root.Chart.AppVersion -}}
{{- if .v.registry }}{{ .v.registry }}/{{ end }}{{ tpl .v.repository .root }}:{{ $tag }}
{{- end -}}
"""


@st.composite
def _image(draw: st.DrawFn, shape: str) -> dict[str, Any]:
    """The values of an image of a shape."""
    repository, registry, tag = draw(_REPOSITORIES), draw(_REGISTRIES), draw(_TAGS)
    path = repository.partition("/")[2] if "." in repository.partition("/")[0] else repository
    if shape == "one":
        return {"image": f"{repository}{f':{tag}' if tag else ''}"}
    if shape == "tag":
        return {"repository": repository, "tag": tag}
    if shape == "name":
        return {"name": repository, "version": draw(st.sampled_from(["1.25", ""]))}
    if shape == "parts":
        return {
            "hub": draw(st.sampled_from(["quay.io/acme", "acme", "nvcr.io/nvidia"])),
            "image": "app",
            "version": "1",
        }
    values: dict[str, Any] = {"registry": registry, "repository": path, "tag": tag.partition("@")[0]}
    if shape == "sha":
        return {**values, "registry": registry or "quay.io", "tag": "v1", "sha": draw(st.sampled_from(["", DIGEST]))}
    if shape == "full":
        return {**values, "digest": draw(st.sampled_from(["", "", f"sha256:{DIGEST}"]))}
    if shape == "default" and draw(st.booleans()):
        del values["registry"]
    if shape == "fixed":
        del values["registry"]
    return values


@st.composite
def charts(draw: st.DrawFn, name: str) -> tuple[dict[str, str], list[tuple[str, tuple[str, ...]]]]:
    """A chart's files, and its releases: the folder with values files."""
    values: dict[str, Any] = {}
    if draw(st.booleans()):
        values["global"] = {"imageRegistry": draw(st.sampled_from(["", "", "quay.io", "docker.io"]))}
    files: dict[str, str] = {}
    for number in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(sorted(_TEMPLATES)))
        key = draw(st.sampled_from(["web", "worker"]))
        values.setdefault(f"{key}{number}", {"image": draw(_image(shape))})
        label = draw(_LABELS)
        template = deployment(
            _TEMPLATES[shape], f"c{number}", f"  labels: {{app: {label}}}\n" if label and "V" not in label else ""
        )
        if label and "V" in label and "tag" in values[f"{key}{number}"]["image"] and "repository" in str(values):
            template = deployment(_TEMPLATES[shape], f"c{number}", f"  labels: {{app: {label}}}\n")
        files[f"templates/c{number}.yaml"] = (
            template.replace("V.", f".Values.{key}{number}.image.")
            .replace('"v" V', f'"v" .Values.{key}{number}.image')
            .replace("HELPER", f"{name}.image")
        )
    files["templates/_helpers.tpl"] = _HELPER.replace("HELPER", f"{name}.image")
    made = chart(yaml.safe_dump(values, sort_keys=False), "# nothing\n", name, files)
    releases: list[tuple[str, tuple[str, ...]]] = [(f"charts/{name}", ())]
    for other in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from([each for each in values if each != "global"]))
        path = f"charts/{name}/values-{other}.yaml"
        part = draw(st.sampled_from(sorted(values[key]["image"])))
        made[path] = yaml.safe_dump({key: {"image": {part: values[key]["image"][part] or "9"}}})
        releases.append((f"charts/{name}", (path,)))
    return made, releases
