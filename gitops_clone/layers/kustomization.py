"""One kustomization file: what it includes, patches and does to images, with the positions of its image entries.

Reads what kustomize 5.7 reads (api/types/kustomization.go). What it holds besides, and what cannot be understood from
the file alone, is named in `opaque`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders.view import View, Visit
from gitops_clone.layers import acts
from gitops_clone.layers.acts import Acts, Chart
from gitops_clone.layers.transformer import Rule

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_IMAGE_LISTS = ("images", "imageTags")
_MAYBE_IMAGES = re.compile(rb"image")
# They make objects in ways that the file does not tell.
_OPAQUE = {
    "generators": "generators bring objects that only rendering shows",
}


class Unreadable(ValueError):
    """The file is no kustomization that kustomize would build; `line` is where (1-based)."""

    def __init__(self, reason: str, line: int, fatal: bool) -> None:
        super().__init__(reason)
        self.line = line
        self.fatal = fatal


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an image entry: both scalars, and whether they stand in the text as they are (no alias or anchor)."""

    key: Scalar
    value: Scalar
    plain: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """An object of Flux or Argo CD with entries and patches of its own: the text that offsets count in.

    `before` are the lines of the file before that text.
    """

    file: str
    document: int
    text: str = field(repr=False)
    before: int


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One item of `images` (or of the old `imageTags`), at `pointer`; `fields` in the order of the text.

    In an object (`holder`), the pointer begins with the number of the document. `written` is the rule of an item that
    is one text (Argo CD), which is the only one of its `fields`.
    """

    file: str
    pointer: str
    line: int
    fields: dict[str, Field] = field(hash=False)
    flow: bool = False
    note: str | None = None
    holder: Holder | None = None
    written: Rule | None = None

    def text(self, key: str) -> str:
        """The value of a key, empty where there is none."""
        return self.fields[key].value.value if key in self.fields else ""

    @property
    def name(self) -> str:
        return self.written.name if self.written is not None else self.text("name")


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch: the file that holds it, or its text; `target` as kustomize's selector, `options` the true ones.

    In an object (`holder`) it may be no text, but a `tree` at `pointer`.
    """

    path: str | None
    text: str | None
    target: dict[str, str] | None = field(hash=False)
    pointer: str
    scalar: Scalar | None = None
    options: frozenset[str] = frozenset()
    holder: Holder | None = None
    tree: Node | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Kustomization:
    """What one file says. Paths are as written, relative to its folder. `text` is what the offsets count in."""

    file: str
    text: str
    component: bool
    resources: tuple[str, ...]
    components: tuple[str, ...]
    configurations: tuple[str, ...]
    patches: tuple[Patch, ...]
    images: tuple[ImageEntry, ...]
    images_key: Scalar | None
    namespace: str | None
    opaque: tuple[str, ...]
    acts: Acts
    transformers: tuple[Scalar, ...]

    @property
    def folder(self) -> str:
        return self.file.rpartition("/")[0]


def read(file: str, data: bytes) -> Kustomization:
    """Read one file. Raises `Unreadable`."""
    fatal = _MAYBE_IMAGES.search(data.replace(b"\0", b"")) is not None
    try:
        source = decode(data)
        check(source)
        text = source.utf8.decode()
        documents = parse(text)
    except (Undecodable, Unparsable) as error:
        raise Unreadable(str(error), error.line, fatal) from None
    roots = [document for document in documents if document is not None]
    if len(roots) > 1 or (roots and not isinstance(roots[0], Mapping)):
        raise Unreadable("not one mapping, so kustomize does not build it", 1, fatal)
    if not roots:
        roots = [Mapping()]
    view = View(roots[0])
    for visit in view.children(view.root):
        if visit.duplicate is not None:
            raise Unreadable(f'key "{visit.duplicate}" stands twice, so kustomize does not build it', 1, fatal)
    return _read(file, text, view)


def _read(file: str, text: str, view: View) -> Kustomization:
    root = view.root
    done = acts.read(file, view)
    images = tuple(entry for key in _IMAGE_LISTS for entry in _entries(file, text, view, key))
    keys = root.node.pairs if isinstance(root.node, Mapping) else []
    images_key = next((key for key, _ in keys if isinstance(key, Scalar) and key.value in _IMAGE_LISTS), None)
    return Kustomization(
        file=file,
        text=text,
        component=view.text(root, "kind") == "Component",
        resources=(*_texts(view, "resources"), *_texts(view, "bases")),
        components=_texts(view, "components"),
        configurations=_texts(view, "configurations"),
        patches=tuple(_patches(view)),
        images=images,
        images_key=images_key,
        namespace=view.text(root, "namespace") or None,
        opaque=tuple(_opaque(view, done.charts)),
        acts=done,
        transformers=tuple(item.node for item in _items(view, "transformers") if isinstance(item.node, Scalar)),
    )


