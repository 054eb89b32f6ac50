"""Charts that were pushed with the real helm: copied, relocated, pulled from the backup registry, and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from gitops_clone.naming import Scheme
from gitops_clone.render.charts import Backups
from tests.charts.registries import Registries, helm, pulled, pushed
from tests.render.objects import application, helm_repository, release
from tests.render.repository import Repository


def findings(repository: Repository, *options: str) -> list[dict[str, Any]]:
    return list(json.loads(repository.run("scan", "--format", "json", *options).out)["findings"])


def test_a_helm_repository_moves_with_all_of_its_charts(
    repository: Repository, registries: Registries, tmp_path: Path
) -> None:
    upstream = registries.upstream
    files = {
        "apps/charts.yaml": helm_repository(f"oci://{upstream.address}/charts", kind="oci"),
        "apps/web.yaml": release(version="1.3.0+build.7"),
        "apps/api.yaml": release("api", version="2.0.0"),
    }
    repository.write(files)
    repository.commit()
    repository.run("check")
    assert {(each["state"], each["line"]) for each in findings(repository)} == {("ignored", 4)}
    repository.run("mirror", "--charts")
    assert {name: (repository.path / name).read_text() for name in files} == files
    assert "copied        0 images" in repository.run("rewrite", "--charts").out
    after = {name: (repository.path / name).read_text() for name in files}
    moved = files["apps/charts.yaml"].replace(f"oci://{upstream.address}", f"oci://{registries.moved}")
    assert after == {**files, "apps/charts.yaml": moved}
    for name, version in (("web", "1.3.0+build.7"), ("api", "2.0.0")):
        before = pulled(f"oci://{upstream.address}/charts/{name}", version, tmp_path / f"{name}-before")
        assert pulled(f"oci://{registries.moved}/charts/{name}", version, tmp_path / f"{name}-after") == before
    lock = (repository.path / ".gitops-clone.lock").read_text()
    repository.run("check", "--charts")
    repository.run("check")
    repository.run("status")
    repository.run("rewrite", "--charts")
    assert (repository.path / ".gitops-clone.lock").read_text() == lock
    repository.run("restore")
    assert {name: (repository.path / name).read_text() for name in files} == files


def test_verify_pulls_what_has_moved_from_the_backup_registry(repository: Repository, registries: Registries) -> None:
    """HelmReleases by repository and by artifact, both sorts of Applications; and the objects as overlays have them."""
    upstream, version = registries.upstream.address, "1.3.0+build.7"
    by_reference = release("same").partition("  chart:")[0] + "  chartRef: {kind: OCIRepository, name: web}\n"
    source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web, namespace: apps}\n"
    settings = (repository.path / ".gitops-clone.toml").read_text()
    files = {
        ".gitops-clone.toml": f'{settings}insecure-registry = ["{upstream}"]\ncharts = true\n',
        "apps/kustomization.yaml": "resources: [charts.yaml, web.yaml, source.yaml, same.yaml]\n",
        "apps/charts.yaml": helm_repository(f"oci://{upstream}/charts", kind="oci"),
        "apps/web.yaml": release(version=version),
        "apps/source.yaml": f"{source}spec: {{url: 'oci://{upstream}/charts/web', ref: {{tag: 1.3.0_build.7}}}}\n",
        "apps/same.yaml": by_reference,
        "argo/web.yaml": application(f"repoURL: {upstream}/charts\nchart: web\ntargetRevision: {version}\n"),
        "argo/more.yaml": application(
            f"repoURL: oci://{upstream}/charts/web\npath: .\ntargetRevision: {version}\n", name="more"
        ),
    }
    repository.write(files)
    repository.commit()
    repository.run("rewrite")
    assert repository.git("diff", "--numstat").split()[::3] == ["1"] * 4
    done = repository.run("verify", "--network", "--strict", "--base", "HEAD")
    assert "ok: 5 entry points; images: 3 own; nothing else has changed" in done.out
    repository.edit("apps/charts.yaml", "/charts", "/others")
    done = repository.run("verify", "--network", "--base", "HEAD", code=1)
    assert f"+  url: oci://{registries.moved}/others" in done.out
    assert "others/web:1.3.0_build.7: not found" in done.out


def test_a_chart_moves_and_its_images_too(repository: Repository, registries: Registries) -> None:
    """In one run, before anything is copied: the chart is looked at where it comes from."""
    upstream = registries.upstream.address
    settings = (repository.path / ".gitops-clone.toml").read_text()
    files = {
        ".gitops-clone.toml": f'{settings}insecure-registry = ["{upstream}"]\n',
        "apps/charts.yaml": helm_repository(f"oci://{upstream}/charts", kind="oci"),
        "apps/api.yaml": release("api", version="2.0.0"),
    }
    repository.write(files)
    repository.commit()
    repository.run("rewrite", "--render", "--charts", "--no-mirror")
    diff = repository.git("diff")
    assert f"        newName: {registries.backup.address}/index_docker_io/library/nginx" in diff
    assert f'url: "oci://{registries.moved}/charts"' in diff
    lock = (repository.path / ".gitops-clone.lock").read_text()
    repository.run("rewrite", "--render", "--charts", "--no-mirror")
    assert (repository.path / ".gitops-clone.lock").read_text() == lock
    repository.run("restore")
    assert repository.git("diff") == ""


def test_a_lock_file_of_helm_changes_with_its_chart(repository: Repository, registries: Registries) -> None:
    """What is locked is what moves: helm takes the checksum, and builds the chart from the backup registry."""
    upstream = f"oci://{registries.upstream.address}/charts"
    chart = f"""\
