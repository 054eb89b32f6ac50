"""The programs that render: missing ones, slow ones, and what manifests of strangers can reach through them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_clone.render.tools import Refused, Tools
from tests.parts import wheel
from tests.render.repository import BACKUP, Repository, chart, deployment, values

_ENDLESS = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}\n"
_LINKS = '{{ .Files.Get "files/notes" }}{{ (.Files.Glob "files/*").AsConfig }}\n'


@pytest.mark.parametrize(("program", "told"), [("kubectl", "neither kustomize nor kubectl"), ("helm", "helm is not")])
def test_a_missing_program_is_missed_only_where_it_is_needed(
    repository: Repository, programs: Path, program: str, told: str
) -> None:
    (programs / program).unlink()
    parts = {
        "kubectl": {"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": deployment("nginx:1.25")},
        "helm": chart(**{"values.yaml": values("nginx", "1.25")}),
    }
    needed = parts.pop(program)
    repository.write(parts.popitem()[1])
    repository.run("verify", code=1)
    repository.write(needed)
    done = repository.run("verify", code=2)
    assert done.err.startswith(f"gitops-clone: {told}")
    assert len(done.err.splitlines()) == 1


def test_kustomize_goes_before_kubectl(repository: Repository, programs: Path) -> None:
    (programs / "kustomize").write_text(f'#!/bin/sh\nshift\nexec "{wheel.folder()}/kubectl" kustomize "$@"\n')
    (programs / "kustomize").chmod(0o755)
    (programs / "kubectl").unlink()
    repository.write({"kustomization.yaml": "resources: [web.yaml]\n", "web.yaml": deployment("nginx:1.25")})
    assert repository.run("verify", code=1).verdicts == {".": "failed"}


def test_the_environment_and_the_home_of_the_user_do_not_reach_them(
    repository: Repository, programs: Path, tmp_path: Path
) -> None:
    record = tmp_path / "environment"
    (programs / "helm").unlink()
    (programs / "helm").write_text(f'#!/bin/sh\nexport -p >"{record}"\nexec "{wheel.folder()}/helm" "$@"\n')
    (programs / "helm").chmod(0o755)
    repository.write(chart(**{"values.yaml": values(f"{BACKUP}/library/nginx", "1.25")}))
    repository.run("verify", GITHUB_TOKEN="s3cr3t", HELM_PLUGINS="/somewhere", KUBECONFIG="/home/ada/.kube/config")
    seen = record.read_text()
    assert "s3cr3t" not in seen
    assert "HELM_PLUGINS" not in seen
    assert "KUBECONFIG='/dev/null'" in seen
    assert repository.environment["HOME"] not in seen


def test_a_chart_with_a_link_to_outside_is_not_rendered(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    repository.write(chart(**{"values.yaml": values("nginx", "1.25"), "templates/links.txt": _LINKS}))
    (repository.path / "charts/web/files").mkdir()
    (repository.path / "charts/web/files/notes").symlink_to(tmp_path / "secret")
    done = repository.run("verify")
    assert "charts/web/files/notes is a symbolic link to outside the repository" in done.out
    assert "hunter2" not in done.out


def test_kustomizations_that_reach_outside_are_not_rendered(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kustomization.yaml").write_text("configMapGenerator: [{name: a, literals: [b=hunter2]}]\n")
    repository.write(
        {
            "up/kustomization.yaml": "resources: [../../elsewhere]\n",
            "link/kustomization.yaml": "resources: [elsewhere]\n",
            "file/kustomization.yaml": "configMapGenerator: [{name: a, files: [notes]}]\n",
            "remote/kustomization.yaml": 'resources: ["https://example.org/acme/app//deploy?ref=v1"]\n',
        }
    )
    (repository.path / "link/elsewhere").symlink_to(tmp_path / "elsewhere")
    (repository.path / "file/notes").symlink_to(tmp_path / "elsewhere/kustomization.yaml")
    done = repository.run("verify")
    assert set(done.verdicts.values()) == {"not verified"}
    assert "up/kustomization.yaml: ../../elsewhere is outside the repository" in done.out
    assert "link/kustomization.yaml: elsewhere is outside the repository" in done.out
    assert "is remote (--network lets kustomize fetch it)" in done.out
    assert "hunter2" not in done.out


def test_plugins_stay_off(repository: Repository, tmp_path: Path) -> None:
    made = tmp_path / "made"
    function = """\
apiVersion: example.org/v1
kind: Generator
metadata:
  name: run
  annotations:
    config.kubernetes.io/function: |
      exec: {path: ./run.sh}
"""
    repository.write(
        {
            "kustomization.yaml": "generators: [run.yaml]\n",
            "run.yaml": function,
            "run.sh": f"#!/bin/sh\ntouch {made}\n",
        }
    )
    (repository.path / "run.sh").chmod(0o755)
    assert repository.run("verify").verdicts == {".": "not verified"}
    assert not made.exists()


def test_a_chart_that_does_not_end_is_stopped(
    repository: Repository, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(chart(**{"values.yaml": values("nginx", "1.25"), "templates/endless.txt": _ENDLESS}))
    monkeypatch.setenv("PATH", str(programs))
    tools = Tools(tmp_path / "scratch", limit=1.0)
    told = tools.helm(repository.path, "template", "web", str(repository.path / "charts/web"))
    assert told == Refused("it takes longer than 1 s to render")


def test_a_revision_that_is_not_there(repository: Repository) -> None:
    repository.write({"web.yaml": deployment("nginx:1.25")})
    done = repository.run("verify", "--base", "origin/main", code=2)
    assert done.err.startswith("gitops-clone: origin/main: git knows no such revision here; fetch it first")
    repository.run("verify", "--base=--output=notes", code=2)
    (repository.path / ".git").rename(repository.path / "no-git")
    assert "no git work tree" in repository.run("verify", "--base", "HEAD", code=2).err
