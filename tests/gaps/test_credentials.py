"""`gaps` on credentials for the backup registry: wherever a cluster may have them from."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from gitops_clone.gaps.find import gaps
from gitops_clone.gaps.model import Gap, Kind
from gitops_clone.gaps.pull_secrets import fits
from gitops_clone.workspace import open_workspace

REGISTRY = "registry.acme.io/mirror"
WITHOUT = f"pods pull from {REGISTRY} without credentials: no imagePullSecrets on them or their service accounts"
OTHERS = f"pods pull from {REGISTRY} with imagePullSecrets that are for other registries"
OF_CHART = f"pods of charts pull from {REGISTRY} without credentials: no values of the release name pull secrets"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: web
      containers: [{name: web, image: "ghcr.io/acme/web:1"}]
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: api, namespace: flux-system}
spec:
  targetNamespace: shop
  serviceAccountName: deployer
  chart: {spec: {chart: api, version: 1.x, sourceRef: {kind: HelmRepository, name: acme}}}
  values:
    image: {repository: ghcr.io/acme/api, tag: "1"}
"""
CHARTS = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: acme, namespace: flux-system}
spec: {url: https://charts.acme.io}
"""


def _account(*secrets: str, name: str = "web", namespace: str = "shop") -> str:
    listed = json.dumps([{"name": each} for each in secrets])
    meta = f"{{name: {name}, namespace: {namespace}}}"
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {meta}\nimagePullSecrets: {listed}\n"


def _secret(*registries: str, name: str = "pull", plain: bool = False) -> str:
    text = json.dumps({"auths": {each: {"auth": "dTpw"} for each in registries}})
    data = f"stringData: {{.dockerconfigjson: '{text}'}}" if plain else f"data: {{.dockerconfigjson: {_b64(text)}}}"
    meta = f"metadata: {{name: {name}, namespace: shop}}"
    return f"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\n{meta}\n{data}\n"


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _look(root: Path, files: dict[str, str], **options: object) -> list[Gap]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    settings = {"backup_registry": REGISTRY, **options}
    return [gap for gap in gaps(open_workspace([root], {}, settings)).gaps if gap.kind is Kind.CREDENTIALS]


def _told(root: Path, files: dict[str, str], **options: object) -> list[tuple[str, str, str]]:
    return [(gap.file, gap.owner, gap.says) for gap in _look(root, files, **options)]


EXTERNAL = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: pull-from-vault, namespace: shop}
spec:
  target:
    name: pull
    template:
      type: kubernetes.io/dockerconfigjson
      data:
        .dockerconfigjson: '{"auths": {"HOST": {"auth": "{{ printf "%s:%s" .user .password | b64enc }}"}}}'
"""


@pytest.mark.parametrize(
    ("account", "secret", "told"),
    [
        (_account(), "", WITHOUT),
        (_account("pull", name="default"), "", WITHOUT),
        (_account("pull", namespace="other"), "", WITHOUT),
        (_account("pull"), "", None),  # it may be made elsewhere
        (_account("pull"), _secret("ghcr.io"), OTHERS),
        (_account("pull"), _secret("ghcr.io", "https://index.docker.io/v1/", plain=True), OTHERS),
        (_account("pull"), _secret("ghcr.io", "https://registry.acme.io/v2/"), None),
        (_account("pull"), _secret("*.acme.io"), None),
        (_account("pull", "more"), _secret("ghcr.io"), None),
        (_account("pull", "more"), f"{_secret('ghcr.io')}---\n{_secret('registry.acme.io', name='more')}", None),
        (_account("pull"), _secret("ghcr.io").replace("namespace: shop", "namespace: other"), None),
        (_account("pull"), EXTERNAL.replace("HOST", "ghcr.io"), OTHERS),
        (_account("pull"), EXTERNAL.replace("HOST", "registry.acme.io"), None),
        (_account("pull"), EXTERNAL.replace("HOST", "{{ .host }}"), None),
        (_account("pull"), _secret("ghcr.io").replace("dockerconfigjson: ey", "dockerconfigjson: ENC[ey"), None),
    ],
)
def test_secrets_of_the_service_account(tmp_path: Path, account: str, secret: str, told: str | None) -> None:
    found = _told(tmp_path, {"apps/web.yaml": WEB, "base/account.yaml": account, "base/secret.yaml": secret})
    assert [(file, says) for file, _, says in found] == ([("apps/web.yaml", told)] if told else [])


def test_a_pod_with_secrets_gets_none_of_its_service_account(tmp_path: Path) -> None:
    pod = WEB.replace("      serviceAccountName", "      imagePullSecrets: [{name: pull}]\n      serviceAccountName")
    secrets = f"{_secret('ghcr.io')}---\n{_secret('registry.acme.io', name='mirror')}"
    files = {"web.yaml": pod, "account.yaml": _account("mirror"), "secrets.yaml": secrets}
    (gap,) = _look(tmp_path, files)
    assert (gap.owner, gap.says) == ("namespace shop (1 workload, the first Deployment shop/web; for ghcr.io)", OTHERS)
    assert gap.remedy.startswith("add registry.acme.io to the secrets, ")
    assert _look(tmp_path, {"secrets.yaml": _secret("registry.acme.io")}) == []


def test_the_service_account_that_flux_applies_with_pulls_nothing(tmp_path: Path) -> None:
    files = {"release.yaml": RELEASE, "charts.yaml": CHARTS, "account.yaml": _account("pull", name="deployer")}
    (gap,) = _look(tmp_path, files)
    owner = "namespace shop (1 workload, the first HelmRelease flux-system/api)"
    assert (gap.file, gap.owner, gap.says) == ("release.yaml", owner, OF_CHART)
    assert "imagePullSecrets" in gap.remedy
    for values in ("    imagePullSecrets: [{name: pull}]\n", "    global: {image: {pullSecrets: [pull]}}\n"):
        assert _look(tmp_path, {"release.yaml": RELEASE + values}) == []
    assert len(_look(tmp_path, {"release.yaml": RELEASE + "    imagePullSecrets: []\n"})) == 1
    assert _look(tmp_path, {"release.yaml": RELEASE, "account.yaml": _account("pull", name="default")}) == []


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n",
    "chart/values.yaml": "image: ghcr.io/acme/api:1\nimagePullSecrets: []\n",
    "chart/templates/api.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      serviceAccountName: api
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets: {{ toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - image: {{ .Values.image }}
""",
}
LOCAL = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: api, namespace: argocd}
spec:
  destination: {namespace: shop}
  source:
    path: chart
    repoURL: https://github.com/acme/gitops
    helm: {valuesObject: {VALUES}}
"""


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no namespace stated"),
        ({"chart/values.yaml": "image: ghcr.io/acme/api:1\nimagePullSecrets: [{name: pull}]\n"}, None),
        ({"chart/values-prod.yaml": "imagePullSecrets: [{name: pull}]\n"}, None),
        ({"app.yaml": LOCAL.replace("VALUES", "a: 1")}, "namespace shop"),
        ({"app.yaml": LOCAL.replace("VALUES", "image: 'ghcr.io/acme/api:2'")}, "namespace shop"),
        ({"app.yaml": LOCAL.replace("VALUES", "imagePullSecrets: [{name: pull}]")}, None),
        ({"chart/templates/account.yaml": _account("pull", name="api").replace(", namespace: shop", "")}, None),
    ],
)
def test_pods_that_charts_of_the_repository_render(tmp_path: Path, files: dict[str, str], told: str | None) -> None:
    found = [
        gap for gap in _look(tmp_path, {**CHART, **files}) if "(1 workload, the first Deployment api)" in gap.owner
    ]
    wheres = [(gap.file, gap.owner.partition(" (")[0], gap.says) for gap in found]
    assert (("chart/templates/api.yaml", told, WITHOUT) in wheres) is (told is not None)
    assert len(wheres) <= 1 + ("app.yaml" in files)
    assert told is not None or wheres == []


K3S = "mirrors: {docker.io: {endpoint: ['https://registry.acme.io']}}\nconfigs:\n  registry.acme.io:\n    HOW\n"
TALOS = "machine:\n  registries:\n    config:\n      registry.acme.io:\n        HOW\n"
RKE2 = (
    "apiVersion: provisioning.cattle.io/v1\nkind: Cluster\nmetadata: {name: prod}\nspec:\n  rkeConfig:\n"
    "    registries:\n      configs:\n        registry.acme.io:\n          HOW\n"
)
KIND = (
    "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\ncontainerdConfigPatches:\n  - |-\n"
    '    [plugins."io.containerd.grpc.v1.cri".registry.configs."registry.acme.io".HOW]\n      username = "x"\n'
)
CLOUD_INIT = (
    "apiVersion: bootstrap.cluster.x-k8s.io/v1beta1\nkind: KubeadmConfigTemplate\nmetadata: {name: x}\nspec:\n"
    "  template:\n    spec:\n      files:\n        - path: /etc/rancher/k3s/registries.yaml\n          content: |\n"
    "            configs:\n              registry.acme.io:\n                HOW: {username: x}\n"
)
KUBELET = (
    "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"
    "  - name: acme\n    matchImages: ['HOW']\n"
)
OPENSHIFT = "apiVersion: v1\nkind: Secret\nmetadata: {name: pull-secret, namespace: HOW}\n"


@pytest.mark.parametrize(
    ("text", "gives", "gives_not"),
    [
        (K3S, "auth: {username: x}", "tls: {ca_file: /ca.crt}"),
        (TALOS, "auth: {username: x}", "tls: {ca: x}"),
        ("apiVersion: v1alpha1\nkind: RegistryAuthConfig\nname: HOW\nusername: x\n", "registry.acme.io", "ghcr.io"),
        (RKE2, "authConfigSecretName: x", "insecureSkipVerify: true"),
        (KIND, "auth", "tls"),
        (CLOUD_INIT, "auth", "tls"),
        (KUBELET, "*.acme.io/mirror", "*.io"),
        (OPENSHIFT, "openshift-config", "other"),
    ],
)
def test_what_gives_nodes_credentials_is_named(tmp_path: Path, text: str, gives: str, gives_not: str) -> None:
    for how, named in ((gives, True), (gives_not, False)):
        (gap,) = _look(tmp_path, {"web.yaml": WEB, "cluster/nodes.yaml": text.replace("HOW", how)})
        assert gap.says == WITHOUT
        assert "set anonymous-pull = true if the cluster needs none" in gap.remedy
        assert ("cluster/nodes.yaml:" in gap.remedy and "gives nodes credentials" in gap.remedy) is named
    assert _look(tmp_path, {}, anonymous_pull=True) == []


@pytest.mark.parametrize(
    ("registry", "told"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror", True),
        ("europe-docker.pkg.dev/acme/mirror", True),
        ("acme.azurecr.io", True),
        ("registry.acme.io", False),
    ],
)
def test_a_registry_that_nodes_may_open_by_what_they_are(tmp_path: Path, registry: str, told: bool) -> None:
    (gap,) = _look(tmp_path, {"web.yaml": WEB}, backup_registry=registry)
    assert ("by their identity" in gap.remedy) is told


PATCHER = WEB.replace("ghcr.io/acme/web:1", f"{REGISTRY}/quay_io/titansoft/imagepullsecret-patcher:v0.14")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (PATCHER.replace("      serviceAccountName: web\n", "      imagePullSecrets: [{name: x}]\n"), True),
        (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: add}\nspec:\n  rules:\n    - name: add\n"
            "      mutate: {patchStrategicMerge: {spec: {imagePullSecrets: [{name: pull}]}}}\n",
            True,
        ),
        ("kind: Settings\napiVersion: acme.io/v1\nspec: {imagePullSecrets: []}\n", False),
    ],
)
def test_what_adds_secrets_in_the_cluster_is_named(tmp_path: Path, text: str, named: bool) -> None:
    (gap,) = _look(tmp_path, {"web.yaml": WEB, "add.yaml": text})
    assert ("not followed: add.yaml:" in gap.remedy) is named


