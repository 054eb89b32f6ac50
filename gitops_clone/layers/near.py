"""Reads kustomizations: all of them, or those alone that can concern a few files.

Parsing is what costs. So for a few files, the bytes of a kustomization say first whether it can name one of them, or a
folder that leads to one; only then is it parsed, and with it all that it includes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from gitops_clone.finding import Skipped
from gitops_clone.layers.kustomization import Kustomization, Unreadable, read
from gitops_clone.layers.paths import resolve
from gitops_clone.repo.read import read as read_bytes

_FEW = 50  # files; of more, most kustomizations matter, and looking would cost more than it saves
# Written with escapes, or in two bytes a character: only the parser tells what is named.
_VEILED = re.compile(rb"[\\\0]")
# A path that ends with steps up names none of the folders that it ends in.
_ENDS_ABOVE = re.compile(rb"\.\.[/.]*(?:[\s\"',\]}]|\Z)")
_PLAIN = re.compile(r"[\w.+@~-]+", re.ASCII)


def read_all(root: Path, names: Iterable[str]) -> tuple[list[Kustomization], list[Skipped]]:
    """The kustomizations behind names, and those that cannot be read."""
    return _sorted_out(_read(name, _bytes(root, name)) for name in names)


def read_near(root: Path, names: Sequence[str], files: Collection[str]) -> tuple[list[Kustomization], list[Skipped]]:
    """Those kustomizations that include one of the `files`, themselves or through others, and all that these include.

    `names` are all kustomizations of the root; for many `files`, all are read. Those that cannot be read are told only
    where they may be among these.
    """
    if len(files) > _FEW:
        return read_all(root, names)
    near = _Near({name: _bytes(root, name) for name in names})
    return _sorted_out(near.around(files))


class _Near:
    """All kustomizations as bytes (or why there are none); parsed are those that are asked for."""

    def __init__(self, data: dict[str, bytes | Skipped]) -> None:
        self._data = data
        self._known: dict[str, Kustomization | Skipped] = {}
        self._in_folder: dict[str, list[str]] = defaultdict(list)
        self._veiled: list[str] = []
        self._going_up: list[tuple[str, bytes, bool]] = []
        for name, text in data.items():
            self._in_folder[_folder(name)].append(name)
            if isinstance(text, Skipped) or _VEILED.search(text):
                self._veiled.append(name)
            elif b".." in text:
                self._going_up.append((name, text, _ENDS_ABOVE.search(text) is not None))

    def around(self, files: Collection[str]) -> list[Kustomization | Skipped]:
        """What includes the files, what that includes, and what cannot be read on the way; in the given order."""
        above = self._above(files)
        folders = self._below(above)
        self._known |= {name: self._read(name) for folder in folders for name in self._in_folder[folder]}
        ordered = (self._known[name] for name in self._data if name in self._known)
        return [one for one in ordered if isinstance(one, Skipped) or one.folder in folders]

    def _above(self, files: Collection[str]) -> set[str]:
        """The folders whose kustomizations include one of the files, themselves or through others."""
        found = {_folder(name) for name in files if name in self._data}
        pending = [*files, *found]
        while pending:
            target = pending.pop()
            for name in self._candidates(target):
                folder = _folder(name)
                if folder not in found and target in self._named(name):
                    found.add(folder)
                    pending.append(folder)
        return found

    def _below(self, folders: Iterable[str]) -> set[str]:
        """The folders, and those that their kustomizations include, themselves or through others."""
        found = set(folders)
        pending = [*found]
        while pending:
            for name in self._in_folder[pending.pop()]:
                new = {named for named in self._named(name) if named in self._in_folder} - found
                found |= new
                pending += new
        return found

    def _candidates(self, target: str) -> Iterator[str]:
        """The kustomizations that may name a file or folder: their bytes have what its path has below their own."""
        yield from self._veiled
        parts = target.split("/") if target else []
        for depth in range(len(parts)):
            for name in self._in_folder.get("/".join(parts[:depth]), ()):
                data = self._data[name]
                if isinstance(data, bytes) and _has(data, parts[depth:]):
                    yield name
        for name, data, ends_above in self._going_up:
            if ends_above or _has(data, parts[-1:]):
                below = parts[_shared(name.split("/")[:-1], parts) :]
                if _has(data, below) if below else ends_above:
                    yield name

    def _named(self, name: str) -> set[str | None]:
        """What a kustomization names: files and folders by their names relative to the root."""
        each = self._read(name)
        if isinstance(each, Skipped):
            return set()
        patches = (patch.path for patch in each.patches if patch.path)
        return {resolve(each.folder, written) for written in (*each.resources, *each.components, *patches)}

    def _read(self, name: str) -> Kustomization | Skipped:
        if name not in self._known:
            self._known[name] = _read(name, self._data[name])
        return self._known[name]


def _has(data: bytes, parts: Iterable[str]) -> bool:
    """Whether bytes have all parts of a path, as far as these can be written in one way alone."""
    return all(part.encode() in data for part in parts if _PLAIN.fullmatch(part))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts two paths begin with together."""
    number = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        number += 1
    return number


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _bytes(root: Path, name: str) -> bytes | Skipped:
    try:
        return read_bytes(f"{root}/{name}")
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}", fatal=True)


def _read(name: str, data: bytes | Skipped) -> Kustomization | Skipped:
    if isinstance(data, Skipped):
        return data
    try:
        return read(name, data)
    except Unreadable as error:
        return Skipped(name, str(error), error.fatal, error.line)


def _sorted_out(found: Iterable[Kustomization | Skipped]) -> tuple[list[Kustomization], list[Skipped]]:
    kustomizations: list[Kustomization] = []
    skipped: list[Skipped] = []
    for one in found:
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            kustomizations.append(one)
    return kustomizations, skipped
