"""Which files kustomizations put into ConfigMaps as they are, for a program to read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gitops_clone.layers.kustomization import Unreadable, read
from gitops_clone.layers.paths import resolve

_GENERATOR = b"configMapGenerator"


def text_files(root: Path, kustomizations: Iterable[str]) -> set[str]:
    """The files that the `configMapGenerator` of some kustomizations read, by their names; they may not exist.

    Those of a `secretGenerator` are never read. What is wrong with a kustomization, its own reading tells.
    """
    found: set[str | None] = set()
    for name in kustomizations:
        try:
            data = (root / name).read_bytes()
        except OSError:
            continue
        if _GENERATOR not in data:
            continue
        try:
            each = read(name, data)
        except Unreadable:
            continue
        for generator in each.acts.generators:
            if generator.kind == "ConfigMap":
                written = (*generator.envs, *(text.partition("=")[2] or text for text in generator.files))
                found.update(resolve(each.folder, text) for text in written)
    return {name for name in found if name}
