"""Values that objects of Flux and Argo CD give to charts: of the repository, and from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.releases.repository import BACKUP, DIGEST, HUB, Repository, chart, deployment

PLAIN = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"


def release(values: str, chart_name: str = "web", more: str = "") -> str:
    """A HelmRelease of a chart from elsewhere."""
    body = "".join(f"    {line}\n" for line in values.splitlines())
    return f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart:
    spec: {{chart: {chart_name}, sourceRef: {{kind: HelmRepository, name: acme}}}}
{more}  values:
{body}"""


def application(helm: str, source: str = "path: charts/web") -> str:
    body = "".join(f"      {line}\n" for line in helm.splitlines())
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: web}}
spec:
  source:
    repoURL: https://git.example.org/gitops
    {source}
    helm:
{body}"""


def rewritten(root: Path, files: dict[str, str], *options: str) -> tuple[Repository, dict[str, list[str]]]:
    repository = Repository(root, files, [])
    repository.rewrite(*options)
    return repository, repository.changes()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("image: {repository: quay.io/a/b, tag: v1}", [f"image: {{repository: {BACKUP}/quay_io/a/b, tag: v1}}"]),
        ("image:\n  registry: quay.io\n  repository: a/b\n  tag: v1", [f"registry: {BACKUP}/quay_io"]),
        ("sidecar:\n  image: quay.io/a/b:v1", [f"image: {BACKUP}/quay_io/a/b:v1"]),
        ("web:\n  image: quay.io/a/b\n  imageTag: v1", [f"image: {BACKUP}/quay_io/a/b"]),
        ("web:\n  image:\n    name: quay.io/a/b\n    version: v1", [f"name: {BACKUP}/quay_io/a/b"]),
        (
            "driver:\n  repository: nvcr.io/nvidia\n  image: driver\n  version: 1",
            [f"repository: {BACKUP}/nvcr_io/nvidia"],
        ),
        (
            f"image:\n  repository: quay.io/a/b\n  tag: v1@sha256:{DIGEST}",
            [f"repository: {BACKUP}/quay_io/a/b", f"tag: sha256_{DIGEST}"],
        ),
        (
            f"image:\n  repository: quay.io/a/b\n  tag: v1\n  sha: {DIGEST}",
            [f"repository: {BACKUP}/quay_io/a/b", f"tag: sha256_{DIGEST}", 'sha: ""'],
        ),
        (f"image:\n  repository: quay.io/a/b\n  digest: sha256:{DIGEST}", [f"repository: {BACKUP}/quay_io/a/b"]),
        ("git:\n  repository: https://github.com/a/b\n  tag: v1", []),
        ("image:\n  tag: v1", []),
        ("image:\n  repository: quay.io/a/b", []),
        ("image:\n  repository: a/b\n  tag: v1", []),
        ("image:\n  repository: quay.io/a/b\n  tag: ${TAG}", []),
    ],
)
def test_values_of_a_chart_from_elsewhere(tmp_path: Path, values: str, expected: list[str]) -> None:
    _, changes = rewritten(tmp_path / "r", {"web.yaml": release(values)})
    assert changes == ({"web.yaml": expected} if expected else {})


def test_what_is_not_certain_says_why(tmp_path: Path) -> None:
    values = (
        "a:\n  image: {tag: v1}\nb:\n  image: {repository: quay.io/a/b}\nc:\n  image:\n    repository: a/c\n    tag: v1"
    )
    repository = Repository(tmp_path / "r", {"web.yaml": release(values)}, [])
    states = {image.partition(": ")[2]: state for image, state in repository.states().items()}
    assert states[":v1"][0] == "unresolved"
    assert "only its tag is in these values" in str(states[":v1"][1])
    assert states["quay.io/a/b"][0] == "unresolved"
    assert states["a/c:v1"][0] == "ignored"
    assert "--certainty likely takes it" in str(states["a/c:v1"][1])
    repository.rewrite("--certainty", "likely")
    assert repository.changes() == {"web.yaml": [f"repository: {HUB}/a/c"]}


def test_values_from_a_secret_leave_a_doubt(tmp_path: Path) -> None:
    more = "  valuesFrom: [{kind: Secret, name: web}]\n"
    files = {"web.yaml": release("image:\n  repository: quay.io/a/b\n  tag: v1", more=more)}
    repository = Repository(tmp_path / "r", files, [])
    state, reason = repository.states()["web.yaml: quay.io/a/b:v1"]
    assert state == "ignored"
    assert "its values from Secret web are not known here (--certainty likely takes it)" in str(reason)


def test_bitnami_charts_from_elsewhere_are_told_to_take_relocated_images(tmp_path: Path) -> None:
    values = "image:\n  registry: docker.io\n  repository: bitnami/redis\n  tag: 8.0"
    source = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: acme, namespace: shop}
spec: {url: https://charts.bitnami.com/bitnami}
"""
    _, changes = rewritten(tmp_path / "r", {"web.yaml": release(values, "redis"), "source.yaml": source})
    assert changes == {"web.yaml": [f"registry: {HUB}", "global:", "security:", "allowInsecureImages: true"]}


