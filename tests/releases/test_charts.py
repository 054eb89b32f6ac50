"""Charts of the repository: what they render is relocated in their values, and nothing else about it changes."""

from __future__ import annotations

from pathlib import Path

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
