"""`rewrite --render`: images that only rendering shows, relocated by the layer above them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import images
from tests.parts.charts import ChartRepository
from tests.parts.registry import Registry
from tests.parts.tools import tool
from tests.parts.web import Answer, WebServer
from tests.render.objects import application, helm_repository, kustomization, release
from tests.render.repository import BACKUP, Repository, deployment

_RENDER = ("rewrite", "--render", "--no-mirror")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart `web`, packaged and listed."""
    folder = tmp_path_factory.mktemp("packages")
    made = ChartRepository(folder)
    made.add("web", "1.0.0", image="nginx:1.25")
    made.stop()
    return folder


def text_of(repository: Repository, name: str) -> str:
    return (repository.path / name).read_text()


def test_a_release_gets_a_post_renderer(repository: Repository, elsewhere: ChartRepository) -> None:
    before = release(more="values:\n  hosts:\n    - web.example.org\n")
    repository.write({"apps/web.yaml": before, "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    repository.run(*_RENDER)
    added = f"""\
  postRenderers:
    - kustomize:
        images:
          - name: nginx
            newName: {BACKUP}/library/nginx
"""
    assert text_of(repository, "apps/web.yaml") == before + added
    lock = text_of(repository, ".gitops-clone.lock")
    repository.run("verify", "--network", "--base", "HEAD")
    repository.run("check")
    repository.run(*_RENDER)
    assert text_of(repository, "apps/web.yaml") == before + added
    assert text_of(repository, ".gitops-clone.lock") == lock
    repository.run("restore")
    assert text_of(repository, "apps/web.yaml") == before


_TWO = """\
postRenderers:
- kustomize:
    patches:
    - patch: |
        - {op: add, path: /metadata/labels, value: {a: b}}
      target: {kind: Deployment}
- kustomize:
    images: [{"name": "nginx", "newTag": "1.27"}]
"""


def test_entries_follow_those_that_are_there(repository: Repository, elsewhere: ChartRepository) -> None:
    """In the style of the list; what they name is what the entries before them have made."""
    before = release(more=_TWO)
    repository.write({"apps/web.yaml": before, "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    repository.run(*_RENDER)
    added = f', {{"name": "nginx", "newName": "{BACKUP}/library/nginx"}}]'
    assert text_of(repository, "apps/web.yaml") == before.replace('"1.27"}]', f'"1.27"}}{added}')
    repository.run("verify", "--network", "--base", "HEAD")
    repository.run("restore")
    assert text_of(repository, "apps/web.yaml") == before


def test_values_and_a_post_renderer_in_one_file(repository: Repository, elsewhere: ChartRepository) -> None:
    """Comments, quotes and all else stay; `restore` brings both back."""
    elsewhere.add("more", "1.0.0", {"templates/extra.yaml": deployment("redis:7", "extra")}, image="quay.io/acme/web:1")
    before = release("more", more="# what the shop needs\nvalues:\n  greeting: 'hello'  # to all\n")
    before += "---\n" + deployment("memcached:1.6")
    repository.write({"apps/more.yaml": before, "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    report = repository.run(*_RENDER, "--format", "json").out
    assert {each["image"]: each["relocated"] for each in json.loads(report)["outside"]} == {
        "quay.io/acme/web:1": "apps/more.yaml:1",
        "redis:7": "apps/more.yaml:1",
    }
    after = text_of(repository, "apps/more.yaml")
    assert f"image: {BACKUP}/library/memcached:1.6" in after
    assert "greeting: 'hello'  # to all\n  postRenderers:\n" in after
    assert "newName: localhost:5001/quay_io/acme/web\n" in after
    lock = text_of(repository, ".gitops-clone.lock")
    assert '"quay.io/acme/web:1"' in lock
    repository.run("restore")
    assert text_of(repository, "apps/more.yaml") == before


def test_a_digest_becomes_the_tag_of_the_copy(repository: Repository, elsewhere: ChartRepository) -> None:
    digest = f"sha256:{'1' * 64}"
    template = {"templates/workload.yaml": deployment(f"quay.io/acme/web@{digest}")}
    elsewhere.add("pinned", "1.0.0", template)
    repository.write({"apps/pinned.yaml": release("pinned"), "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    repository.run(*_RENDER)
    assert f"newTag: sha256_{'1' * 64}" in text_of(repository, "apps/pinned.yaml")
    repository.run("verify", "--network", "--base", "HEAD")
    repository.run("restore")
    repository.run(*_RENDER, "--pin", "digest")
    assert "newTag" not in text_of(repository, "apps/pinned.yaml")
    repository.run("verify", "--network", "--base", "HEAD")


_HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {"helm.sh/hook": pre-install}
spec: {template: {spec: {containers: [{name: migrate, image: "nginx:1.25"}, {name: other, image: "redis:7"}]}}}
"""


def test_what_entries_do_not_reach_is_left_and_told(repository: Repository, elsewhere: ChartRepository) -> None:
    """No entry for `redis`, which only a hook has; one for `nginx`, which a Deployment has too."""
    custom = "apiVersion: acme.io/v1\nkind: Prometheus\nmetadata: {name: p}\nspec: {image: quay.io/acme/p:1}\n"
    files = {"templates/hook.yaml": _HOOK, "templates/custom.yaml": custom}
    elsewhere.add("hooks", "1.0.0", files)
    repository.write({"apps/hooks.yaml": release("hooks"), "apps/charts.yaml": helm_repository(elsewhere.url)})
    done = repository.run(*_RENDER)
    after = text_of(repository, "apps/hooks.yaml")
    assert f"      - name: nginx\n        newName: {BACKUP}/library/nginx\n" in after
    assert "redis" not in after
    assert "rendered upstream: 2 images" in done.out
    assert "image entries do not reach it" in done.out
    assert "nginx:1.25  Job migrate" in done.out
    repository.run("verify", "--network", code=1)


def test_what_is_to_be_left_alone(repository: Repository, elsewhere: ChartRepository) -> None:
    marked = release().replace(
        "  namespace: apps\n", "  namespace: apps\n  annotations: {gitops-clone/ignore: 'true'}\n"
    )
    secret = release("web").replace("  name: web\n", "  name: secret\n", 1) + "sops: {mac: 'ENC[x]'}\n"
    system = release("web").replace("namespace: apps", "namespace: kube-system")
    files = {
        "marked.yaml": marked,
        "secret.yaml": secret,
        "system.yaml": system + "  targetNamespace: kube-system\n",
        "charts.yaml": helm_repository(elsewhere.url),
        "charts2.yaml": helm_repository(elsewhere.url).replace("namespace: apps", "namespace: kube-system"),
    }
    repository.write({f"apps/{name}": text for name, text in files.items()})
    done = repository.run(*_RENDER)
    assert {name: text_of(repository, f"apps/{name}") for name in files} == files
    assert "annotation gitops-clone/ignore" in done.out
    assert "SOPS: its MAC covers all values" in done.out
    assert "kube-system" not in done.out.replace("kube-system/web (", "")


def test_a_base_that_two_clusters_patch_gets_one_entry(repository: Repository, elsewhere: ChartRepository) -> None:
    elsewhere.add("web", "2.0.0", image="nginx:2.0")
    overlay = """\
resources: [../base]
patches:
  - target: {kind: HelmRelease}
    patch: |
      - {op: replace, path: /spec/chart/spec/version, value: "%s"}
"""
    repository.write(
        {
            "base/kustomization.yaml": "resources: [web.yaml, charts.yaml]\n",
            "base/web.yaml": release(),
            "base/charts.yaml": helm_repository(elsewhere.url),
            "eu/kustomization.yaml": overlay % "1.0.0",
            "us/kustomization.yaml": overlay % "2.0.0",
        }
    )
    repository.commit()
    done = repository.run(*_RENDER)
    assert text_of(repository, "base/web.yaml").count("newName") == 1
    assert "2 images" in done.out
    report = repository.run("verify", "--network", "--base", "HEAD")
    assert set(report.verdicts.values()) == {"ok"}
    assert len(report.verdicts) == 4


def test_an_overlay_that_replaces_the_renderers_stands_in_the_way(
    repository: Repository, elsewhere: ChartRepository
) -> None:
    patch = """\
resources: [../base]
patches:
  - target: {kind: HelmRelease}
    patch: |
      - {op: add, path: /spec/postRenderers, value: [{kustomize: {images: [{name: nginx, newTag: "1.26"}]}}]}
"""
    repository.write(
        {
            "base/kustomization.yaml": "resources: [web.yaml, charts.yaml]\n",
            "base/web.yaml": release(),
            "base/charts.yaml": helm_repository(elsewhere.url),
            "eu/kustomization.yaml": patch,
        }
    )
    before = text_of(repository, "base/web.yaml")
    done = repository.run(*_RENDER)
    assert text_of(repository, "base/web.yaml") == before
    assert "image entries do not reach it" in done.out


# kustomizations


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[WebServer]:
    """A manifest that a kustomization can name by its address."""
    made = WebServer(lambda asked: Answer(200, raw=deployment("nginx:1.25", "remote").encode()))
    yield made
    made.stop()


def test_a_kustomization_gets_entries_for_what_is_remote(repository: Repository, remote: WebServer) -> None:
    before = f"""\
resources:
  - {remote.url}/web.yaml
  - cache.yaml
images:
  # as tested
  - name: redis
    newTag: "8"
"""
    repository.write({"apps/kustomization.yaml": before, "apps/cache.yaml": deployment("redis:7", "cache")})
    repository.commit()
    report = json.loads(repository.run(*_RENDER, "--format", "json").out)
    assert {each["image"]: each["relocated"] for each in report["outside"]} == {
        "nginx:1.25": "apps/kustomization.yaml:1",
        "redis:8": "apps/kustomization.yaml:1",
    }
    assert not [each for each in report["findings"] if each["state"] == "unresolved"]
    after = text_of(repository, "apps/kustomization.yaml")
    added = [f"  - name: {name}\n    newName: {BACKUP}/library/{name}\n" for name in ("nginx", "redis")]
    assert after == before + "".join(added)
    done = repository.run("verify", "--network", "--base", "HEAD")
    assert done.verdicts == {"apps": "ok"}
    repository.run(*_RENDER)
    assert text_of(repository, "apps/kustomization.yaml") == after
    repository.run("restore")
    assert text_of(repository, "apps/kustomization.yaml") == before


def test_an_entry_that_changes_more_is_dropped(repository: Repository, remote: WebServer) -> None:
    """The annotation would name the backup: that is no image of the workload."""
    before = f"""\
resources: ["{remote.url}/web.yaml"]
replacements:
  - source: {{kind: Deployment, fieldPath: spec.template.spec.containers.0.image}}
    targets:
      - select: {{kind: Deployment}}
        fieldPaths: [metadata.annotations.image]
        options: {{create: true}}
"""
    repository.write({"apps/kustomization.yaml": before})
    done = repository.run(*_RENDER)
    assert text_of(repository, "apps/kustomization.yaml") == before
    assert "relocated there, more changes in apps" in done.out


def test_a_folder_that_flux_applies_whole(repository: Repository, elsewhere: ChartRepository) -> None:
    """Its Kustomization has no entry to give: nothing is remote there; the releases in it are relocated themselves."""
    before = release()
    repository.write(
        {
            "clusters/apps.yaml": kustomization("./apps"),
            "apps/web.yaml": before,
            "apps/charts.yaml": helm_repository(elsewhere.url),
        }
    )
    repository.commit()
    repository.run(*_RENDER)
    assert text_of(repository, "clusters/apps.yaml") == kustomization("./apps")
    assert "postRenderers" in text_of(repository, "apps/web.yaml")
    done = repository.run("verify", "--network", "--base", "HEAD")
    assert set(done.verdicts.values()) == {"ok"}


# what is told, and how far it goes


def test_a_dry_run_shows_the_diff_and_writes_nothing(repository: Repository, elsewhere: ChartRepository) -> None:
    repository.write({"apps/web.yaml": release(), "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    done = repository.run("rewrite", "--render", "--dry-run")
    assert f"+        newName: {BACKUP}/library/nginx" in done.out
    assert "to relocate above what brings them: 1 image" in done.err
    assert repository.git("status", "--porcelain") == ""


def test_files_outside_the_run_are_named(repository: Repository, elsewhere: ChartRepository) -> None:
    repository.write(
        {
            "apps/kustomization.yaml": "resources: [web.yaml, charts.yaml]\n",
            "apps/web.yaml": release(),
            "apps/charts.yaml": helm_repository(elsewhere.url),
        }
    )
    done = repository.run(*_RENDER, "apps/kustomization.yaml")
    assert "apps/web.yaml is where it can be relocated: include that file in the run" in done.out
    assert "postRenderers" not in text_of(repository, "apps/web.yaml")


def test_what_does_not_render_is_told(repository: Repository) -> None:
    repository.write({"apps/web.yaml": release(), "apps/charts.yaml": helm_repository("http://127.0.0.1:9/charts")})
    done = repository.run(*_RENDER)
    assert "not rendered: 1 entry point" in done.out
    assert "connection refused" in done.out


def test_without_helm(repository: Repository, programs: Path, elsewhere: ChartRepository) -> None:
    (programs / "helm").unlink()
    repository.write({"apps/cache.yaml": deployment("redis:7")})
    repository.run(*_RENDER)
    assert BACKUP in text_of(repository, "apps/cache.yaml")
    repository.write({"apps/web.yaml": release(), "apps/charts.yaml": helm_repository(elsewhere.url)})
    done = repository.run(*_RENDER, code=2)
    assert done.err.splitlines() == [
        "gitops-clone: helm is not installed, and there is a chart to render: see https://helm.sh/docs/intro/install/, "
        "or `brew install helm`"
    ]


def test_images_are_copied_before_they_are_relocated(
    repository: Repository, programs: Path, elsewhere: ChartRepository, upstream: Registry, backup: Registry
) -> None:
    """One that cannot be copied stays, and is told; the next run, with nothing to do, copies nothing."""
    (programs / "skopeo").symlink_to(tool("skopeo"))
    digest = images.push(images.make("render"), upstream, "render/web:1")
    gone = deployment(f"{upstream.address}/render/gone:1", "gone")
    elsewhere.add("web", "2.0.0", {"templates/gone.yaml": gone}, image="x:1")
    more = f"values: {{image: {{repository: {upstream.address}/render/web}}}}\n"
    repository.write(
        {
            ".gitops-clone.toml": f'backup-registry = "{backup.address}"\nretries = 0\n',
            "apps/web.yaml": release(version="2.0.0", more=more),
            "apps/charts.yaml": helm_repository(elsewhere.url),
        }
    )
    done = repository.run("rewrite", "--render", code=3)
    name = f"{upstream.address.replace('.', '_').replace(':', '_')}/render/web"
    assert backup.digest(name, "1") == digest
    after = text_of(repository, "apps/web.yaml")
    assert f"newName: {backup.address}/{name}" in after
    assert "gone" not in after
    assert "it is not copied" in done.out
    again = repository.run("rewrite", "--render", code=3)
    assert text_of(repository, "apps/web.yaml") == after
    assert re.search(r"^copied +0 images", again.out, re.MULTILINE)
    assert re.search(r"^rewritten +0 places", again.out, re.MULTILINE)


def test_a_commit_has_the_entries(repository: Repository, elsewhere: ChartRepository) -> None:
    repository.write({"apps/web.yaml": release(), "apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.commit()
    repository.run(*_RENDER, "--commit")
    assert "postRenderers" in repository.git("show", "HEAD:apps/web.yaml")
    assert repository.git("status", "--porcelain") == ""


def test_without_rendering_what_comes_from_outside_is_counted(
    repository: Repository, elsewhere: ChartRepository
) -> None:
    """Until it names the backup registry: then it has been relocated, as far as that goes."""
    repository.write(
        {
            "apps/web.yaml": release(),
            "apps/other.yaml": application(f"repoURL: {elsewhere.url}\nchart: web\n", "other"),
            "apps/local.yaml": kustomization("./local"),
            "remote/kustomization.yaml": "resources: ['https://example.org/acme/app//deploy?ref=v1']\n",
            "apps/charts.yaml": helm_repository(elsewhere.url),
        }
    )
    told = "3 entry points bring images from outside (Application argocd/other, HelmRelease apps/web, remote): "
    told += "`gitops-clone rewrite --render` takes them in"
    for command in (("scan",), ("rewrite", "--no-mirror"), ("check",)):
        assert told in repository.run(*command).out
    assert "bring" not in repository.run("check", "apps/local.yaml").out
    assert "images from outside" not in repository.run(*_RENDER, "apps").out
    assert "1 entry point brings images from outside (remote)" in repository.run("check").out
