"""What kustomizations do besides image entries and plain patches, generated: one act a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.layers.images import IMAGES, entry

Layer = dict[str, Any]
Files = dict[str, str]
Act = Callable[[st.DrawFn, Layer, Files, dict[str, Any]], None]

LABELS = {"app": "web", "tier": "front"}
NOTES = {"note": "x"}


def holder(images: dict[str, str]) -> dict[str, Any]:
    """A ConfigMap with images that replacements copy."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "images"}, "data": images}


def pod_path(kind: str) -> list[str]:
    """Where an object of a kind has its pod."""
    return ["spec", *(["jobTemplate", "spec"] if kind == "CronJob" else []), "template", "spec"]


def _nested(path: list[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _patch(layer: Layer, item: dict[str, Any]) -> None:
    layer.setdefault("patches", []).append(item)


def _replacement(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    path = ".".join(pod_path(kind))
    fields = draw(st.sampled_from([["containers.0.image"], ["containers.*.image"], ["containers.[name=c0].image"]]))
    target = {"select": {"kind": kind}, "fieldPaths": [f"{path}.{field}" for field in fields]}
    source: dict[str, Any] = {"kind": "ConfigMap", "name": "images", "fieldPath": f"data.{draw(_KEYS)}"}
    form = draw(st.sampled_from(["", "", "other", "part", "value"]))
    if form == "other":
        source = {"kind": kind, "name": "web", "fieldPath": f"{path}.containers.0.image"}
        target["fieldPaths"] = [f"{path}.initContainers.*.image"]
    if form == "part":
        options = {"delimiter": ":", "index": draw(st.integers(0, 1))}
        source["options"], target["options"] = options, options
    item = {"sourceValue": draw(IMAGES)} if form == "value" else {"source": source}
    if draw(st.booleans()):
        layer["replacements"] = [{**item, "targets": [target]}]
    else:
        layer["replacements"] = [{"path": "copies.yaml"}]
        files["copies.yaml"] = yaml.safe_dump([{**item, "targets": [target]}])


_KEYS = st.sampled_from(["web", "side"])


def _configuration(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    fields = ["/".join([*pod_path(kind), "ephemeralContainers[]/image"]), "spec/picture"]
    spec = {"path": draw(st.sampled_from(fields)), **({"kind": kind} if draw(st.booleans()) else {})}
    layer["configurations"] = ["fields.yaml"]
    files["fields.yaml"] = yaml.safe_dump({"images": [spec]})


_LABELS = {"path": "metadata/labels", "create": True}


def _transformer(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    path = "/".join([*pod_path(kind), "containers", "0", "image"])
    patch = [{"op": "replace", "path": f"/{path}", "value": draw(IMAGES)}]
    made: tuple[str, Any] = draw(
        st.sampled_from(
            [
                ("ImageTagTransformer", {"imageTag": draw(entry())}),
                ("PatchTransformer", {"target": {"kind": kind}, "path": "late.yaml"}),
                ("PrefixTransformer", {"prefix": "q-", "fieldSpecs": [{"path": "metadata/name"}]}),
                ("LabelTransformer", {"labels": {"a": "b"}, "fieldSpecs": [_LABELS]}),
            ]
        )
    )
    if made[0] == "PatchTransformer":
        files["late.yaml"] = yaml.safe_dump(patch)
    text = {"apiVersion": "builtin", "kind": made[0], "metadata": {"name": "x"}, **made[1]}
    layer["transformers"] = ["transformer.yaml"]
    files["transformer.yaml"] = yaml.safe_dump(text, sort_keys=False)


def _selected(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    target: dict[str, str] = draw(
        st.sampled_from(
            [
                {"labelSelector": "app=web"},
                {"labelSelector": "tier notin (front), app"},
                {"labelSelector": "app in (web, x),!other"},
                {"annotationSelector": "note=x"},
                {"annotationSelector": "note!=x"},
                {"name": "w.*"},
                {"name": "web|x", "kind": kind},
                {"kind": ".*o.*", "name": "web"},
            ]
        )
    )
    containers = [{"name": "c0", "image": draw(IMAGES)}]
    if draw(st.booleans()) and kind != "Foo":
        body: Any = {"apiVersion": workload["apiVersion"], "kind": kind, "metadata": {"name": "any"}}
        body |= _nested([*pod_path(kind), "containers"], containers)
    else:
        path = "/".join([*pod_path(kind), "containers", "0", "image"])
        body = [{"op": draw(st.sampled_from(["replace", "add"])), "path": f"/{path}", "value": draw(IMAGES)}]
    target = {"kind": kind, **target}
    _patch(layer, {"target": target, "patch": yaml.safe_dump(body, sort_keys=False)})


def _directive(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    new = {"name": "new", "image": draw(IMAGES)}
    body: dict[str, Any] = {key: workload[key] for key in ("apiVersion", "kind")} | {"metadata": {"name": "web"}}
    form = draw(st.sampled_from(["item", "list", "map", "object", "null"]))
    if form == "item":
        old = {"$patch": "delete", "name": draw(st.sampled_from(["c0", "c1"]))}
        body |= _nested([*pod_path(kind), "containers"], [old, new])
    elif form == "list":
        body |= _nested([*pod_path(kind), "containers"], [{"$patch": "replace"}, new])
    elif form == "map":
        body |= _nested(pod_path(kind), {"$patch": "replace", "containers": [new]})
    elif form == "null":
        body |= _nested([*pod_path(kind), "initContainers"], None)
    else:
        body["$patch"] = "delete"
    files["directive.yaml"] = yaml.safe_dump(body, sort_keys=False)
    _patch(layer, {"path": "directive.yaml"})


def _operations(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    kind = workload["kind"]
    path = "/" + "/".join(pod_path(kind))
    first, second = f"{path}/containers/0", f"{path}/containers/1"
    image = {"op": "replace", "path": f"{first}/image", "value": draw(IMAGES)}
    more, last = {"name": "z", "image": draw(IMAGES)}, f"{path}/containers/-"
    operations = draw(
        st.sampled_from(
            [
                [{"op": "test", "path": f"{first}/name", "value": "c0"}, image],
                [{"op": "remove", "path": second}],
                [{"op": "remove", "path": first}, {"op": "add", "path": last, "value": more}],
                [{"op": "copy", "from": f"{first}/image", "path": f"{first}/workingDir"}],
                [image, {"op": "copy", "from": first, "path": last}],
                [{"op": "copy", "from": f"{first}/image", "path": f"{second}/image"}],
                [{"op": "move", "from": first, "path": last}],
                [{"op": "add", "path": f"{path}/initContainers", "value": [more]}],
                [{"op": "add", "path": first, "value": more}],
            ]
        )
    )
    item = {"target": {"kind": kind, "name": "web"}}
    if draw(st.booleans()):
        files["operations.yaml"] = yaml.safe_dump(operations, sort_keys=False)
        _patch(layer, {**item, "path": "operations.yaml"})
    else:
        _patch(layer, {**item, "patch": yaml.safe_dump(operations, sort_keys=False)})


ACTS: tuple[Act, ...] = (_replacement, _configuration, _transformer, _selected, _directive, _operations)


def act(draw: st.DrawFn, layer: Layer, files: Files, workload: dict[str, Any]) -> None:
    """Add one act to a layer, or none."""
    if (number := draw(st.integers(0, 2 * len(ACTS)))) < len(ACTS):
        ACTS[number](draw, layer, files, workload)