def _entries(file: str, text: str, view: View, key: str) -> Iterator[ImageEntry]:
    listed = view.child(view.root, key)
    if listed is None or not isinstance(listed.node, Sequence):
        return
    for number, item in enumerate(view.children(listed)):
        if (entry := entry_at(file, f"/{key}/{number}", text, view, item)) is not None:
            yield entry


def entry_at(file: str, pointer: str, text: str, view: View, item: Visit) -> ImageEntry | None:
    """The entry that a mapping is; None where it is none, or has no name."""
    if not isinstance(item.node, Mapping):
        return None
    keys = {id(value): name for name, value in item.node.pairs if isinstance(name, Scalar)}
    fields: dict[str, Field] = {}
    note = None
    for visit in view.children(item):
        if not isinstance(visit.node, Scalar):
            continue
        name = keys.get(id(visit.node))
        plain = name is not None and visit.alias is None and visit.node.anchor is None and visit.node.tag is None
        fields[str(visit.path[-1])] = Field(name or visit.node, visit.node, plain)
        if visit.duplicate is not None:
            note = f'key "{visit.duplicate}" stands twice in the entry'
        elif not plain:
            note = note or "the entry uses an anchor, an alias or a tag"
    if "name" not in fields or not fields["name"].value.value:
        return None
    line = text.count("\n", 0, fields["name"].key.start) + 1
    return ImageEntry(file, pointer, line, fields, _is_flow(text, fields), note)


def _is_flow(text: str, fields: dict[str, Field]) -> bool:
    """Whether an entry stands between braces, or has two keys on one line."""
    lines = {text.count("\n", 0, each.key.start) for each in fields.values()}
    first = min(each.key.start for each in fields.values())
    return len(lines) < len(fields) or text[:first].rstrip().endswith("{")


def _patches(view: View) -> Iterator[Patch]:
    for number, item in enumerate(_items(view, "patches")):
        target = view.child(item, "target")
        selector = _flat(view, target) if target is not None else None
        pointer = f"/patches/{number}"
        yield _patch(view, item, selector, pointer)
    for number, item in enumerate(_items(view, "patchesStrategicMerge")):
        if isinstance(item.node, Scalar):
            inline = "\n" in item.node.value
            pointer = f"/patchesStrategicMerge/{number}"
            if inline:
                yield Patch(None, item.node.value, None, pointer, item.node)
            else:
                yield Patch(item.node.value, None, None, pointer)
    for number, item in enumerate(_items(view, "patchesJson6902")):
        target = view.child(item, "target")
        selector = _flat(view, target) if target is not None else {}
        yield _patch(view, item, selector, f"/patchesJson6902/{number}")


def _patch(view: View, item: Visit, target: dict[str, str] | None, pointer: str) -> Patch:
    inline, chosen = view.child(item, "patch"), view.child(item, "options")
    options = frozenset(key for key, value in (_flat(view, chosen) if chosen else {}).items() if value == "true")
    if inline is not None and isinstance(inline.node, Scalar) and inline.node.value.strip():
        return Patch(None, inline.node.value, target, f"{pointer}/patch", inline.node, options)
    return Patch(view.text(item, "path") or "", None, target, pointer, options=options)


def _flat(view: View, visit: Visit) -> dict[str, str]:
    return {str(child.path[-1]): child.node.value for child in view.children(visit) if isinstance(child.node, Scalar)}


def _items(view: View, key: str) -> Iterator[Visit]:
    listed = view.child(view.root, key)
    if listed is not None and isinstance(listed.node, Sequence):
        yield from view.children(listed)


def _texts(view: View, key: str) -> tuple[str, ...]:
    return tuple(item.node.value for item in _items(view, key) if isinstance(item.node, Scalar))


def _opaque(view: View, charts: Iterable[Chart]) -> Iterator[str]:
    yield from (f"the chart {chart} brings objects that only rendering shows" for chart in charts)
    yield from (reason for key, reason in _OPAQUE.items() if any(_items(view, key)))