def _oci(spec: str) -> str:
    head = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web, namespace: shop}\n"
    return f"{head}spec: {{url: 'oci://ghcr.io/acme/charts/web', ref: {{tag: 1.2.3}}{spec}}}\n"


@pytest.mark.parametrize(
    ("spec", "secret", "told"),
    [
        ("", "", True),
        (", provider: generic", "", True),
        (", secretRef: {name: pull}", _secret("ghcr.io"), True),
        (", secretRef: {name: pull}", _secret("registry.acme.io"), False),
        (", secretRef: {name: pull}", "", False),
        (", provider: aws", "", False),
        (", serviceAccountName: web", "", False),
    ],
)
def test_flux_fetches_a_relocated_chart(tmp_path: Path, spec: str, secret: str, told: bool) -> None:
    found = _look(tmp_path, {"web.yaml": _oci(spec), "secret.yaml": secret}, charts=True)
    assert [gap.owner for gap in found] == ["OCIRepository shop/web"] * told
    assert all("flux create secret oci NAME --url=registry.acme.io" in gap.remedy for gap in found)
    assert _look(tmp_path, {}) == []  # what does not move


LOGIN = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: x, labels: {argocd.argoproj.io/secret-type: repo-creds}}\n"
    "stringData: {url: HOST, username: x}\n"
)
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {namespace: shop}
  source: {repoURL: ghcr.io/acme/charts, chart: web, targetRevision: 1.2.3}
