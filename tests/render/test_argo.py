"""`verify` over what Argo CD applies: as its repository server does it, with the real kustomize and the real Helm."""

from __future__ import annotations

from tests.render.objects import application
from tests.render.repository import Repository, chart, deployment, values
from tests.render.test_flux import images

_REPOSITORY = "repoURL: https://git.example.org/gitops\n"


def argo(repository: Repository, source: str, files: dict[str, str]) -> list[str]:
    """The images of an Application `web` with a source."""
    repository.write({**files, "argo/web.yaml": application(f"{_REPOSITORY}{source}")})
    return images(repository.json("argo", code=1))["Application argocd/web"]


def test_a_plain_folder(repository: Repository) -> None:
    files = {
        "apps/web.yaml": deployment("nginx:1.25"),
        "apps/skipped.yaml": deployment("x:1", "skipped"),
        "apps/deeper/cache.yaml": deployment("redis:7", "cache"),
        "apps/object.json": '{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}, "spec": {"containers": '
        '[{"name": "a", "image": "memcached:1"}]}}',
    }
    found = argo(repository, "path: apps\ndirectory: {exclude: '{skipped,other}.yaml'}\n", files)
    assert found == ["Pod p: memcached:1", "Deployment shop/web: nginx:1.25"]
    found = argo(repository, "path: apps\ndirectory: {recurse: true, include: '*e.yaml'}\n", files)
    assert found == ["Deployment shop/cache: redis:7"]


def test_images_of_an_application_are_set_as_kustomize_edit_does(repository: Repository) -> None:
    files = {
        "apps/kustomization.yaml": "resources: [web.yaml, cache.yaml]\nimages:\n"
        "  - {name: nginx, newName: quay.io/acme/nginx, newTag: '1'}\n  - {name: redis, newTag: '8'}\n",
        "apps/web.yaml": deployment("nginx:1.25"),
        "apps/cache.yaml": deployment("redis:7", "cache"),
    }
    source = "path: apps\nkustomize:\n  namePrefix: eu-\n  images: ['nginx:2', 'redis=quay.io/acme/redis:*']\n"
    found = argo(repository, source, files)
    assert found == ["Deployment shop/eu-cache: quay.io/acme/redis:8", "Deployment shop/eu-web: nginx:2"]


_PATCH = """\
path: apps
kustomize:
  patches:
    - target: {kind: Deployment}
      patch: |
        - {op: replace, path: /spec/template/spec/containers/0/image, value: "quay.io/acme/web:1"}
"""


def test_patches_of_an_application(repository: Repository) -> None:
    files = {"apps/kustomization.yaml": "resources: [web.yaml]\n", "apps/web.yaml": deployment("nginx:1.25")}
    assert argo(repository, _PATCH, files) == ["Deployment shop/web: quay.io/acme/web:1"]


_HELM = """\
path: charts/web
helm:
  releaseName: shop
  valueFiles: [values.yaml, ../../clusters/eu.yaml, missing.yaml]
  ignoreMissingValueFiles: true
  valuesObject: {image: {repository: quay.io/acme/web}}
  values: |
    image: {repository: never/used}
  parameters:
    - {name: image.tag, value: "1,5"}
"""


def test_values_of_an_application_in_their_order(repository: Repository) -> None:
    files = {**chart(**{"values.yaml": values("nginx", "1.25")}), "clusters/eu.yaml": values("redis", "7")}
    files["charts/web/templates/web.yaml"] = deployment(
        '"{{ .Values.image.repository }}:{{ .Values.image.tag | replace "," "." }}"', "{{ .Release.Name }}"
    ).replace("  namespace: shop\n", "")
    assert argo(repository, _HELM, files) == ["Deployment shop: quay.io/acme/web:1.5"]
    plain = _HELM.replace("  valuesObject: {image: {repository: quay.io/acme/web}}\n", "")
    assert argo(repository, plain, files) == ["Deployment shop: never/used:1.5"]


def test_the_namespace_of_the_destination_counts(repository: Repository) -> None:
    files = {**chart(**{"values.yaml": values("nginx", "1.25")})}
    files["charts/web/templates/web.yaml"] = files["charts/web/templates/web.yaml"].replace("  namespace: shop\n", "")
    made = application(f"{_REPOSITORY}path: charts/web\n", namespace="kube-system")
    repository.write({**files, "argo/web.yaml": made})
    (point,) = repository.json("argo")["entry_points"]
    assert point["images"][0]["reason"] == "namespace kube-system"


