"""Charts that are none, or broken: one clear line each, and the rest goes on."""

from __future__ import annotations

from pathlib import Path

from tests.releases.repository import BACKUP, Repository, chart, deployment

PLAIN = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
VALUES = "image:\n  repository: quay.io/a/b\n  tag: v1\n"


def test_the_rest_goes_on(tmp_path: Path) -> None:
    broken = {
        **chart(VALUES, "{{ if }}\n", "syntax"),
        **chart(VALUES, deployment("{{ required `say so` .Values.missing }}"), "required"),
        **chart("image: [\n", deployment(PLAIN), "values"),
        **chart("- a list\n", deployment(PLAIN), "list"),
        **chart(
            "image:\n  repository: quay.io/a/b\n  repository: quay.io/a/c\n  tag: v1\n", deployment(PLAIN), "twice"
        ),
        **chart("", "", "empty"),
        **chart(
            VALUES,
            "apiVersion: v1\nkind: {{ .Values.image.tag }}\n  image: {{ .Values.image.repository }}\n",
            "unreadable",
        ),
        "charts/none/values.yaml": VALUES,
        "charts/none/templates/web.yaml": deployment(PLAIN),
        "charts/nameless/Chart.yaml": "apiVersion: v2\n",
        "charts/nameless/values.yaml": VALUES,
    }
    files = {**broken, **chart(VALUES, deployment(PLAIN), "good")}
    repository = Repository(tmp_path / "r", files, [("charts/good", ())])
    done = repository.run("rewrite", "--no-mirror")
    assert repository.changes() == {"charts/good/values.yaml": [f"repository: {BACKUP}/quay_io/a/b"]}
    assert "Traceback" not in done.output
    told = done.output
    assert "charts/nameless is not rendered: chart.metadata.name is required" in told
    assert "charts/list is not rendered: is no mapping" in told
    assert "beside templates/, but without a Chart.yaml\n    charts/none/values.yaml" in told
    assert "charts/syntax cannot be rendered here" in told
    assert "say so" in told
    assert 'key "repository" stands twice in its mapping' in told


def test_symlinks_out_of_the_repository_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "values.yaml").write_text(VALUES)
    repository = Repository(tmp_path / "r", chart("", deployment(PLAIN)), [])
    (repository.root / "charts/web/values.yaml").unlink()
    (repository.root / "charts/web/values.yaml").symlink_to(outside / "values.yaml")
    done = repository.run("rewrite", "--no-mirror")
    assert (outside / "values.yaml").read_text() == VALUES
    assert "leads out of the repository" in done.output
