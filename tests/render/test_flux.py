"""`verify` over what Flux applies: as its controllers do it, with the real kustomize and the real Helm."""

from __future__ import annotations

from tests.render.objects import kustomization, release
from tests.render.repository import BACKUP, Done, Repository, chart, deployment, values

_APPS = "Kustomization flux-system/apps (clusters/apps.yaml)"


def images(report: dict[str, object]) -> dict[str, list[str]]:
    """The images of each entry point, by its owner or folder."""
    points = report["entry_points"]
    assert isinstance(points, list)
    return {p["owner"] or p["folder"]: [f"{i['object']}: {i['image']}" for i in p["images"]] for p in points}


def flux(repository: Repository, files: dict[str, str], code: int = 1) -> dict[str, list[str]]:
    repository.write(files)
    return images(repository.json(code=code))


def test_a_folder_without_a_kustomization_is_applied_whole(repository: Repository) -> None:
    found = flux(
        repository,
        {
            "clusters/apps.yaml": kustomization("./apps"),
            "apps/web.yaml": deployment("nginx:1.25"),
            "apps/deeper/cache.yml": deployment("redis:7", "cache"),
            "apps/other/kustomization.yaml": "resources: [web.yaml]\nimages: [{name: nginx, newTag: '9'}]\n",
            "apps/other/web.yaml": deployment("nginx:1", "other"),
            "apps/notes.txt": "image: not-a-manifest",
        },
    )
    assert found == {
        "Kustomization flux-system/apps": [
            "Deployment shop/cache: redis:7",
            "Deployment shop/other: nginx:9",
            "Deployment shop/web: nginx:1.25",
        ]
    }


def test_images_take_the_place_of_entries_with_their_name(repository: Repository) -> None:
    """So `newName` of the entry below is lost, as it is in a cluster."""
    entries = "images:\n  - {name: nginx, newName: quay.io/acme/nginx, newTag: '1'}\n  - {name: redis, newTag: '8'}\n"
    found = flux(
        repository,
        {
            "clusters/apps.yaml": kustomization("apps", "images:\n  - {name: nginx, newTag: '2'}\n"),
            "apps/kustomization.yaml": f"resources: [web.yaml, cache.yaml]\n{entries}",
            "apps/web.yaml": deployment("nginx:1.25"),
            "apps/cache.yaml": deployment("redis:7", "cache"),
        },
    )
    assert found == {
        "Kustomization flux-system/apps": ["Deployment shop/cache: redis:8", "Deployment shop/web: nginx:2"]
    }


_PATCHES = """\
targetNamespace: kube-system
patches:
  - target: {kind: Deployment, name: web}
    patch: |
      - {op: replace, path: /spec/template/spec/containers/0/image, value: "quay.io/acme/web:1"}
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: cache}
      spec: {template: {spec: {initContainers: [{name: wait, image: "busybox:1"}]}}}
    target: {name: cache}
components: [../parts/sidecar]
"""
_SIDECAR = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment, name: web}
    patch: |
      - {op: add, path: /spec/template/spec/containers/-, value: {name: side, image: "envoy:1"}}
