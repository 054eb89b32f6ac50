"""Objects of Flux and Argo CD, generated, on top of generated kustomize trees."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from tests.layers import trees
from tests.layers.images import IMAGES, NAME_LIST, NAMES, OTHER
from tests.layers.images import entries as image_entries
from tests.layers.trees import Files

ROOT = "@ROOT@"
"""What stands for the folder of the tree in paths."""


@st.composite
def _patch(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A patch of the workload, as an item of `patches`."""
    image = draw(IMAGES)
    path = "/spec/jobTemplate/spec/template/spec" if kind == "CronJob" else "/spec/template/spec"
    target = {"kind": kind, "name": "web"}
    if draw(st.booleans()):
        operation = {"op": "replace", "path": f"{path}/containers/0/image", "value": image}
        return {"target": target, "patch": yaml.safe_dump([operation], sort_keys=False)}
    spec: dict[str, Any] = {"template": {"spec": {"containers": [{"name": "c0", "image": image}]}}}
    version = {"Deployment": "apps/v1", "CronJob": "batch/v1", "Foo": "example.com/v1"}[kind]
    body = {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec
    patch = {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": body}
    return {"patch": yaml.safe_dump(patch, sort_keys=False), "target": target}


@st.composite
def _flux(draw: st.DrawFn, path: str, kind: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"interval": "10m", "path": path}
    entries = [{key: value for key, value in entry.items() if key != "tagSuffix"} for entry in draw(image_entries())]
    if entries:
        spec["images"] = entries
    if draw(st.integers(0, 2)) == 0:
        patch = draw(_patch(kind))
        old = draw(st.sampled_from(["", "", "patchesStrategicMerge", "patchesJson6902"]))
        body = yaml.safe_load(patch["patch"])
        if isinstance(body, list) == (old == "patchesJson6902") and old:
            spec[old] = [body] if old == "patchesStrategicMerge" else [{"target": patch["target"], "patch": body}]
        else:
            spec["patches"] = [patch]
    if draw(st.integers(0, 5)) == 0:
        spec["targetNamespace"] = draw(st.sampled_from(["kube-system", "shop"]))
    if draw(st.booleans()):
        spec["postBuild"] = {"substitute": {"TAG": draw(st.sampled_from(["v1", "v2"]))}}
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": spec,
    }


@st.composite
def _text(draw: st.DrawFn) -> str:
    """An entry as Argo CD has it."""
    name, new = draw(NAMES), draw(st.sampled_from(["", *NAME_LIST]))
    part = draw(st.sampled_from([":3", ":4-alpine", f"@{OTHER}", ""] if new else [":3", f"@{OTHER}"]))
    return f"{name}={new}{part}" if new else f"{name}{part}"


@st.composite
def _argo(draw: st.DrawFn, path: str, kind: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if images := draw(st.lists(_text(), max_size=2)):
        options["images"] = images
    if draw(st.integers(0, 2)) == 0:
        options["patches"] = [draw(_patch(kind))]
    if draw(st.integers(0, 5)) == 0:
        options["namespace"] = draw(st.sampled_from(["kube-system", "shop"]))
    source: dict[str, Any] = {"path": path, "repoURL": "https://git.example.com/fleet"}
    if options:
        source["kustomize"] = options
    spec: dict[str, Any] = {"destination": {"namespace": draw(st.sampled_from(["shop", "kube-system"]))}}
    spec |= {"sources": [source]} if draw(st.booleans()) else {"source": source}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "apps", "namespace": "argocd"},
        "spec": spec,
    }


@st.composite
def delivered(draw: st.DrawFn) -> Files:
    """A tree with objects that apply its folders; some images and tags in it are variables."""
    files = draw(trees.trees())
    if draw(st.integers(0, 2)) == 0:
        files = {"base/web.yaml": files["base/web.yaml"]}
    if draw(st.booleans()):
        files = {name: text.replace(":2.0", ":${TAG}") for name, text in files.items()}
    if draw(st.integers(0, 3)) == 0:
        files = {name: text.replace("newTag: '3'", "newTag: ${TAG:=v3}") for name, text in files.items()}
    kind = next(yaml.safe_load_all(files["base/web.yaml"]))["kind"]
    folders = sorted({name.rpartition("/")[0] for name in files if "component" not in name})
    for number in range(draw(st.integers(1, 3))):
        path = f"{ROOT}/{draw(st.sampled_from(folders))}"
        found = draw(draw(st.sampled_from([_flux, _flux, _argo]))(path, kind))
        dumper = draw(trees.DUMPERS)
        files[f"clusters/{number}.yaml"] = yaml.dump(found, Dumper=dumper, sort_keys=False)
    return files
