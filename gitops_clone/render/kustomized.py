"""What kustomize builds of a folder: as it is, or with what Flux or Argo CD puts into its kustomization before."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.render.amended import Additions, amended
from gitops_clone.render.mirrored import mirror, replace
from gitops_clone.render.tools import Refused, Tools
from gitops_clone.render.tree import Tree
from gitops_clone.render.values import flow

# What source-controller leaves out of each artifact (fluxcd.io/flux/components/source/gitrepositories, "excluding").
_NOT_OF_FLUX = frozenset(
    (".git", ".github", ".circleci", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml")
    + ("codeship-services.yml", "codeship-steps.yml", ".goreleaser.yml", ".sops.yaml", ".flux.yaml")
)
_RENDERED = "rendered.yaml"


def kustomization_of(folder: Path) -> str | None:
    """The name of the kustomization file in a folder; None where there is none."""
    return next((name for name in NAMES if (folder / name).is_file()), None)


def build(tools: Tools, tree: Tree, folder: str, added: Additions | None = None) -> str | Refused:
    """What kustomize makes of a folder of the tree. Without a kustomization, all manifests below it, as Flux has it."""
    name = kustomization_of(tree.root / folder)
    if name is not None and not added:
        return tools.kustomize(tree.root, tree.root / folder)
    work = tools.folder()
    try:
        copy = mirror(tree.root, folder, work)
        before = (copy / name).read_text() if name is not None else _all_of(copy)
        text = amended(before, added or Additions())
        if text is None:
            return Refused("its kustomization cannot be read")
        replace(copy / (name or NAMES[0]), text.encode())
        return tools.kustomize(tree.root, copy)
    except (OSError, UnicodeDecodeError) as error:
        return Refused(f"its folder cannot be copied: {error}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def post_render(tools: Tools, tree: Tree, text: str, renderers: Sequence[Additions]) -> str | Refused:
    """What kustomize makes of rendered objects, one kustomization after the other."""
    rendered: str | Refused = text
    for added in renderers:
        if isinstance(rendered, Refused) or not rendered.strip():
            return rendered
        work = tools.folder()
        (work / _RENDERED).write_text(rendered)
        (work / NAMES[0]).write_text(amended(f"resources: [{_RENDERED}]\n", added) or "")
        rendered = tools.kustomize(tree.root, work)
        shutil.rmtree(work, ignore_errors=True)
    return rendered


def _all_of(folder: Path) -> str:
    """The kustomization that kustomize-controller generates: all manifests, and folders with one of their own."""
    return json.dumps({"resources": [f"./{name}" for name in _manifests(folder, folder)]})


def _manifests(top: Path, folder: Path) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.name in _NOT_OF_FLUX:
            continue
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            if entry.name.endswith((".yaml", ".yml")):
                yield str(path.relative_to(top))
        elif kustomization_of(path) is not None:
            yield str(path.relative_to(top))
        else:
            yield from _manifests(top, path)


def patch_lists(view: View, parent: Visit | None) -> dict[str, list[str]]:
    """The patches of an object, as items of a kustomization's lists: what is a tree there becomes a text."""
    lists: dict[str, list[str]] = {}
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        listed = view.child(parent, key) if parent is not None else None
        items = [_item(view, key, item) for item in view.children(listed)] if listed is not None else []
        if items:
            lists[key] = items
    return lists


def _item(view: View, key: str, item: Visit) -> str:
    if key == "patches":
        return flow(view, item)
    if key == "patchesStrategicMerge":
        return json.dumps(flow(view, item))
    pairs = {str(child.path[-1]): flow(view, child) for child in view.children(item)}
    if "patch" in pairs:
        pairs["patch"] = json.dumps(pairs["patch"])
    return f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in pairs.items())}}}"