"""


@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("", "if none are needed"),
        (LOGIN.replace("HOST", "ghcr.io"), "if none are needed"),
        (LOGIN.replace("HOST", "'ENC[AES256]'"), "not followed: login.yaml:1 may be it"),
        (LOGIN.replace("HOST", "registry.acme.io/mirror"), None),
    ],
)
def test_argo_cd_fetches_a_relocated_chart(tmp_path: Path, login: str, told: str | None) -> None:
    found = _look(tmp_path, {"app.yaml": APPLICATION, "login.yaml": login}, charts=True)
    assert [gap.owner for gap in found] == ["Application argocd/web"] * (told is not None)
    assert all((told or "") in gap.remedy and "argocd repocreds add registry.acme.io" in gap.remedy for gap in found)


@pytest.mark.parametrize(
    ("key", "registry", "expected"),
    [
        ("docker.io", "index.docker.io/acme", True),
        ("https://index.docker.io/v1/", "docker.io/acme", True),
        ("registry.acme.io:5000", "registry.acme.io", False),
        ("registry.acme.io:5000", "registry.acme.io:5000/x", True),
        ("*.io", "registry.acme.io", False),
        ("registry.acme.io/other", "registry.acme.io/mirror", False),
        ("registry.acme.io/mirror", "registry.acme.io/mirror", True),
        ("registry.acme.io/mirror/ghcr_io", "registry.acme.io/mirror", True),
    ],
)
def test_what_a_key_is_for(key: str, registry: str, expected: bool) -> None:
    assert fits(key, registry) is expected
