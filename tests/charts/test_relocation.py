"""Charts that were pushed with the real helm: copied, relocated, pulled from the backup registry, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.charts.registries import Registries, pulled
from tests.render.objects import helm_repository, release
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
    repository.run("rewrite", "--charts")
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