apiVersion: v2
name: shop
version: 0.1.0
dependencies:
  - {{name: web, version: 1.3.0+build.7, repository: {upstream}, alias: front, condition: front.on, tags: [a, "<b>"]}}
  - name: api
    version: ">=1.0.0 <3.0.0"
    repository: {upstream}
    import-values: [data, {{child: a, parent: b}}]
"""
    folder = repository.path / "charts/shop"
    repository.write({"charts/shop/Chart.yaml": chart})
    helm("dependency", "update", "--plain-http", str(folder))
    shutil.rmtree(folder / "charts")
    repository.commit()
    repository.run("rewrite", "--charts")
    changed = [line for line in repository.git("diff", "-U0").splitlines() if line.startswith("+ ")]
    assert [line.count(f"repository: oci://{registries.moved}/charts") for line in changed] == [1] * 4
    assert "charts/api:2.0.0" in (repository.path / ".gitops-clone.lock").read_text()
    helm("dependency", "build", "--plain-http", str(folder))
    assert sorted(path.name for path in (folder / "charts").iterdir()) == ["api-2.0.0.tgz", "web-1.3.0+build.7.tgz"]
    shutil.rmtree(folder / "charts")
    diff = repository.git("diff")
    repository.run("rewrite", "--charts")
    assert repository.git("diff") == diff
    repository.run("restore")
    assert repository.git("diff") == ""


def test_an_artifact_that_is_no_chart(repository: Repository, registries: Registries) -> None:
    """Such as Flux pushes manifests, with a configuration and layers of its own types; for one platform as for all."""
    digest = pushed(registries.upstream, "fleet/manifests", "v1", "application/vnd.cncf.flux.config.v1+json")
    source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: fleet, namespace: apps}\n"
    url = f"oci://{registries.upstream.address}/fleet/manifests"
    repository.write({"apps/fleet.yaml": f"{source}spec: {{url: '{url}', ref: {{digest: '{digest}'}}}}\n"})
    repository.run("rewrite", "--charts", "--platform", "linux/arm64")
    path = registries.moved.partition("/")[2]
    assert registries.backup.digest(f"{path}/fleet/manifests", digest) == digest
    assert f"url: 'oci://{registries.moved}/fleet/manifests'" in (repository.path / "apps/fleet.yaml").read_text()
    repository.write({"apps/fleet.yaml": f"{source}spec: {{url: '{url}', ref: {{tag: v1}}}}\n"})
    repository.run("rewrite", "--charts", "--platform", "linux/arm64")
    assert registries.backup.digest(f"{path}/fleet/manifests", "v1") == digest


def test_a_chart_that_is_gone_upstream_keeps_its_address(repository: Repository, registries: Registries) -> None:
    """And the others at that address: exit code 3, nothing dangles, but what is there is copied."""
    files = {
        "apps/charts.yaml": helm_repository(f"oci://{registries.upstream.address}/charts", kind="oci"),
        "apps/gone.yaml": release("gone", version="1.0.0"),
        "apps/api.yaml": release("api", version="2.0.0"),
    }
    repository.write(files)
    done = repository.run("rewrite", "--charts", code=3)
    assert "charts/gone:1.0.0" in done.out
    assert {name: (repository.path / name).read_text() for name in files} == files
    assert "charts/api:2.0.0" in (repository.path / ".gitops-clone.lock").read_text()


def test_what_is_on_the_backup_registry_is_fetched_by_the_name_that_this_machine_has() -> None:
    scheme = Scheme("10.96.0.11:5001/mirror")
    moved = "oci://10.96.0.11:5001/mirror/index_docker_io/acme/web"
    reached = Backups(scheme, "localhost:5001/mirror")
    assert reached.find(moved, "1.0.0") == "oci://localhost:5001/mirror/index_docker_io/acme/web"
    assert reached.find("oci://ghcr.io/acme/web", "1.0.0") == "oci://ghcr.io/acme/web"
    early = Backups(scheme, "localhost:5001/mirror", frozenset({"index.docker.io/acme/web:1.0.0_7"}))
    assert early.find(moved, "1.0.0+7") == "oci://localhost:5001/mirror/index_docker_io/acme/web"
    assert early.find(moved, "1.1.0") == "oci://registry-1.docker.io/acme/web"
