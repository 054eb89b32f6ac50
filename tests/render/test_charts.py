"""`verify` over charts from elsewhere: an index on loopback, and a real registry; with the faults that these have."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_clone.controllers.model import ChartReference
from gitops_clone.render.charts import Charts
from gitops_clone.render.helm_access import Access
from gitops_clone.render.tools import Refused, Tools
from tests.parts import charts, registry
from tests.parts.charts import ChartRepository
from tests.parts.registry import Registry
from tests.render.objects import application, helm_repository, release
from tests.render.repository import BACKUP, Repository, values
from tests.render.test_flux import images

_RELEASE = "HelmRelease apps/web (apps/web.yaml)"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions of a chart `web`, packaged and listed."""
    folder = tmp_path_factory.mktemp("packages")
    made = ChartRepository(folder)
    for version, image in (("1.2.3", "nginx:1.25"), ("1.9.0", "nginx:1.27"), ("2.0.0", "redis:7")):
        made.add("web", version, image=image)
    made.stop()
    return folder


@pytest.fixture
def oci(tmp_path: Path) -> Iterator[Registry]:
    made = registry.start(tmp_path / "registry")
    yield made
    made.stop()


def test_a_release_is_rendered_with_the_chart_of_its_repository(
    repository: Repository, elsewhere: ChartRepository
) -> None:
    more = "values: {image: {tag: '9'}}\n"
    repository.write({"apps/web.yaml": release(more=more), "apps/charts.yaml": helm_repository(elsewhere.url)})
    done = repository.run("verify")
    assert done.verdicts == {_RELEASE: "not verified"}
    assert f"the chart web is at {elsewhere.url} (--network lets helm fetch it)" in done.out
    assert not elsewhere.web.asked
    assert images(repository.json("--network", code=1)) == {"HelmRelease apps/web": ["Deployment web: nginx:9"]}


def test_a_range_takes_the_newest_version_in_it(repository: Repository, elsewhere: ChartRepository) -> None:
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url)})
    wanted = {"1.x": "nginx:1.27", "1.2.3": "nginx:1.25", ">=1.0.0": "redis:7", "*": "redis:7"}
    for number, version in enumerate(wanted):
        made = release(version=version).replace("  name: web\n", f"  name: web-{number}\n", 1)
        repository.write({f"apps/{number}.yaml": made})
    assert images(repository.json("--network", code=1)) == {
        f"HelmRelease apps/web-{number}": [f"Deployment web-{number}: {image}"]
        for number, image in enumerate(wanted.values())
    }


def test_an_index_and_a_chart_are_fetched_once(repository: Repository, elsewhere: ChartRepository) -> None:
    for name in ("web", "other", "third"):
        made = release().replace("  name: web\n", f"  name: {name}\n", 1)
        repository.write({f"apps/{name}.yaml": made})
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url)})
    repository.run("verify", "--network", code=1)
    assert elsewhere.web.count("index.yaml") == 1
    assert elsewhere.web.count("tgz") == 1


def test_an_application_with_a_chart_and_values_of_the_repository(
    repository: Repository, elsewhere: ChartRepository
) -> None:
    source = f"repoURL: {elsewhere.url}\nchart: web\ntargetRevision: 1.2.3\nhelm:\n  parameters:\n"
    repository.write({"argo/web.yaml": application(f"{source}    - {{name: image.repository, value: {BACKUP}/x}}\n")})
    assert images(repository.json("--network")) == {"Application argocd/web": [f"Deployment web: {BACKUP}/x:1.25"]}


def test_charts_in_a_registry(repository: Repository, elsewhere: ChartRepository, oci: Registry) -> None:
    charts.push(elsewhere.add("web", "3.0.0", image="memcached:1"), oci.address)
    charts.push(elsewhere.add("web", "4.0.0", image="memcached:2"), oci.address)
    source = f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: web, namespace: apps}}
