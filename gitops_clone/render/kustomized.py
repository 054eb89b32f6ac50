"""What kustomize builds of a folder: as it is, or with what Flux or Argo CD puts into its kustomization before."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.kustomization import NAMES
from gitops_clone.render.amended import Additions, Unfit, amended
from gitops_clone.render.mirrored import mirror, replace
from gitops_clone.render.sourceignore import left_out
from gitops_clone.render.tools import Refused, Tools
from gitops_clone.render.tree import Tree
from gitops_clone.render.values import flow

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
        before = (copy / name).read_text() if name is not None else _all_of(copy, left_out(tree.root, folder), folder)
        text = amended(before, added or Additions())
        replace(copy / (name or NAMES[0]), text.encode())
        return tools.kustomize(tree.root, copy)
    except Unfit as error:
        return Refused(str(error))
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
        (work / NAMES[0]).write_text(amended(f"resources: [{_RENDERED}]\n", added))
        rendered = tools.kustomize(tree.root, work)
        shutil.rmtree(work, ignore_errors=True)
    return rendered


def _all_of(copy: Path, ignored: Callable[[str], bool], folder: str) -> str:
    """The kustomization that kustomize-controller generates: all manifests, and folders with one of their own."""
    prefix = f"{folder}/" if folder else ""
    return json.dumps(
        {"resources": [f"./{name}" for name in _manifests(copy, copy, lambda n: ignored(f"{prefix}{n}"))]}
    )


def _manifests(top: Path, folder: Path, ignored: Callable[[str], bool]) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        path = Path(entry.path)
        name = str(path.relative_to(top))
        if not entry.is_dir(follow_symlinks=False):
            if entry.name.endswith((".yaml", ".yml")) and not ignored(name):
                yield name
        elif (own := kustomization_of(path)) is not None and not ignored(f"{name}/{own}"):
            yield name
        else:
            yield from _manifests(top, path, ignored)


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
