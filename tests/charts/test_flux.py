"""Addresses in objects of Flux: which of them move, with what, and which stay."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.charts.folder import BACKUP, NOT_ASKED, Folder
from tests.render.objects import helm_repository, kustomization, release

_URL = "oci://ghcr.io/acme/charts"
_MOVED = f"oci://{BACKUP}/ghcr_io/acme/charts"
_DIGEST = "sha256:" + "a1" * 32


def artifact(reference: str = "", more: str = "", url: str = f"{_URL}/web", name: str = "web") -> str:
    """An OCIRepository `apps/NAME`; `reference` is what stands in its `ref`."""
    return f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: {name}
  namespace: apps
spec:
  interval: 5m
  url: {url}
{f"  ref: {{{reference}}}" if reference else ""}
{more}"""


_FILLED = artifact("tag: '<< inputs.tag >>'", url="oci://ghcr.io/acme/api", name="api")


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("tag: 1.2.3", "ghcr.io/acme/charts/web:1.2.3"),
        (f"digest: '{_DIGEST}', tag: 1.2.3", f"ghcr.io/acme/charts/web@{_DIGEST}"),
        (f"digest: '{_DIGEST}', semver: 1.x", f"ghcr.io/acme/charts/web@{_DIGEST}"),
        ("", "ghcr.io/acme/charts/web:latest"),
    ],
)
def test_an_oci_repository_moves_and_its_reference_stays(tmp_path: Path, reference: str, image: str) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": artifact(reference)})
    (found,) = folder.findings()
    assert (found["state"], found["reason"], found["image"]) == ("ignored", NOT_ASKED, image)
    assert (found["pointer"], found["line"], found["column"]) == ("/spec/url", 8, 8)
    assert folder.states() == {image: "upstream"}
    assert folder.rewrite() == {"apps/web.yaml": [f"url: {_MOVED}/web"]}
    assert folder.locked() == [image]


@pytest.mark.parametrize(
    ("reference", "more", "told"),
    [
        ("semver: 1.x", "", "its version is a range: 1.x"),
        ("semver: 1.2.3", "", "its version is a range: 1.2.3"),
        ("tag: '${TAG}'", "", "has a variable: ${…}"),
        ("tag: 1.2.3", "  verify: {provider: cosign}\n", "its verify asks for a signature, and copies have none"),
        ("tag: 1.2.3", "  provider: aws\n", "its provider aws logs in to the upstream"),
        ("tag: 1.2.3", "  insecure: true\n", "its insecure: true is for an upstream without TLS"),
        ("tag: 1.2.3", "  certSecretRef: {name: ca}\n", "its certSecretRef is for the certificate of the upstream"),
    ],
)
def test_what_is_bound_to_the_upstream_stays(tmp_path: Path, reference: str, more: str, told: str) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": artifact(reference, more)})
    assert list(folder.states().values()) == [f"unresolved: {told}"]
    (found,) = folder.findings()
    folder.run("check", "--charts")
    folder.run("check", "--charts", "--strict", code=1)
    assert found["state"] == "ignored"
    assert found["reason"] == f"{NOT_ASKED}, but leaves it here: {told}"
    assert folder.rewrite() == {}


@pytest.mark.parametrize("more", ["  secretRef: {name: login}\n", "  provider: generic\n", "  insecure: false\n"])
def test_what_serves_for_another_registry_too_does_not_keep_it(tmp_path: Path, more: str) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": artifact("tag: 1.2.3", more)})
    assert folder.rewrite() == {"apps/web.yaml": [f"url: {_MOVED}/web"]}


def test_a_helm_repository_moves_with_its_releases(tmp_path: Path) -> None:
    chart = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: db, namespace: apps}