spec: {{url: "oci://{oci.address}/charts/web", ref: {{semver: 3.x}}}}
"""
    by_reference = release().partition("  chart:")[0] + "  chartRef: {kind: OCIRepository, name: web}\n"
    repository.write(
        {
            "apps/charts.yaml": helm_repository(f"oci://{oci.address}/charts", kind="oci"),
            "apps/web.yaml": release(version="3.x"),
            "apps/source.yaml": source,
            "apps/same.yaml": by_reference.replace("name: web\n", "name: same\n", 1),
            "argo/web.yaml": application(f"repoURL: {oci.address}/charts\nchart: web\ntargetRevision: 3.0.0\n"),
        }
    )
    insecure = f'insecure-registry = ["{oci.address}"]\n'
    repository.write({".gitops-clone.toml": insecure})
    assert images(repository.json("--network", code=1)) == {
        "Application argocd/web": ["Deployment web: memcached:1"],
        "HelmRelease apps/same": ["Deployment same: memcached:1"],
        "HelmRelease apps/web": ["Deployment web: memcached:1"],
    }


def test_the_log_ins_of_the_user(repository: Repository, tmp_path: Path) -> None:
    """For the very repository, from a file; a stranger's repository gets none, and nobody sees it."""
    private, strange = ChartRepository(tmp_path / "private", login=True), ChartRepository(tmp_path / "strange")
    private.add("web", "1.0.0")
    strange.add("web", "1.0.0")
    config = Path(repository.environment["HOME"]) / ".config/helm/repositories.yaml"
    config.parent.mkdir(parents=True)
    entry = f"{{name: mine, url: {private.url}/, username: {charts.USER}, password: {charts.PASSWORD}}}"
    config.write_text(f'apiVersion: ""\nrepositories:\n  - {entry}\n')
    repository.write({"apps/charts.yaml": helm_repository(private.url), "apps/web.yaml": release()})
    repository.run("verify", "--network", code=1)
    repository.write({"apps/charts.yaml": helm_repository(strange.url)})
    done = repository.run("verify", "--network", code=1)
    assert charts.PASSWORD not in done.out + done.err
    assert not any("authorization" in asked.headers for asked in strange.web.asked)
    config.unlink()
    repository.write({"apps/charts.yaml": helm_repository(private.url)})
    assert "401" in repository.run("verify", "--network").out
    private.stop()
    strange.stop()


def test_the_log_in_of_a_registry(repository: Repository, elsewhere: ChartRepository, tmp_path: Path) -> None:
    private = registry.start(tmp_path / "private", auth=True)
    login = base64.b64encode(f"{registry.USER}:{registry.PASSWORD}".encode()).decode()
    authfile = tmp_path / "auth.json"
    authfile.write_text(json.dumps({"auths": {private.address: {"auth": login}}}))
    package = elsewhere.add("web", "3.0.0", image="memcached:1")
    charts.push(package, private.address, authfile)
    repository.write(
        {
            ".gitops-clone.toml": f'insecure-registry = ["{private.address}"]\nauthfile = "../auth.json"\n',
            "apps/charts.yaml": helm_repository(f"oci://{private.address}/charts", kind="oci"),
            "apps/web.yaml": release(version="3.0.0"),
        }
    )
    assert images(repository.json("--network", code=1)) == {"HelmRelease apps/web": ["Deployment web: memcached:1"]}
    repository.write({".gitops-clone.toml": f'insecure-registry = ["{private.address}"]\n'})
    assert repository.run("verify", "--network").verdicts == {_RELEASE: "not verified"}
    private.stop()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (release("nowhere"), 'chart "nowhere" matching 1.x not found'),
        (release(version="7.x"), 'chart "web" matching 7.x not found'),
        (release("../web"), "under a name or version that no chart has"),
        (release("--help"), "under a name or version that no chart has"),
    ],
)
def test_a_chart_that_is_not_there(repository: Repository, elsewhere: ChartRepository, made: str, told: str) -> None:
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url), "apps/web.yaml": made})
    done = repository.run("verify", "--network")
    assert set(done.verdicts.values()) == {"not verified"}
    assert told in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:9/charts", "connection refused"),
        ("file:///etc", "neither an http(s) nor an oci address"),
        ("s3://bucket/charts", "neither an http(s) nor an oci address"),
        ("https://ada:hunter2@charts.example.org", "https://charts.example.org, which is neither"),
    ],
)
def test_a_repository_that_is_none(repository: Repository, url: str, told: str) -> None:
    repository.write({"apps/charts.yaml": helm_repository(url), "apps/web.yaml": release()})
    done = repository.run("verify", "--network")
    assert done.verdicts == {_RELEASE: "not verified"}
    assert told in done.out
    assert "hunter2" not in done.out


