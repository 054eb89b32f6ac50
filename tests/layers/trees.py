"""Kustomize trees, generated: bases, layers between, overlays, components, patches of both kinds, and image entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.layers.acts import LABELS, NOTES, act, holder
from tests.layers.images import IMAGES, entries

Files = dict[str, str]


@st.composite
def _workload(draw: st.DrawFn, name: str) -> dict[str, Any]:
    def containers(prefix: str, least: int) -> list[dict[str, str]]:
        return [{"name": f"{prefix}{n}", "image": draw(IMAGES)} for n in range(draw(st.integers(least, 2)))]

    spec: dict[str, Any] = {"containers": containers("c", 1)}
    if draw(st.booleans()):
        spec["initContainers"] = containers("i", 1)
    if draw(st.integers(0, 3)) == 0:
        spec["ephemeralContainers"] = containers("e", 1)
    if draw(st.integers(0, 3)) == 0:
        spec["volumes"] = [{"name": "v", "image": {"reference": draw(IMAGES)}}]
    kind = draw(st.sampled_from(["Deployment", "Deployment", "CronJob", "Foo"]))
    version = {"Deployment": "apps/v1", "CronJob": "batch/v1", "Foo": "example.com/v1"}[kind]
    template = {"template": {"spec": spec}}
    body: dict[str, Any] = {"jobTemplate": {"spec": template}} if kind == "CronJob" else template
    if draw(st.integers(0, 2)) == 0 and kind == "Foo":
        body["picture"] = draw(IMAGES)
    metadata = {"name": name, "labels": LABELS, "annotations": NOTES}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": body}


@st.composite
def _layer(draw: st.DrawFn, workload: dict[str, Any]) -> tuple[dict[str, Any], Files]:
    """What a kustomization says besides what it includes, and the patch files that it names."""
    layer: dict[str, Any] = {}
    files: Files = {}
    kind, name = workload["kind"], workload["metadata"]["name"]
    path = "/spec/jobTemplate/spec/template/spec" if kind == "CronJob" else "/spec/template/spec"
    form = draw(st.sampled_from(["", "", "", "merge", "merge inline", "json", "json inline", "merge old"]))
    if form.startswith("merge"):
        containers = [{"name": draw(st.sampled_from(["c0", "c1", "new"])), "image": draw(IMAGES)}]
        spec: dict[str, Any] = {"template": {"spec": {"containers": containers}}}
        body = {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec
        patch: Any = {**workload, "spec": body}
    elif form:
        patch = [{"op": "replace", "path": f"{path}/containers/0/image", "value": draw(IMAGES)}]
    if form == "merge old":
        layer["patchesStrategicMerge"] = ["patch.yaml"]
        files["patch.yaml"] = yaml.safe_dump(patch, sort_keys=False)
    elif form:
        item: dict[str, Any] = {"target": {"kind": kind, "name": name}} if form.startswith("json") else {}
        if form.endswith("inline"):
            item["patch"] = yaml.safe_dump(patch, sort_keys=False)
        else:
            item["path"] = "patch.yaml"
            files["patch.yaml"] = yaml.safe_dump(patch, sort_keys=False)
        layer["patches"] = [item]
    if draw(st.integers(0, 4)) == 0:
        layer["namePrefix"] = "p-"
    if draw(st.integers(0, 9)) == 0:
        layer["namespace"] = draw(st.sampled_from(["kube-system", "apps"]))
    if images := draw(entries()):
        layer["images"] = images
    act(draw, layer, files, workload)
    return layer, files


_SPOKEN = IMAGES.filter(lambda image: ":" in image or "/" in image)


@st.composite
def trees(draw: st.DrawFn) -> Files:
    """The files of one tree, by name."""
    files: Files = {}

    def add(folder: str, layer: dict[str, Any], more: Files) -> None:
        flow = draw(st.integers(0, 2)) == 0 and "patches" not in layer
        files[f"{folder}/kustomization.yaml"] = yaml.dump(
            layer, Dumper=draw(DUMPERS), sort_keys=False,
            default_flow_style=flow,
        )  # fmt: skip
        files.update({f"{folder}/{name}": text for name, text in more.items()})

    workload = draw(_workload("web"))
    layer, more = draw(_layer(workload))
    images = holder({"web": draw(_SPOKEN), "side": draw(_SPOKEN)})
    more["web.yaml"] = yaml.dump_all([workload, images], Dumper=_Plain, sort_keys=False)
    add("base", {"resources": ["web.yaml"], **layer}, more)
    below = "../base"
    if draw(st.booleans()):
        layer, more = draw(_layer(workload))
        add("middle", {"resources": [below], **layer}, more)
    components: list[str] = []
    if draw(st.booleans()):
        layer, more = draw(_layer(workload))
        kind = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        add("component", {**kind, **layer}, more)
        components = ["../component"]
    for number in range(draw(st.integers(0, 3))):
        layer, more = draw(_layer(workload))
        bases: list[str] = ["../base", "../middle"] if "middle/kustomization.yaml" in files else ["../base"]
        below = draw(st.sampled_from(bases))
        included: dict[str, Any] = {"resources": [below]}
        if draw(st.booleans()) and components:
            included["components"] = components
        add(f"overlay{number}", {**included, **layer}, more)
    return files


class _Plain(yaml.SafeDumper):
    """Dumps no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Indented(yaml.SafeDumper):
    """Dumps lists indented below their keys."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


DUMPERS = st.sampled_from([yaml.SafeDumper, _Indented])


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
