"""Which files kustomizations put into ConfigMaps and Secrets as they are, for a program to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from gitops_clone.layers.generators import Generator
from gitops_clone.layers.kustomization import Kustomization, Unreadable, read
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
                found.update(_files(generator, each.folder))
    return {name for name in found if name}


def named_after(kustomizations: Iterable[Kustomization]) -> dict[str, Generator]:
    """The files of which a name ends with a hash, and what generates that name; of a Secret rather than a ConfigMap."""
    found: dict[str, Generator] = {}
    for each in kustomizations:
        for generator in each.acts.generators:
            for name in _files(generator, each.folder) if generator.hashed else ():
                if name is not None and (name not in found or generator.kind == "Secret"):
                    found[name] = generator
    return found


def _files(generator: Generator, folder: str) -> Iterator[str | None]:
    """The files that a generator reads."""
    written = (*generator.envs, *(text.partition("=")[2] or text for text in generator.files))
    return (resolve(folder, text) for text in written)
