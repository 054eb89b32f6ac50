"""What Flux and Argo CD apply, rendered by the real kustomize as they do it.

Both change the kustomization of the path before they build it: Flux as in fluxcd/pkg, kustomize/kustomize_generator.go,
Argo CD with `kustomize edit` and by itself, as in its util/kustomize/kustomize.go. Here that is done in a copy.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.parts import kustomize

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


@dataclass(frozen=True)
class Delivery:
    """One object that applies something: its file, document, and its source as it is written."""

    file: str
    document: int
    kind: str
    spec: dict[str, Any]
    source: dict[str, Any]
    name: str

    @property
    def key(self) -> str:
        return f"{self.file}#{self.document}#{self.source.get('path')}"


def deliveries(root: Path) -> Iterator[Delivery]:
    """All Kustomizations of Flux and Applications of Argo CD below a folder."""
    for path in sorted(root.rglob("*.yaml")):
        text = path.read_text()
        if "toolkit.fluxcd.io/" not in text and "argoproj.io/" not in text:
            continue
        file = str(path.relative_to(root))
        for number, found in enumerate(_objects(text)):
            if not isinstance(found, dict) or not isinstance(found.get("spec"), dict):
                continue
            group, spec, name = str(found.get("apiVersion")).split("/")[0], found["spec"], found["metadata"]["name"]
            if group == "kustomize.toolkit.fluxcd.io":
                yield Delivery(file, number, "flux", spec, spec, name)
            elif group == "argoproj.io" and found["kind"] == "Application":
                for source in spec.get("sources") or [spec.get("source") or {}]:
                    if source.get("path") is not None:
                        yield Delivery(file, number, "argo", spec, source, name)


def _objects(text: str) -> list[Any]:
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []


def render(root: Path, each: Delivery, scratch: Path) -> str | None:
    """What a cluster gets; None where it cannot be rendered, or where there is nothing to build."""
    folder = root / each.source["path"].lstrip("/")
    if not folder.is_dir():
        return None
    copy = scratch / "copy"
    shutil.copytree(root, copy, symlinks=True)
    try:
        inner = copy / folder.relative_to(root)
        if not (_write_flux(inner, each.spec) if each.kind == "flux" else _write_argo(inner, each.source)):
            return None
        built = kustomize.build(inner)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    finally:
        shutil.rmtree(copy)
    variables = ((each.spec.get("postBuild") or {}).get("substitute") or {}) if each.kind == "flux" else {}
    return _substituted(built, variables) if variables else built


def _file_of(folder: Path) -> Path | None:
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _write_flux(folder: Path, spec: dict[str, Any]) -> bool:
    file = _file_of(folder)
    if file is not None:
        built = yaml.safe_load(file.read_text()) or {}
    else:
        file = folder / _NAMES[0]
        built = {**_HEAD, "resources": sorted(_resources(folder, folder))}
    if spec.get("targetNamespace"):
        built["namespace"] = spec["targetNamespace"]
    for key in ("components", "patches", "patchesStrategicMerge", "patchesJson6902"):
        for item in spec.get(key) or []:
            if key == "patchesStrategicMerge":
                item = yaml.safe_dump(item)
            elif key == "patchesJson6902":
                item = {**item, "patch": yaml.safe_dump(item["patch"])}
            built.setdefault(key, []).append(item)
    images = built.get("images") or []
    for image in spec.get("images") or []:
        same = [number for number, item in enumerate(images) if item["name"] == image["name"]]
        if same:
            images[same[0]] = image
        else:
            images.append(image)
    if images:
        built["images"] = images
    file.write_text(yaml.safe_dump(built))
    return True


def _resources(folder: Path, base: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if _file_of(path) is not None:
                yield f"./{path.relative_to(base)}"
            else:
                yield from _resources(path, base)
        elif path.suffix in (".yaml", ".yml"):
            yield f"./{path.relative_to(base)}"


def _write_argo(folder: Path, source: dict[str, Any]) -> bool:
    file = _file_of(folder)
    options = source.get("kustomize") or {}
    if file is None:
        return False
    built = yaml.safe_load(file.read_text()) or {}
    if options.get("images"):
        images: dict[str, dict[str, str]] = {}
        for text in options["images"]:
            item = _argument(text)
            images[item["name"]] = item
        for item in built.get("images") or []:
            images.setdefault(item["name"], item)
        built["images"] = [images[name] for name in sorted(images)]
    if options.get("namespace"):
        built["namespace"] = options["namespace"]
    for key in ("patches", "components"):
        if options.get(key):
            built[key] = [*(built.get(key) or []), *options[key]]
    file.write_text(yaml.safe_dump(built))
    return True


def _argument(text: str) -> dict[str, str]:
    """An argument of `kustomize edit set image`, as an entry."""
    name, _, new = text.rpartition("=")
    item = {"name": name} if name else {}
    key = "newName" if name else "name"
    if "@" in new:
        item[key], item["digest"] = new.split("@")[:2]
    elif match := re.fullmatch(r"(.*):([a-zA-Z0-9._-]*)", new):
        item[key], item["newTag"] = match[1], match[2]
    else:
        item[key] = new
    return item


def _substituted(built: str, variables: dict[str, str]) -> str:
    """The variables that the generated trees use: plain, and with a default."""

    def value(match: re.Match[str]) -> str:
        return str(variables.get(match[1]) or (match[2] or ""))

    texts = []
    for text in re.split(r"^---\n", built, flags=re.MULTILINE):
        found = yaml.safe_load(text) or {}
        marks = {**found["metadata"].get("labels", {}), **found["metadata"].get("annotations", {})}
        disabled = marks.get("kustomize.toolkit.fluxcd.io/substitute") == "disabled"
        texts.append(text if disabled else re.sub(r"\$\{(\w+)(?::=([^}]*))?\}", value, text))
    return "---\n".join(texts)
