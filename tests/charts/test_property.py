"""Over generated overlays, with the real kustomize as the judge.

What is copied is what the entry points take; what they render is what it was, with addresses relocated.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.charts.folder import BACKUP, Folder
from tests.parts import kustomize

_HOSTS = ("ghcr.io/acme", "quay.io/acme", "registry.acme.io:8443/charts")
_SOURCE = {"kind": "HelmRepository", "name": "charts"}
_VERSIONS = ("1.0.0", "1.1.0", "2.0.0+7")
_BASE: Mapping[str, Mapping[str, Any]] = {
    "HelmRepository charts": {"spec": {"type": "oci", "url": "oci://ghcr.io/acme"}},
    "HelmRelease web": {"spec": {"chart": {"spec": {"chart": "web", "version": "1.0.0", "sourceRef": _SOURCE}}}},
    "HelmRelease api": {"spec": {"chart": {"spec": {"chart": "api", "version": "2.0.0", "sourceRef": _SOURCE}}}},
    "OCIRepository fleet": {"spec": {"url": "oci://quay.io/acme/fleet", "ref": {"tag": "v1"}}},
}
_GROUPS = {"HelmRelease": "helm.toolkit.fluxcd.io/v2"}
_PATHS = {
    "HelmRepository charts": ("/spec/url", [f"oci://{host}" for host in _HOSTS]),
    "HelmRelease web": ("/spec/chart/spec/version", _VERSIONS),
    "HelmRelease api": ("/spec/chart/spec/version", _VERSIONS),
    "OCIRepository fleet": ("/spec/ref/tag", ["v1", "v2"]),
}


def _object(name: str, rest: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, own = name.partition(" ")
    group = _GROUPS.get(kind, "source.toolkit.fluxcd.io/v1")
    return {"apiVersion": group, "kind": kind, "metadata": {"name": own}, **rest}


@st.composite
def patches(draw: st.DrawFn) -> dict[str, Any]:
    """A patch of one object: merged or by an operation, or one that deletes it."""
    name = draw(st.sampled_from(sorted(_PATHS)))
    path, values = _PATHS[name]
    ways = (
        ("merge", "operation", "delete")
        if name in ("HelmRelease api", "OCIRepository fleet")
        else ("merge", "operation")
    )
    value, way = draw(st.sampled_from(values)), draw(st.sampled_from(ways))
    kind, _, own = name.partition(" ")
    if way == "operation":
        operation = [{"op": "replace", "path": path, "value": value}]
        return {"target": {"kind": kind, "name": own}, "patch": yaml.safe_dump(operation)}
    rest: dict[str, Any] = {"$patch": "delete"}
    if way == "merge":
        rest = {path.rpartition("/")[2]: value}
        for key in reversed(path.split("/")[1:-1]):
            rest = {key: rest}
    return {"patch": yaml.safe_dump(_object(name, rest))}


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """The files of a base and one to three overlays of it."""
    files = {
        "base/kustomization.yaml": json.dumps({"resources": ["all.yaml"]}),
        "base/all.yaml": "---\n".join(yaml.safe_dump(_object(name, rest)) for name, rest in _BASE.items()),
    }
    for number in range(draw(st.integers(1, 3))):
        chosen = draw(st.lists(patches(), max_size=3, unique_by=lambda each: (each.get("target"), each["patch"])[1]))
        overlay: dict[str, Any] = {"resources": ["../base"], "patches": []}
        if draw(st.booleans()):
            overlay["namespace"] = "apps"
        for index, patch in enumerate(chosen):
            if draw(st.booleans()):
                files[f"o{number}/patch-{index}.yaml"] = patch["patch"]
                patch = {**patch, "path": f"patch-{index}.yaml"}
                del patch["patch"]
            overlay["patches"].append(patch)
        files[f"o{number}/kustomization.yaml"] = yaml.safe_dump(overlay)
    return files


def _taken(text: str) -> Iterator[str]:
    """What the objects of a rendering take from registries."""
    objects = [each for each in yaml.safe_load_all(text) if each]
    urls = {each["metadata"]["name"]: each["spec"]["url"] for each in objects if each["kind"] == "HelmRepository"}
    for each in objects:
        if each["kind"] == "OCIRepository":
            yield f"{each['spec']['url'].removeprefix('oci://')}:{each['spec']['ref']['tag']}"
        elif each["kind"] == "HelmRelease":
            chart = each["spec"]["chart"]["spec"]
            yield f"{urls['charts'].removeprefix('oci://')}/{chart['chart']}:{chart['version'].replace('+', '_')}"


def _moved(text: str) -> str:
    def move(match: re.Match[str]) -> str:
        return f"oci://{BACKUP}/{re.sub('[.:]', '_', match[1])}/"

    return re.sub(r"oci://([\w.:-]+)/", move, text)


@settings(
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(trees())
def test_what_overlays_take_is_copied_and_moves(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name), files)
        overlays = [Path(name, each) for each in sorted({file.split("/")[0] for file in files} - {"base"})]
        before = kustomize.build_all(overlays)
        wanted = {image for text in before.values() for image in _taken(text)}
        if len(before) < len(overlays):
            return  # kustomize refuses to patch what another patch has deleted
        found = folder.states()
        assert {image for image, state in found.items() if state == "upstream"} == wanted, found
        folder.run("rewrite", "--no-mirror", "--charts")
        assert set(folder.locked()) == wanted
        after = kustomize.build_all(overlays)
        assert after == {each: _moved(text) for each, text in before.items()}
