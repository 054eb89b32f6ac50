"""What names an image without pulling it is reported when the image moves: where, and what to do."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gitops_clone.survey import scan
from gitops_clone.workspace import open_workspace

BACKUP = "registry.acme.io/mirror"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{image: "ghcr.io/acme/shop:1"}]}}}
"""


def _head(group: str, kind: str) -> str:
    return f"apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n"


def _told(root: Path, files: dict[str, str], **options: object) -> list[tuple[str, int, bool, str]]:
    for name, text in {"web.yaml": WEB, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    found = scan(open_workspace([root], {}, {"backup_registry": BACKUP, **options}), with_mentions=True).mentions or ()
    return [(each.file, each.line, each.context.needs_hand, each.context.says) for each in found]


@pytest.mark.parametrize(
    ("name", "text", "line", "todo"),
    [
        (
            "verify.yaml",
            _head("kyverno.io", "ClusterPolicy")
            + "  rules:\n    - name: r\n      match: {any: [{resources: {kinds: [Pod]}}]}\n"
            "      verifyImages:\n        - imageReferences:\n            - ghcr.io/acme/*\n",
            10,
            f'add "{BACKUP}/ghcr_io/acme/*" to its patterns',
        ),
        (
            "restrict.yaml",
            _head("kyverno.io", "ClusterPolicy")
            + "  rules:\n    - name: r\n      match: {any: [{resources: {kinds: [Pod]}}]}\n      validate:\n"
            '        pattern: {spec: {containers: [{image: "ghcr.io/* | quay.io/*"}]}}\n',
            9,
            f'add "{BACKUP}/*" to its patterns',
        ),
        (
            "allowed.yaml",
            _head("constraints.gatekeeper.sh", "K8sAllowedRepos") + "  parameters:\n    repos:\n      - ghcr.io/\n",
            7,
            f'add "{BACKUP}/" to its patterns',
        ),
        (
            "signed.yaml",
            _head("policy.sigstore.dev", "ClusterImagePolicy") + "  images:\n    - glob: ghcr.io/acme/**\n",
            6,
            f'add "{BACKUP}/ghcr_io/acme/**" to its patterns',
        ),
        (
            "kbld.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  annotations:\n    kbld.k14s.io/images: |\n"
            "      - origins:\n        - resolved: {tag: '1', url: ghcr.io/acme/shop:1}\n",
            8,
            "run kbld again",
        ),
        (
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\nannotations:\n  artifacthub.io/images: |\n    - name: shop\n"
            "      image: ghcr.io/acme/shop:1\n",
            7,
            "name the copies",
        ),
        (
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\nannotations:\n  helm.sh/images: |\n"
            "    - {name: shop, image: 'ghcr.io/acme/shop:1'}\n",
            6,
            "name the copies",
        ),
        (
            "workflow-controller.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: workflow-controller-configmap}\ndata:\n  images: |\n"
            "    ghcr.io/acme/shop:1:\n      entrypoint: [/shop]\n",
            6,
            "keys have to follow",
        ),
        ("hack/promote.sh", "#!/bin/sh\nsed -i 's#ghcr.io/acme/shop:.*#new#' web.yaml\n", 2, "finds it no more"),
        (
            ".github/workflows/promote.yaml",
            "jobs:\n  promote:\n    steps:\n      - run: kustomize edit set image ghcr.io/acme/shop:$TAG\n",
            4,
            "finds it no more",
        ),
        (".gitlab-ci.yml", "a:\n  script:\n    - sed -i 's#ghcr.io/acme/shop:.*#x#' web.yaml\n", 3, "finds it no more"),
    ],
)
def test_each_is_told_with_its_place_and_what_to_do(tmp_path: Path, name: str, text: str, line: int, todo: str) -> None:
    told = _told(tmp_path, {name: text})
    assert (name, line, True) in [each[:3] for each in told]
    assert [says for file, _, needs_hand, says in told if needs_hand and todo not in says] == []


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  project: team
  source: {repoURL: ghcr.io/acme/charts, chart: web, targetRevision: 1.2.3}
"""


def _project(*sources: str, name: str = "team") -> str:
    return f"{_head('argoproj.io', 'AppProject').replace('x}', f'{name}}}')}  sourceRepos: {json.dumps(sources)}\n"


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (["ghcr.io/acme/charts"], True),
        (["https://github.com/acme/*", "ghcr.io/**"], True),
        (["*", "!registry.acme.io/**"], True),
        (["ghcr.io/acme/*", "registry.acme.io/*"], True),  # one star stops at a slash
        (["ghcr.io/acme/*", "registry.acme.io/**"], False),
        (["*"], False),
        (["https://charts.acme.io"], False),  # nor did it before
    ],
)
def test_a_project_that_does_not_admit_a_relocated_chart(tmp_path: Path, sources: list[str], told: bool) -> None:
    files = {"project.yaml": _project(*sources), "other.yaml": _project("ghcr.io/acme/charts", name="other")}
    files["app.yaml"] = APPLICATION
    says = (
        f"AppProject team does not admit the relocated {BACKUP}/ghcr_io/acme/charts: add it to its sourceRepos, "
        "before or with the change"
    )
    found = [each for each in _told(tmp_path, files, charts=True) if "does not admit" in each[3]]
    assert found == [("project.yaml", 5, True, says)] * told
    moved = APPLICATION.replace("ghcr.io/acme/charts", f"{BACKUP}/ghcr_io/acme/charts")
    (tmp_path / "app.yaml").write_text(moved)
    assert [each for each in _told(tmp_path, {"x.yaml": ""}, charts=True) if "does not admit" in each[3]] == found


def test_policies_for_pods_do_not_judge_charts(tmp_path: Path) -> None:
    policy = _head("constraints.gatekeeper.sh", "K8sAllowedRepos") + "  parameters:\n    repos: [quay.io/]\n"
    files = {"app.yaml": APPLICATION, "policy.yaml": policy, "web.yaml": ""}
    assert _told(tmp_path, files, charts=True) == []