def test_values_in_a_config_map(tmp_path: Path) -> None:
    files = {
        "web.yaml": release("image:\n  tag: v2", more="  valuesFrom: [{kind: ConfigMap, name: web}]\n"),
        "config.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  values.yaml: |
    # ours
    image:
      repository: quay.io/a/b   # ours too
      tag: v1
""",
    }
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes == {"config.yaml": [f"repository: {BACKUP}/quay_io/a/b   # ours too"]}
    assert "quay.io/a/b:v2" in (repository.root / ".gitops-clone.lock").read_text()


def test_values_in_a_block_of_an_application(tmp_path: Path) -> None:
    helm = "values: |\n  image:\n    repository: quay.io/a/b\n    tag: v1 # no quotes"
    source = "chart: web\n    targetRevision: 1.0.0"
    _, changes = rewritten(tmp_path / "r", {"web.yaml": application(helm, source)})
    assert changes == {"web.yaml": [f"repository: {BACKUP}/quay_io/a/b"]}


def test_an_application_of_a_chart_of_the_repository(tmp_path: Path) -> None:
    files = chart("image:\n  repository: quay.io/a/b\n  tag: v1\n", deployment(PLAIN)) | {
        "apps/web.yaml": application(
            "parameters:\n- {name: image.tag, value: v2}\n- {name: image.repository, value: a/c}"
        )
    }
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes == {
        "charts/web/values.yaml": [f"repository: {BACKUP}/quay_io/a/b"],
        "apps/web.yaml": [f"- {{name: image.repository, value: {HUB}/a/c}}"],
    }
    lock = (repository.root / ".gitops-clone.lock").read_text()
    assert "a/c:v2" in lock
    assert "quay.io/a/b:v1" in lock


def test_lines_of_image_automation_and_comments_stay(tmp_path: Path) -> None:
    values = (
        'a:\n  image:\n    repository: quay.io/a/a\n    tag: v1 # {"$imagepolicy": "shop:web:tag"}\n'
        "b:\n  image:\n    repository: quay.io/a/b # gitops-clone: ignore\n    tag: v1"
    )
    repository, changes = rewritten(tmp_path / "r", {"web.yaml": release(values)})
    assert changes == {}
    assert [state for state, _ in repository.states().values()] == ["ignored", "ignored"]


VALUES = "image:\n  repository: quay.io/a/b\n  tag: v1"
BLOCK = "values: |\n  image:\n    repository: quay.io/a/b\n    tag: v1"


@pytest.mark.parametrize("made", [release(VALUES), application(BLOCK, "chart: web\n    targetRevision: 1.0.0")])
def test_an_object_that_is_to_be_left_alone(tmp_path: Path, made: str) -> None:
    marked = made.replace("metadata: {", "metadata: {annotations: {gitops-clone/ignore: 'true'}, ")
    repository, changes = rewritten(tmp_path / "r", {"web.yaml": marked})
    assert changes == {}
    assert list(repository.states().values()) == [("ignored", "annotation gitops-clone/ignore")]


def test_only_files_of_the_run_are_edited(tmp_path: Path) -> None:
    files = chart("image:\n  repository: quay.io/a/b\n  tag: v1\n", deployment(PLAIN)) | {
        "charts/web/values-prod.yaml": "image:\n  tag: v2\n"
    }
    repository = Repository(tmp_path / "r", files, [])
    report = repository.run("scan", str(repository.root / "charts/web/values-prod.yaml"))
    assert report.exit_code == 0


KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def test_overlays_that_patch_values(tmp_path: Path) -> None:
    patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\n"
    files = {
        "base/kustomization.yaml": f"{KUSTOMIZATION}resources: [web.yaml]\n",
        "base/web.yaml": release("image:\n  repository: quay.io/a/b\n  tag: v1"),
        "prod/kustomization.yaml": f"{KUSTOMIZATION}resources: [../base]\npatches: [{{path: tag.yaml}}]\n",
        "prod/tag.yaml": f"{patch}spec:\n  values:\n    image:\n      tag: v2\n",
        "dev/kustomization.yaml": (
            f"{KUSTOMIZATION}resources: [../base]\npatches:\n- target: {{kind: HelmRelease}}\n  patch: |\n"
            "    - {op: replace, path: /spec/values/image/tag, value: v3}\n"
        ),
    }
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes == {"base/web.yaml": [f"repository: {BACKUP}/quay_io/a/b"]}
    lock = (repository.root / ".gitops-clone.lock").read_text()
    assert [f"quay.io/a/b:{tag}" in lock for tag in ("v1", "v2", "v3")] == [False, True, True]


def test_a_patch_that_changes_more_than_values_holds_them_back(tmp_path: Path) -> None:
    more = "[{op: add, path: /spec/valuesFrom, value: [{kind: ConfigMap, name: x}]}]"
    files = {
        "base/kustomization.yaml": f"{KUSTOMIZATION}resources: [web.yaml]\n",
        "base/web.yaml": release("image:\n  repository: quay.io/a/b\n  tag: v1"),
        "prod/kustomization.yaml": (
            f"{KUSTOMIZATION}resources: [../base]\npatches:\n- target: {{kind: HelmRelease}}\n  patch: '{more}'\n"
        ),
    }
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes == {}
    assert "a patch changes more than its values" in str(repository.states()["base/web.yaml: quay.io/a/b:v1"][1])


def test_what_a_post_renderer_changes_is_left_to_it(tmp_path: Path) -> None:
    values = "a:\n  image: {repository: quay.io/a/a, tag: v1}\nb:\n  image: {repository: quay.io/a/b, tag: v1}"
    images = f"{{name: quay.io/a/a, newName: {BACKUP}/quay_io/a/a}}, {{name: quay.io/a/b, newTag: v2}}"
    files = {"web.yaml": release(values, more=f"  postRenderers: [{{kustomize: {{images: [{images}]}}}}]\n")}
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes == {}
    states = repository.states()
    assert states["web.yaml: quay.io/a/a:v1"][0] == "ignored"
    assert states["web.yaml: quay.io/a/b:v1"][0] == "unresolved"


POST = f"""\
  postRenderers:
  - kustomize:
      images:
      - name: nginx
        newName: quay.io/acme/nginx # ours
        newTag: "1.2"
      - {{name: redis, newName: quay.io/acme/redis, digest: "sha256:{DIGEST}"}}
      - name: busybox
        newName: quay.io/acme/busybox
"""


def test_new_names_of_post_renderers(tmp_path: Path) -> None:
    """Where the chart is not at hand, an entry must say the tag, too."""
    repository, changes = rewritten(tmp_path / "r", {"web.yaml": release("a: {image: acme/other:1}", more=POST)})
    assert changes["web.yaml"][:2] == [
        f"newName: {BACKUP}/quay_io/acme/nginx # ours",
        f'- {{name: redis, newName: {BACKUP}/quay_io/acme/redis, newTag: "sha256_{DIGEST}"}}',
    ]
    state, reason = repository.states()["web.yaml: quay.io/acme/busybox"]
    assert (state, "only rendering shows" in (reason or "")) == ("unresolved", True)
    assert repository.states()[f"web.yaml: {BACKUP}/quay_io/acme/nginx:1.2"] == ("backup", None)


def test_new_names_of_post_renderers_of_a_chart_of_the_repository(tmp_path: Path) -> None:
    """What they make is told by rendering; an entry that takes nothing is none, and one that others select stays."""
    spec = "    spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: here}}\n"
    head, _, tail = release("side: acme/other:1", more=POST).partition("    spec: {chart: web")
    text = f"{head}{spec}{tail.partition(chr(10))[2]}"
    side = "        - name: side\n          image: {{ .Values.side }}\n"
    files = chart("image: {repository: busybox, tag: '1.36'}\n", deployment(PLAIN) + side) | {"web.yaml": text}
    repository, changes = rewritten(tmp_path / "r", files)
    assert changes["web.yaml"] == [
        f"newName: {BACKUP}/quay_io/acme/busybox",
        f"side: {BACKUP}/index_docker_io/acme/other:1",
    ]
    assert f"web.yaml: {BACKUP}/quay_io/acme/busybox:1.36" in repository.states()


@pytest.mark.parametrize("listed", ["web=quay.io/a/b:~1.2", "quay.io/a/b", "nginx, x=quay.io/a/b"])
@pytest.mark.parametrize("source", ["path: charts/web", "chart: web\n    targetRevision: 1.0.0"])
def test_what_argo_cd_image_updater_writes_is_left_to_it(tmp_path: Path, listed: str, source: str) -> None:
    values = "valuesObject:\n  image:\n    repository: quay.io/a/b\n    tag: v1\n  sidecar:\n    image: quay.io/a/c:v1"
    annotated = f'{{name: web, annotations: {{argocd-image-updater.argoproj.io/image-list: "{listed}"}}}}'
    made = application(values, source).replace("{name: web}", annotated)
    template = deployment(PLAIN) + "        - name: b\n          image: {{ .Values.sidecar.image }}\n"
    default = "image: {repository: quay.io/a/d, tag: v1}\nsidecar: {image: quay.io/a/c:v1}\n"
    repository, changes = rewritten(tmp_path / "r", {"apps/web.yaml": made, **chart(default, template)})
    assert changes["apps/web.yaml"] == [f"image: {BACKUP}/quay_io/a/c:v1"]
    assert repository.states()["apps/web.yaml: quay.io/a/b:v1"] == (
        "unresolved",
        "Argo CD Image Updater changes the images of Application web",
    )


def test_a_default_that_argo_cd_image_updater_overrides_is_left_to_it(tmp_path: Path) -> None:
    annotated = '{name: web, annotations: {argocd-image-updater.argoproj.io/image-list: "quay.io/a/b"}}'
    made = application("releaseName: web").replace("{name: web}", annotated)
    default = "image:\n  repository: quay.io/a/b\n  tag: v1\n"
    _, changes = rewritten(tmp_path / "r", {"apps/web.yaml": made, **chart(default, deployment(PLAIN))})
    assert not changes
