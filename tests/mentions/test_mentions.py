"""`scan --mentions` over a repository: what is told of each place that names a relocated image, and what is not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gitops_clone.mentions.model import Mention
from gitops_clone.report import formats
from gitops_clone.report.markdown import pull_request_body
from gitops_clone.report.style import Style
from gitops_clone.result import Result
from gitops_clone.survey import scan
from gitops_clone.workspace import open_workspace

BACKUP = "registry.acme.io/mirror"
SHOP = "ghcr.io/acme/shop"
DIGEST = f"sha256:{'0' * 64}"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n    - image: IMAGE\n"


def _look(root: Path, files: dict[str, str], *paths: str, **options: object) -> Result:
    for name, text in {"pod.yaml": POD.replace("IMAGE", f"{SHOP}:1"), **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    settings = {"backup_registry": BACKUP, **options}
    workspace = open_workspace([root / path for path in paths] or [root], {}, settings)
    return scan(workspace, with_mentions=True)


def _mentions(root: Path, files: dict[str, str], *paths: str, **options: object) -> list[Mention]:
    return list(_look(root, files, *paths, **options).mentions or ())


OBJECT = "apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: x}}\n"


@pytest.mark.parametrize(
    ("name", "text", "line", "what", "needs_hand"),
    [
        ("README.md", f"# Shop\n\nWe run `{SHOP}:1`.\n", 3, "documentation", False),
        ("hack/promote.sh", f"sed -i 's#{SHOP}:.*#{SHOP}:$1#' pod.yaml\n", 1, "script", True),
        ("images/Dockerfile", f"FROM {SHOP}:1\n", 1, "build", False),
        ("docker-compose.yaml", f"services: {{shop: {{image: '{SHOP}'}}}}\n", 1, "build", False),
        (".github/workflows/ci.yaml", f"jobs: {{a: {{container: {SHOP}:1}}}}\n", 1, "CI job", False),
        ("renovate.json", f'{{"packageRules": [{{"matchPackageNames": ["{SHOP}"]}}]}}\n', 1, "setting of a bot", False),
        (".github/dependabot.yml", f"ignore: [{SHOP}]\n", 1, "setting of a bot", True),
        ("apps/.argocd-source-shop.yaml", f"kustomize: {{images: ['{SHOP}:2']}}\n", 1, "named by an object", True),
        ("values.toml", f'image = "{SHOP}"\n', 1, "other text", False),
        ("note.yaml", f"a: 1\n# once {SHOP}:1\n", 2, "comment", False),
        ("note.yaml", f"# renovate: datasource=docker depName={SHOP}\na: 1\n", 1, "setting of a bot", False),
        ("config.yaml", f"kind: Secret\nstringData: {{a: '{SHOP}'}}\n", 2, "text in a manifest", False),
        ("live.yaml", f"kind: Pod\nstatus: {{containerStatuses: [{{image: '{SHOP}'}}]}}\n", 2, "record", False),
        (
            "project.yaml",
            OBJECT.format(group="argoproj.io", kind="AppProject") + f"spec: {{sourceRepos: ['oci://{SHOP}']}}\n",
            4,
            "named by an object",
            True,
        ),
        (
            "annotated.yaml",
            f"kind: ConfigMap\nmetadata:\n  annotations:\n    kbld.k14s.io/images: |\n      - url: {SHOP}@{DIGEST}\n",
            5,
            "named by an object",
            True,
        ),
        (
            "workflow.yaml",
            "kind: ConfigMap\nmetadata: {name: workflow-controller-configmap}\n"
            f"data:\n  images: |\n    {SHOP}:1:\n      cmd: [a]\n",
            5,
            "named by an object",
            True,
        ),
        (
            "policy.yaml",
            OBJECT.format(group="kyverno.io", kind="ClusterPolicy")
            + "spec:\n  rules:\n    - verifyImages:\n        - imageReferences: ['ghcr.io/acme/*']\n",
            7,
            "admission policy",
            True,
        ),
        (
            "allowed.yaml",
            OBJECT.format(group="constraints.gatekeeper.sh", kind="K8sAllowedRepos")
            + f"spec: {{parameters: {{repos: [{SHOP}]}}}}\n",
            4,
            "admission policy",
            True,
        ),
    ],
)
def test_what_a_mention_is(tmp_path: Path, name: str, text: str, line: int, what: str, needs_hand: bool) -> None:
    found = _mentions(tmp_path, {name: text})
    assert {(each.file, each.line) for each in found} == {(name, line)}
    assert {(each.context.what.value, each.context.needs_hand) for each in found} == {(what, needs_hand)}
    assert {each.name for each in found} == {SHOP}


def test_what_is_a_finding_is_no_mention(tmp_path: Path) -> None:
    kustomization = f"resources: [pod.yaml]\nimages:\n  - name: {SHOP}\n    newTag: '2'\n"
    files = {"kustomization.yaml": kustomization, "other/pod.yaml": POD.replace("IMAGE", f"{SHOP}:3")}
    assert _mentions(tmp_path, files) == []
    assert _mentions(tmp_path, files, "pod.yaml") == []  # other/pod.yaml is not of the run


def test_only_what_git_tracks_is_searched(tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text(SHOP)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.md").symlink_to(tmp_path / "outside.md")
    files = {".gitignore": "build/\n", "build/out.txt": SHOP, "blob.bin": f"\0{SHOP}", "docs/a.md": SHOP}
    assert [each.file for each in _mentions(root, files)] == ["docs/a.md"]
    assert _mentions(root, {}, exclude=("docs/",)) == []


def test_what_stays_is_not_searched_for(tmp_path: Path) -> None:
    assert _mentions(tmp_path, {"README.md": SHOP}, ignore=(SHOP,)) == []


def test_a_large_file_is_told_as_not_searched(tmp_path: Path) -> None:
    result = _look(tmp_path, {"dump.sql": f"{SHOP}\n" * 600_000})
    assert result.mentions == []
    assert [skipped.file for skipped in result.skipped] == ["dump.sql"]


def test_columns_are_code_points_and_files_of_other_encodings_are_read(tmp_path: Path) -> None:
    (tmp_path / "utf16.md").write_bytes(f"ü {SHOP}".encode("utf-16"))
    (found,) = _mentions(tmp_path, {})
    assert (found.line, found.column, found.text) == (1, 3, SHOP)


def test_reports_for_people_and_machines(tmp_path: Path) -> None:
    result = _look(tmp_path, {"README.md": f"{SHOP}\n", "Makefile": f"a:\n\tgrep {SHOP}:1 pod.yaml\n"})
    text = "".join(formats.render(result, "text", Style()))
    assert text.index("named too: 1 place") < text.index("needs a hand: 1 place") < text.index("Makefile:2:7")
    assert "1 image named in 2 other places in 2 files, 1 of them needing a hand" in text
    report = json.loads("".join(formats.render(result, "json", Style())))
    assert report["mentions"][0] == {
        "file": "Makefile", "line": 2, "column": 7, "text": f"{SHOP}:1", "repository": SHOP, "what": "script",
        "says": "if the script looks for this name in manifests, it finds it no more", "needs_hand": True,
    }  # fmt: skip
    assert "findings" in report


def test_reviewers_are_told_what_needs_a_hand(tmp_path: Path) -> None:
    result = _look(tmp_path, {"README.md": f"{SHOP}\n", "Makefile": f"a:\n\tgrep {SHOP}:1 pod.yaml\n"})
    body = pull_request_body(result, 60_000)
    assert "### Needs a hand: 1 place\n" in body
    assert "  - `Makefile:2`\n" in body
    assert "README" not in body