spec: {chart: db, version: 3.0.0-rc.1, sourceRef: {kind: HelmRepository, name: charts}}
"""
    files = {
        "apps/all.yaml": "---\n".join([helm_repository(f"{_URL}/", kind="oci"), release("api", "v2.0.0"), chart]),
        "more/web.yaml": release("web", "1.0.0+7"),
        "more/other.yaml": release("other", "1.0.0", repository="others"),
    }
    folder = Folder(tmp_path, files)
    images = [f"ghcr.io/acme/charts/{each}" for each in ("api:v2.0.0", "db:3.0.0-rc.1", "web:1.0.0_7")]
    assert folder.states() == dict.fromkeys(images, "upstream")
    assert folder.rewrite() == {"apps/all.yaml": [f'spec: {{type: oci, url: "{_MOVED}/"}}']}
    assert folder.locked() == images


@pytest.mark.parametrize(
    ("other", "state"),
    [
        (release("api", "1.x"), "unresolved: its version is a range"),
        (release("api", "*"), "unresolved: its version is a range"),
        (release("api", "1.0.0").replace("apps\n", "kube-system\n"), "ignored: namespace kube-system"),
        (release("api", "1.0.0", more="targetNamespace: registry\n"), "ignored: namespace registry"),
        (
            release("api", "1.0.0").replace(
                "  namespace:", "  annotations: {gitops-clone/ignore: 'true'}\n  namespace:"
            ),
            "ignored: annotation gitops-clone/ignore of HelmRelease",
        ),
        (
            release("api", "1.0.0").replace("      sourceRef:", "      verify: {provider: cosign}\n      sourceRef:"),
            "unresolved: its verify asks for a signature, and copies have none",
        ),
    ],
)
def test_one_release_keeps_the_repository_of_all(tmp_path: Path, other: str, state: str) -> None:
    source = helm_repository(_URL, kind="oci")
    other = other.replace("        name: charts\n", "        name: charts\n        namespace: apps\n")
    folder = Folder(
        tmp_path, {"apps/charts.yaml": source, "apps/web.yaml": release("web", "1.0.0"), "apps/api.yaml": other}
    )
    reason = state.partition(": ")[2]
    states = folder.states()
    image = next(each for each in states if "/api" in each)
    assert states == {
        image: state,
        "ghcr.io/acme/charts/web:1.0.0": f"unresolved: shares its address with {image}: {reason}",
    }
    assert folder.rewrite() == {}


def test_a_repository_that_nothing_uses_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"apps/charts.yaml": helm_repository(_URL, kind="oci")})
    assert folder.states() == {
        "ghcr.io/acme/charts": "unresolved: no HelmRelease or HelmChart of this repository uses it, so that its charts "
        "are not known"
    }
    assert folder.rewrite() == {}


def test_repositories_of_one_name_are_told_apart_by_their_namespaces(tmp_path: Path) -> None:
    other = helm_repository("oci://quay.io/acme", kind="oci").replace("namespace: apps", "namespace: more")
    files = {
        "apps/charts.yaml": helm_repository(_URL, kind="oci"),
        "apps/web.yaml": release("web", "1.0.0"),
        "more/charts.yaml": other,
        "more/api.yaml": release("api", "2.0.0").replace("namespace: apps", "namespace: more"),
        "index/charts.yaml": helm_repository("https://charts.acme.io", name="index"),
        "index/old.yaml": release("old", "1.0.0", repository="index"),
    }
    folder = Folder(tmp_path, files)
    assert folder.states() == {"ghcr.io/acme/charts/web:1.0.0": "upstream", "quay.io/acme/api:2.0.0": "upstream"}
    assert set(folder.rewrite()) == {"apps/charts.yaml", "more/charts.yaml"}


def test_an_overlay_that_patches_the_version(tmp_path: Path) -> None:
    """What is copied is what comes out; an inline patch, a patch file, an operation; and one for the address itself."""
    base = "resources: [charts.yaml, web.yaml]\nnamespace: shop\n"
    bare = release("web", "1.0.0").replace("  namespace: apps\n", "")
    patch = "kind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: web}\n"
    inline = """\
resources: [../base]
patches:
  - target: {kind: HelmRelease}
    patch: |
      - {op: replace, path: /spec/chart/spec/version, value: 3.0.0}
  - patch: |
      kind: HelmRepository
      apiVersion: source.toolkit.fluxcd.io/v1
      metadata: {name: charts, namespace: shop}
      spec:
        url: oci://quay.io/acme/charts