_SETS = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop, namespace: argocd}
spec:
  generators: [{list: {elements: [{cluster: eu}, {cluster: us}]}}]
  template:
    metadata: {name: "shop-{{cluster}}"}
    spec:
      destination: {name: "{{cluster}}", namespace: shop}
      source: {repoURL: https://git.example.org/gitops, path: "%s"}
"""


def test_the_template_of_a_set_where_nothing_templated_matters(repository: Repository) -> None:
    repository.write({"argo/shop.yaml": _SETS % "apps", "apps/web.yaml": deployment("nginx:1.25")})
    done = repository.run("verify", "argo", code=1)
    assert done.verdicts == {"ApplicationSet argocd/shop (argo/shop.yaml)": "failed"}
    repository.write({"argo/shop.yaml": _SETS % "apps/{{cluster}}"})
    done = repository.run("verify", "argo")
    assert done.verdicts == {"ApplicationSet argocd/shop (argo/shop.yaml)": "not verified"}
    assert "its path is templated" in done.out


def test_applications_that_an_application_brings(repository: Repository) -> None:
    """App of apps: a chart whose templates are Applications."""
    inner = application(_REPOSITORY + 'path: "apps/{{ .Values.cluster }}"\n')
    repository.write(
        {
            "root/Chart.yaml": "apiVersion: v2\nname: root\nversion: 0.1.0\n",
            "root/values.yaml": "cluster: eu\n",
            "root/templates/web.yaml": inner,
            "argo/root.yaml": application(f"{_REPOSITORY}path: root\n", "root"),
            "apps/eu/web.yaml": deployment("nginx:1.25"),
        }
    )
    done = repository.run("verify", code=1)
    assert done.verdicts == {
        "Application argocd/root (argo/root.yaml)": "ok",
        "Application argocd/web (root/templates/web.yaml)": "failed",
    }


def test_several_sources(repository: Repository) -> None:
    made = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  sources:
    - {repoURL: https://git.example.org/gitops, path: charts/web, helm: {valueFiles: [$values/clusters/eu.yaml]}}
    - {repoURL: https://git.example.org/gitops, ref: values}
    - {repoURL: https://git.example.org/gitops, path: apps}
"""
    files = {**chart(**{"values.yaml": values("nginx", "1.25")}), "clusters/eu.yaml": values("redis", "7")}
    repository.write({**files, "argo/web.yaml": made, "apps/web.yaml": deployment("memcached:1")})
    assert images(repository.json("argo", code=1)) == {
        "Application argocd/web, source 1": ["Deployment shop/web: redis:7"],
        "Application argocd/web, source 3": ["Deployment shop/web: memcached:1"],
    }


_OPTIONS = """\
path: apps
kustomize:
  commonLabels: {team: web}
  commonAnnotations: {reviewed: "true"}
  replicas: [{name: web, count: 4}]
  nameSuffix: -eu
"""


def _objects(repository: Repository, *more: str) -> str:
    """All that an Application with these options renders."""
    own = "resources: [web.yaml]\ncommonLabels: {app: web}\nreplicas: [{name: web, count: 2}]\n"
    source = _REPOSITORY + _OPTIONS + "".join(f"  {line}\n" for line in more)
    files = {
        "apps/kustomization.yaml": own,
        "apps/web.yaml": deployment("nginx:1.25").replace("spec:\n", "spec:\n  replicas: 1\n", 1),
        "argo/web.yaml": application(source),
    }
    repository.write(files)
    return repository.rendered("Application argocd/web")


def test_labels_annotations_and_replicas_as_kustomize_edit_adds_them(repository: Repository) -> None:
    text = _objects(repository)
    assert text.count("app: web\n") == text.count("team: web\n") == 3  # the object, its selector, its pods
    assert text.count('reviewed: "true"\n') == 2
    assert "  name: web-eu\n" in text
    assert "  replicas: 4\n" in text
    assert _objects(repository, "labelWithoutSelector: true").count("team: web\n") == 1
    assert _objects(repository, "labelWithoutSelector: true", "labelIncludeTemplates: true").count("team: web\n") == 2


def test_a_label_that_is_there_already_must_be_forced(repository: Repository) -> None:
    options = _OPTIONS.replace("{team: web}", "{app: other}")
    files = {"apps/kustomization.yaml": "resources: [web.yaml]\ncommonLabels: {app: web}\n"}
    repository.write({**files, "apps/web.yaml": deployment("nginx:1.25")})
    for more, told in (("", "refuses unless it is forced"), ("  forceCommonLabels: true\n", "app: other\n")):
        repository.write({"argo/web.yaml": application(f"{_REPOSITORY}{options}{more}")})
        assert told in repository.rendered("Application argocd/web")