def test_a_package_that_is_gone_and_a_chart_that_is_broken(repository: Repository, elsewhere: ChartRepository) -> None:
    gone = elsewhere.add("gone", "1.0.0")
    elsewhere.add("broken", "1.0.0", {"templates/broken.yaml": '{{ fail "not today" }}\n'})
    gone.unlink()
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url)})
    for name in ("gone", "broken", "web"):
        repository.write({f"apps/{name}.yaml": release(name)})
    done = repository.run("verify", "--network", code=1)
    assert done.verdicts == {
        "HelmRelease apps/broken (apps/broken.yaml)": "not verified",
        "HelmRelease apps/gone (apps/gone.yaml)": "not verified",
        _RELEASE: "failed",
    }
    assert "404" in done.out
    assert "not today" in done.out


def test_a_repository_that_hangs_is_given_up(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = ChartRepository(tmp_path / "charts")
    hanging.hanging = True
    monkeypatch.setenv("PATH", str(programs))
    fetched = Charts(Tools(tmp_path / "scratch", network=True, limit=1.0), Access())
    told = fetched.pull(ChartReference("web", None, hanging.url, None, ""))
    assert isinstance(told, Refused)
    assert "it takes longer than 1 s to fetch the index" in told.reason
    hanging.stop()


def test_the_dependencies_of_a_chart_of_the_repository(repository: Repository, elsewhere: ChartRepository) -> None:
    needs = f'dependencies:\n  - {{name: web, version: 1.x, repository: "{elsewhere.url}"}}\n'
    repository.write(
        {
            "charts/shop/Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 0.1.0\n{needs}",
            "charts/shop/values.yaml": "web:\n  image: {tag: '9'}\n",
        }
    )
    assert "missing in charts/ directory: web" in repository.run("verify").out
    before = sorted(path for path in repository.path.rglob("*") if ".git" not in path.parts)
    assert images(repository.json("--network", code=1)) == {"charts/shop": ["Deployment release-name: nginx:9"]}
    assert sorted(path for path in repository.path.rglob("*") if ".git" not in path.parts) == before


def test_the_property_for_a_chart_from_elsewhere(repository: Repository, elsewhere: ChartRepository) -> None:
    """Relocated by a post-renderer, and nothing else changed; another version is a change."""
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url), "apps/web.yaml": release()})
    repository.commit()
    renderers = (
        f"postRenderers:\n  - kustomize:\n      images:\n        - {{name: nginx, newName: {BACKUP}/library/nginx}}\n"
    )
    repository.write({"apps/web.yaml": release(more=renderers)})
    done = repository.run("verify", "--network", "--base", "HEAD")
    assert done.verdicts == {_RELEASE: "ok"}
    assert "nothing else has changed" in done.out
    repository.write({"apps/web.yaml": release(version="1.2.3", more=renderers)})
    done = repository.run("verify", "--network", "--base", "HEAD", code=1)
    assert f"+      - image: {BACKUP}/library/nginx:1.25" in done.out


def test_values_files_of_the_chart_itself(repository: Repository, elsewhere: ChartRepository) -> None:
    elsewhere.add("web", "4.0.0", {"ci/eu.yaml": values("quay.io/acme/web", "4")})
    made = release(version="4.0.0").replace("      sourceRef:", "      valuesFiles: [ci/eu.yaml]\n      sourceRef:")
    repository.write({"apps/charts.yaml": helm_repository(elsewhere.url), "apps/web.yaml": made})
    found = images(repository.json("--network", code=1))
    assert found == {"HelmRelease apps/web": ["Deployment web: quay.io/acme/web:4"]}