"""


def test_patches_components_and_the_namespace(repository: Repository) -> None:
    repository.write(
        {
            "clusters/apps.yaml": kustomization("apps", _PATCHES),
            "apps/kustomization.yaml": "resources: [../base]\n",
            "base/kustomization.yaml": "resources: [web.yaml, cache.yaml]\n",
            "base/web.yaml": deployment("nginx:1.25").replace("  namespace: shop\n", ""),
            "base/cache.yaml": deployment("redis:7", "cache").replace("  namespace: shop\n", ""),
            "parts/sidecar/kustomization.yaml": _SIDECAR,
        }
    )
    report = repository.json()
    assert images(report) == {
        "Kustomization flux-system/apps": [
            "Deployment kube-system/cache: redis:7",
            "Deployment kube-system/cache: busybox:1",
            "Deployment kube-system/web: quay.io/acme/web:1",
            "Deployment kube-system/web: envoy:1",
        ]
    }
    assert {image["state"] for image in report["entry_points"][0]["images"]} == {"ignored"}


def test_what_sourceignore_leaves_out_is_not_applied(repository: Repository) -> None:
    repository.write(
        {
            "clusters/apps.yaml": kustomization("apps"),
            ".sourceignore": "# tests\n**/test/\n/apps/*.draft.yaml\n/elsewhere\n",
            "apps/.sourceignore": "old/*\n!old/kept.yaml\n!/.sops.yaml\n",
            "apps/web.yaml": deployment("nginx:1.25"),
            "apps/web.draft.yaml": deployment("x:1", "draft"),
            "apps/test/web.yaml": deployment("x:2", "test"),
            "apps/old/web.yaml": deployment("x:3", "old"),
            "apps/old/kept.yaml": deployment("redis:7", "kept"),
            "apps/.travis.yml": "language: x\n",
            "apps/.sops.yaml": deployment("redis:8", "taken"),
            "apps/inner/kustomization.yaml": "resources: [web.yaml]\n",
            "apps/inner/web.yaml": deployment("redis:9", "inner"),
        }
    )
    found = images(repository.json(code=1))["Kustomization flux-system/apps"]
    assert [each.rpartition(" ")[2] for each in found] == ["redis:9", "redis:7", "redis:8", "nginx:1.25"]


def test_common_metadata_is_for_the_objects_themselves(repository: Repository) -> None:
    common = "commonMetadata: {labels: {team: web, app: new}, annotations: {reviewed: 'true'}}\nnamePrefix: eu-\n"
    labelled = deployment("nginx:1.25").replace("metadata:\n", "metadata:\n  labels: {app: old}\n", 1)
    repository.write(
        {
            "clusters/apps.yaml": kustomization("apps", common),
            "apps/kustomization.yaml": "resources: [web.yaml]\n",
            "apps/web.yaml": labelled,
        }
    )
    text = repository.rendered("Kustomization flux-system/apps")
    assert '  annotations:\n    reviewed: "true"\n  labels:\n    app: new\n    team: web\n  name: eu-web\n' in text
    assert text.count("reviewed") == text.count("team: web") == 1


_BUILD = """\
postBuild:
  substitute:
    TAG: "1.27"
  substituteFrom:
    - {kind: ConfigMap, name: settings}
"""
_SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: flux-system}
data: {REGISTRY: quay.io/acme, TAG: "0"}
"""


def test_variables_are_substituted_as_far_as_they_are_known(repository: Repository) -> None:
    disabled = "  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n"
    files = {
        "clusters/apps.yaml": kustomization("apps", _BUILD),
        "clusters/settings.yaml": _SETTINGS,
        "apps/web.yaml": deployment("${REGISTRY}/web:${TAG}"),
        "apps/cache.yaml": deployment("redis:${CACHE:=7}", "cache"),
        "apps/raw.yaml": deployment('"x/${TAG}"', "raw").replace("spec:\n", f"{disabled}spec:\n", 1),
    }
    found = flux(repository, files)
    assert found == {
        "Kustomization flux-system/apps": [
            "Deployment shop/cache: redis:7",
            "Deployment shop/raw: x/${TAG}",
            "Deployment shop/web: quay.io/acme/web:1.27",
        ]
    }
    repository.edit("clusters/apps.yaml", "ConfigMap, name: settings", "Secret, name: settings")
    done = repository.run("verify", code=0)
    assert done.verdicts == {_APPS: "not verified"}
    assert "rendered without Secret flux-system/settings, which is not in the files" in done.out
    assert "${REGISTRY}/web:1.27  Deployment shop/web" in done.out
    repository.edit("apps/web.yaml", "${TAG}", "${TAG-1}")
    assert "its variables cannot be substituted" in repository.run("verify").out


_RENDERERS = """\
postRenderers:
  - kustomize:
      images: [{name: nginx, newName: quay.io/acme/nginx}]
      patches:
        - target: {kind: Deployment, name: web}
          patch: |
            - {op: add, path: /spec/template/spec/initContainers, value: [{name: wait, image: "busybox:1"}]}
  - kustomize:
      images: [{name: quay.io/acme/nginx, newTag: "9"}]
"""
_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {"helm.sh/hook": pre-install}
spec:
  template:
    spec:
      containers: [{name: migrate, image: nginx:1.25}]