"""
    files = {
        "base/kustomization.yaml": base,
        "base/charts.yaml": helm_repository(_URL, kind="oci").replace(", namespace: apps", ""),
        "base/web.yaml": bare,
        "eu/kustomization.yaml": "resources: [../base]\npatches: [{path: version.yaml}]\n",
        "eu/version.yaml": patch.replace("web}", "web, namespace: shop}") + "spec: {chart: {spec: {version: 2.0.0}}}\n",
        "us/kustomization.yaml": inline,
    }
    folder = Folder(tmp_path, files)
    found = {each["image"]: each for each in folder.findings("--charts")}
    assert {image: each["state"] for image, each in found.items()} == {
        "ghcr.io/acme/charts/web:2.0.0": "upstream",
        "quay.io/acme/charts/web:3.0.0": "upstream",
    }
    assert found["ghcr.io/acme/charts/web:2.0.0"]["entry_points"] == ["eu"]
    assert found["quay.io/acme/charts/web:3.0.0"]["entry_points"] == ["us"]
    assert found["quay.io/acme/charts/web:3.0.0"]["file"] == "us/kustomization.yaml"
    assert folder.rewrite() == {
        "base/charts.yaml": [f'spec: {{type: oci, url: "{_MOVED}"}}'],
        "us/kustomization.yaml": [f"url: oci://{BACKUP}/quay_io/acme/charts"],
    }


def test_a_release_that_every_overlay_deletes_keeps_nothing(tmp_path: Path) -> None:
    gone = "$patch: delete\nkind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\n"
    gone += "metadata: {name: api, namespace: apps}\n"
    files = {
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": "---\n".join(
            [helm_repository(_URL, kind="oci"), release("web", "1.0.0"), release("api", "1.x"), artifact(name="old")]
        ),
        "eu/kustomization.yaml": "resources: [../base]\npatches: [{path: gone.yaml}, {path: old.yaml}]\n",
        "eu/gone.yaml": gone,
        "eu/old.yaml": gone.replace("helm.toolkit.fluxcd.io/v2", "source.toolkit.fluxcd.io/v1")
        .replace("HelmRelease", "OCIRepository")
        .replace("api,", "old,"),
    }
    folder = Folder(tmp_path, files)
    assert folder.states() == {
        "ghcr.io/acme/charts/web:1.0.0": "upstream",
        "ghcr.io/acme/charts/web": "ignored: never rendered: no entry point has it as it is written",
    }
    assert set(folder.rewrite()) == {"base/all.yaml"}


def test_what_one_overlay_does_not_use_another_one_may(tmp_path: Path) -> None:
    gone = "$patch: delete\nkind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\n"
    files = {
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": "---\n".join([helm_repository(_URL, kind="oci"), release("web", "1.0.0")]),
        "eu/kustomization.yaml": "resources: [../base]\npatches: [{path: gone.yaml}]\n",
        "eu/gone.yaml": f"{gone}metadata: {{name: web, namespace: apps}}\n",
        "us/kustomization.yaml": "resources: [../base]\n",
    }
    folder = Folder(tmp_path, files)
    assert folder.states() == {"ghcr.io/acme/charts/web:1.0.0": "upstream"}
    assert set(folder.rewrite()) == {"base/all.yaml"}


def test_a_patch_that_gives_an_address(tmp_path: Path) -> None:
    """It goes with the tag of its object; and stays, if what it goes to is in no file."""
    patch = artifact(url="oci://quay.io/acme/web")
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": artifact("tag: 1.0.0"),
        "eu/kustomization.yaml": "resources: [../base]\npatches: [{path: address.yaml}]\n",
        "eu/address.yaml": patch,
    }
    folder = Folder(tmp_path / "known", files)
    never = "ignored: never rendered: no entry point has it as it is written"
    assert folder.states() == {"quay.io/acme/web:1.0.0": "upstream", "ghcr.io/acme/charts/web": never}
    assert folder.rewrite() == {"eu/address.yaml": [f"url: oci://{BACKUP}/quay_io/acme/web"]}
    remote = "resources: ['https://github.com/acme/base//deploy?ref=v1']\npatches: [{path: address.yaml}]\n"
    folder = Folder(tmp_path / "remote", {"eu/kustomization.yaml": remote, "eu/address.yaml": patch})
    told = "unresolved: a patch puts it to an object that is not known here"
    assert folder.states() == {"quay.io/acme/web:latest": told}


def test_a_variable_of_a_kustomization_is_a_version(tmp_path: Path) -> None:
    more = "postBuild: {substitute: {VERSION: 1.4.0}}\n"
    files = {
        "clusters/apps.yaml": kustomization("./apps", more),
        "apps/charts.yaml": helm_repository(_URL, kind="oci"),
        "apps/web.yaml": release("web", "${VERSION}"),
        "apps/more/art.yaml": artifact("tag: '${VERSION}'", url="oci://quay.io/acme/art", name="art"),
    }
    folder = Folder(tmp_path, files)
    assert folder.states(paths=("apps/more/art.yaml",)) == {"quay.io/acme/art:1.4.0": "upstream"}
    assert folder.states(paths=("apps/charts.yaml",)) == {"ghcr.io/acme/charts/web:1.4.0": "upstream"}
    found, _ = folder.findings("--charts")
    assert (found["image"], found["state"]) == ("ghcr.io/acme/charts/web:1.4.0", "upstream")
    assert found["entry_points"] == ["apps (Kustomization flux-system/apps, clusters/apps.yaml)"]
    assert set(folder.rewrite()) == {"apps/charts.yaml", "apps/more/art.yaml"}
    folder = Folder(tmp_path / "unknown", {**files, "clusters/apps.yaml": kustomization("./apps")})
    assert set(folder.states().values()) == {
        "unresolved: its version has a variable",
        "unresolved: has a variable: ${…}",
    }


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (
            artifact("tag: 1.2.3").replace("/web\n", "/web # gitops-clone: ignore\n"),
            "ignored: comment gitops-clone: ignore",
        ),
        (
            artifact("tag: 1.2.3").replace("  name:", "  annotations: {gitops-clone/ignore: 'true'}\n  name:"),
            "ignored: annotation gitops-clone/ignore",
        ),
        (artifact("tag: 1.2.3").replace("namespace: apps", "namespace: kube-system"), "ignored: namespace kube-system"),
        (
            artifact("tag: 1.2.3").replace("}", '} # {"$imagepolicy": "flux-system:web:tag"}'),
            "ignored: Flux image automation owns this line (ImagePolicy flux-system:web)",
        ),
        (
            artifact("tag: 1.2.3", "sops: {mac: 'ENC[x]'}\n"),
            "unresolved: SOPS: its MAC covers all values, an edit would make the file undecryptable",
        ),
        (
            artifact("tag: 1.2.3", "  note: *url\n").replace("url: ", "url: &url "),
            "unresolved: other places of its document may have its text by an alias",
        ),
        (
            artifact("tag: 1.2.3", "more: *all\n").replace("spec:", "spec: &all"),
            "unresolved: other places of its document may have its text by an alias",
        ),
        (
            artifact("tag: 1.2.3").replace(f"url: {_URL}", "url: oci://ghcr.io/Acme"),
            "unresolved: the repository name must be lower-case",
        ),
        (artifact("tag: 1.2.3", url=f"oci://{BACKUP}/acme/web"), "own"),
    ],
)
def test_what_is_to_be_left_alone(tmp_path: Path, text: str, state: str) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": text})
    assert list(folder.states().values()) == [state]
    assert folder.rewrite() == {}


def test_a_pattern_of_references_keeps_a_chart(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": artifact("tag: 1.2.3")})
    assert list(folder.states("--ignore", "ghcr.io/acme/*").values()) == ['ignored: matches "ghcr.io/acme/*"']
    assert folder.rewrite("--ignore", "ghcr.io/acme/*") == {}


def test_a_run_of_some_files(tmp_path: Path) -> None:
    """A release alone is told with the file that would have to change; the repository alone still knows its users."""
    files = {"apps/charts.yaml": helm_repository(_URL, kind="oci"), "apps/web.yaml": release("web", "1.0.0")}
    folder = Folder(tmp_path, files)
    told = "apps/charts.yaml must change with it: include that file in the run"
    assert folder.states(paths=("apps/web.yaml",)) == {"ghcr.io/acme/charts/web:1.0.0": f"unresolved: {told}"}
    assert set(folder.rewrite(paths=("apps/charts.yaml",))) == {"apps/charts.yaml"}


def test_objects_in_an_object(tmp_path: Path) -> None:
    """Those of a ResourceSet; what its inputs fill in stays."""
    more = """\
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: apps, namespace: apps}
spec:
  resources:
"""
    inside = "\n".join(indent(each, "    ").replace("    ", "  - ", 1) for each in (artifact("tag: 1.0.0"), _FILLED))
    folder = Folder(tmp_path, {"apps/set.yaml": more + inside})
    assert folder.states() == {
        "ghcr.io/acme/charts/web:1.0.0": "upstream",
        "ghcr.io/acme/api:<< inputs.tag >>": "unresolved: has a placeholder",
    }
    assert folder.rewrite() == {"apps/set.yaml": [f"url: {_MOVED}/web"]}


def test_a_version_that_a_bot_raises_fails_the_check(tmp_path: Path) -> None:
    """Also where only the file of the release has changed, and nobody asks for charts any more."""
    files = {"apps/charts.yaml": helm_repository(_URL, kind="oci"), "apps/web.yaml": release("web", "1.0.0")}
    folder = Folder(tmp_path, files)
    folder.run("rewrite", "--no-mirror", "--charts")
    folder.run("check", paths=("apps/web.yaml",))
    (tmp_path / "apps/web.yaml").write_text(release("web", "1.1.0"))
    done = folder.run("check", paths=("apps/web.yaml",), code=1)
    assert "charts/web:1.1.0" in done.output
    folder.run("rewrite", "--no-mirror")
    assert folder.locked() == [f"ghcr.io/acme/charts/web:1.{minor}.0" for minor in (0, 1)]
    folder.run("check")


def test_without_charts_the_check_passes_and_with_them_it_fails(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"apps/web.yaml": artifact("tag: 1.2.3")})
    folder.run("check", "--strict")
    folder.run("check", "--charts", code=1)
    (tmp_path / ".gitops-clone.toml").write_text("charts = true\n")
    folder.run("check", code=1)
    folder.run("check", "--no-charts")