"""


def in_repository(more: str) -> str:
    """A HelmRelease of the chart `charts/web` of the repository."""
    made = release("./charts/web", more=more).replace("name: ./charts/web", "name: web")
    return made.replace("kind: HelmRepository", "kind: GitRepository")


def test_post_renderers_in_turn_but_not_on_hooks(repository: Repository) -> None:
    files = {**chart(**{"values.yaml": values("nginx", "1.25")}), "charts/web/templates/hook.yaml": _HOOK}
    found = flux(repository, {**files, "apps/web.yaml": in_repository(_RENDERERS)})
    assert found == {
        "HelmRelease apps/web": [
            "Deployment shop/web: quay.io/acme/nginx:9",
            "Deployment shop/web: busybox:1",
            "Job migrate: nginx:1.25",
        ]
    }
    repository.edit("apps/web.yaml", "postRenderers:\n", "postRenderStrategy: combined\n  postRenderers:\n")
    assert "Job migrate: quay.io/acme/nginx:9" in images(repository.json(code=1))["HelmRelease apps/web"]


_VALUES_FROM = """\
valuesFrom:
  - {kind: ConfigMap, name: web-values}
  - {kind: ConfigMap, name: web-values, valuesKey: tag, targetPath: image.tag}
  - {kind: Secret, name: web-login, optional: true}
values:
  replicas: 3
"""
_WEB_VALUES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: apps}
data:
  tag: "3.1"
  values.yaml: |
    image: {repository: quay.io/acme/web, tag: "2"}
"""


def test_values_from_config_maps_of_the_repository(repository: Repository) -> None:
    files = {**chart(**{"values.yaml": values("nginx", "1.25")}), "apps/values.yaml": _WEB_VALUES}
    found = flux(repository, {**files, "apps/web.yaml": in_repository(_VALUES_FROM)})
    assert found == {"HelmRelease apps/web": ["Deployment shop/web: quay.io/acme/web:3.1"]}


def test_values_files_stand_instead_of_the_charts_own(repository: Repository) -> None:
    own = 'image:\n  repository: nginx\n  tag: "1.25"\nextra: {image: redis:7}\n'
    template = "{{ with .Values.extra }}\n" + deployment("{{ .image }}", "extra") + "{{ end }}\n"
    files = {**chart(**{"values.yaml": own, "eu.yaml": values("quay.io/acme/web", "2")})}
    files["charts/web/templates/extra.yaml"] = template
    files["apps/web.yaml"] = in_repository("").replace(
        "      version:", "      valuesFiles: [charts/web/eu.yaml]\n      version:"
    )
    assert flux(repository, files) == {"HelmRelease apps/web": ["Deployment shop/web: quay.io/acme/web:2"]}


_PATCHED = """\
resources: [../base]
patches:
  - patch: |
      apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: web, namespace: apps}
      spec: {values: {image: {tag: "%s"}}}
"""


def test_releases_are_rendered_as_the_overlays_make_them(repository: Repository) -> None:
    """The layout of most repositories of Flux: a base with releases, an overlay for each cluster."""
    files = {
        **chart(**{"values.yaml": values("nginx", "0")}),
        "apps/base/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/base/web.yaml": in_repository(""),
        "apps/eu/kustomization.yaml": _PATCHED % "1.27",
        "apps/us/kustomization.yaml": _PATCHED % "1.28",
        "clusters/eu.yaml": kustomization("apps/eu", name="eu"),
        "clusters/us.yaml": kustomization("apps/us", name="us"),
    }
    repository.write(files)
    report = repository.json(code=1)
    found = {(p["owner"], p["where"]): [i["image"] for i in p["images"]] for p in report["entry_points"]}
    assert found == {
        ("Kustomization flux-system/eu", "clusters/eu.yaml"): [],
        ("Kustomization flux-system/us", "clusters/us.yaml"): [],
        ("HelmRelease apps/web", "apps/base/web.yaml by Kustomization flux-system/eu"): ["nginx:1.27"],
        ("HelmRelease apps/web", "apps/base/web.yaml by Kustomization flux-system/us"): ["nginx:1.28"],
    }
    assert set(repository.run("verify", "apps/eu", code=1).verdicts) == {
        "Kustomization flux-system/eu (clusters/eu.yaml)",
        "HelmRelease apps/web (apps/base/web.yaml by Kustomization flux-system/eu)",
    }


def test_releases_whose_names_are_variables(repository: Repository) -> None:
    """A component for each application, with the names that Flux fills in."""
    files = {
        **chart(**{"values.yaml": values("nginx", "1")}),
        "parts/web/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "resources: [web.yaml]\n",
        "parts/web/web.yaml": in_repository("").replace("  name: web\n", "  name: ${APP}-web\n", 1),
        "apps/kustomization.yaml": "resources: []\n",
        "clusters/apps.yaml": kustomization(
            "apps", "components: [../parts/web]\npostBuild: {substitute: {APP: shop}}\ntargetNamespace: eu\n"
        ),
    }
    repository.write(files)
    assert set(repository.run("verify", code=1).verdicts) == {_APPS, "HelmRelease eu/shop-web (parts/web/web.yaml)"}


def test_a_cluster_that_applies_itself(repository: Repository) -> None:
    sync = kustomization("./clusters/eu", name="flux-system")
    files = {
        "clusters/eu/flux-system/sync.yaml": sync,
        "clusters/eu/flux-system/kustomization.yaml": "resources: [sync.yaml]\n",
        "clusters/eu/apps.yaml": kustomization("./apps"),
        "apps/web.yaml": deployment("nginx:1.25"),
    }
    assert flux(repository, files) == {
        "Kustomization flux-system/flux-system": [],
        "Kustomization flux-system/apps": ["Deployment shop/web: nginx:1.25"],
    }


def test_a_rewrite_proves_itself_through_all_layers(repository: Repository) -> None:
    repository.write(
        {
            "clusters/apps.yaml": kustomization("./apps"),
            "apps/kustomization.yaml": "resources: [../base]\nimages:\n  - name: nginx\n    newTag: '1.27'\n",
            "base/kustomization.yaml": "resources: [web.yaml]\n",
            "base/web.yaml": deployment("nginx:1.25"),
        }
    )
    repository.commit()
    repository.run("rewrite", "--no-mirror")
    done = repository.run("verify", "--base", "HEAD")
    assert done.verdicts == {_APPS: "ok"}
    assert "nothing else has changed" in done.out
    repository.edit("clusters/apps.yaml", "path: ./apps", "path: ./base")
    changed: Done = repository.run("verify", "--base", "HEAD", code=1)
    assert changed.verdicts == {_APPS: "failed", "apps": "ok"}


def test_what_is_in_another_repository_is_not_verified(repository: Repository) -> None:
    repository.write({"clusters/apps.yaml": kustomization("./deploy")})
    done = repository.run("verify")
    assert done.verdicts == {_APPS: "not verified"}
    assert "what it applies is not in the repository: deploy" in done.out


_GENERATED = """\
resources: [web.yaml]
configMapGenerator:
  - name: web-values
    namespace: apps
    files: [values.yaml]
configurations: [names.yaml]
"""
_NAMES = """\
nameReference:
  - kind: ConfigMap
    version: v1
    fieldSpecs: [{path: spec/valuesFrom/name, kind: HelmRelease}]
"""


def test_what_a_release_gets_is_judged_where_it_is_rendered(repository: Repository) -> None:
    """Its own object changes, and the hash in the name of its ConfigMap; of the workloads, only the images."""
    files = {
        **chart(**{"values.yaml": values("nginx", "0")}),
        "apps/kustomization.yaml": _GENERATED,
        "apps/names.yaml": _NAMES,
        "apps/values.yaml": values("nginx", "1.27"),
        "apps/web.yaml": in_repository("valuesFrom:\n  - {kind: ConfigMap, name: web-values}\n"),
        "clusters/apps.yaml": kustomization("apps"),
    }
    repository.write(files)
    repository.commit()
    repository.edit("apps/values.yaml", "repository: nginx", f"repository: {BACKUP}/library/nginx")
    done = repository.run("verify", "--base", "HEAD", "apps")
    assert set(done.verdicts.values()) == {"ok"}
    assert "HelmRelease apps/web (apps/web.yaml)" in done.verdicts
    repository.edit("apps/web.yaml", "interval: 5m", "interval: 6m")
    assert '+  "interval": 6m' in repository.run("verify", "--base", "HEAD", "apps", code=1).out.replace('"6m"', "6m")
