"""The image entries and patches of an object of Flux or Argo CD, with the positions that comments and edits need. Pure.

Flux has entries and patches as kustomize has them; Argo CD has entries as texts (`name=new:tag`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gitops_clone.controllers.model import Applied, ImageOverride
from gitops_clone.documents.node import Node, Scalar, Sequence
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.joining import Style
from gitops_clone.layers.kustomization import Field, Holder, ImageEntry, Patch, entry_at
from gitops_clone.layers.over import Room
from gitops_clone.layers.transformer import Rule

_IGNORE = "gitops-clone/ignore"
_UPDATER = "argocd-image-updater.argoproj.io/"


@dataclass(frozen=True, slots=True)
class Held:
    """What an object has to do with images; see `Over`."""

    entries: tuple[ImageEntry, ...] = ()
    patches: tuple[Patch, ...] = ()
    holder: Holder | None = None
    room: Room | None = None
    mark: str | None = None


def read(applied: Applied, data: bytes) -> Held:
    """The entries and patches of a source of an object, `data` being the bytes of its file.

    What does not parse any more has none.
    """
    document = applied.owner.document
    try:
        source = decode(data)
        check(source)
        chunk = [chunk for chunk in split(source.utf8) if chunk.document <= document][-1]
        text = chunk.data.decode()
        root = parse(text)[document - chunk.document]
    except (Undecodable, Unparsable, IndexError):
        return Held()
    if root is None:
        return Held()
    holder = Holder(applied.owner.file, document, text, source.utf8.count(b"\n", 0, chunk.start))
    return _Reader(applied, holder, root).read()


def style_of(applied: Applied) -> Style:
    """Whose way of joining entries an object has."""
    return Style.ARGO if applied.owner.kind.startswith("Application") else Style.FLUX


class _Reader:
    """Reads one source of one object."""

    def __init__(self, applied: Applied, holder: Holder, root: Node) -> None:
        self._applied, self._holder = applied, holder
        self._view = View(root)
        self._style = style_of(applied)

    def read(self) -> Held:
        mark = self._mark()
        entries = (self._entry(override) for override in self._applied.images)
        return Held(
            tuple(replace(entry, note=entry.note or mark) for entry in entries if entry is not None),
            tuple(self._patches()),
            self._holder,
            None if mark else self._room(),
            mark,
        )

    def _at(self, pointer: str) -> Visit | None:
        """What stands at a pointer of the document, aliases followed."""
        visit: Visit | None = self._view.root
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if visit is None:
                return None
            visit = next((child for child in self._view.children(visit) if str(child.path[-1]) == name), None)
        return visit

    def _mark(self) -> str | None:
        """Why nothing of the object may be changed: by its user's wish, or because somebody else does that."""
        owner = self._at(self._applied.owner.pointer)
        annotations = self._view.at(owner, "metadata", "annotations") if owner is not None else None
        for child in self._view.children(annotations) if annotations is not None else ():
            key = str(child.path[-1])
            if key == _IGNORE and isinstance(child.node, Scalar) and child.node.value == "true":
                return f"annotation {_IGNORE}"
            if key.startswith(_UPDATER):
                return f"Argo CD Image Updater changes the images of {self._applied.owner}"
        if self._view.child(self._view.root, "sops") is not None:
            return "SOPS: its MAC covers all values, an edit would make the file undecryptable"
        return None

    def _entry(self, override: ImageOverride) -> ImageEntry | None:
        visit = self._at(override.pointer)
        pointer = f"{self._holder.document}{override.pointer}"
        if visit is None:
            return None
        aliased = "an alias leads to it" if visit.alias is not None else None
        if visit.duplicate is not None:
            aliased = f'key "{visit.duplicate}" stands twice'
        if not isinstance(visit.node, Scalar):
            entry = entry_at(self._holder.file, pointer, self._holder.text, self._view, visit)
            if entry is None:
                return None
            entry = replace(entry, line=override.line, note=entry.note or aliased, holder=self._holder)
            texts = [field.value.value for field in entry.fields.values()]
        else:
            plain = visit.node.anchor is None and visit.node.tag is None
            note = aliased if plain else aliased or "the entry uses an anchor or a tag"
            if override.keeps:
                note = "its * keeps a part of another entry"
            rule = Rule(override.name, override.new_name, override.new_tag, override.digest)
            fields = {"text": Field(visit.node, visit.node, plain)}
            entry = ImageEntry(
                self._holder.file, pointer, override.line, fields, note=note, holder=self._holder, written=rule
            )
            texts = [visit.node.value]
        if any("${" in text or "{{" in text for text in texts):
            entry = replace(entry, note=entry.note or "a variable in it is replaced before it is applied")
        return entry

    def _patches(self) -> Iterator[Patch]:
        for patch in self._applied.patches:
            if patch.path is not None:
                yield Patch(patch.path, None, _target(patch.target), patch.pointer)
                continue
            visit = self._at(patch.pointer)
            if visit is None:
                continue
            target = _target(patch.target)
            if isinstance(visit.node, Scalar):
                yield Patch(None, visit.node.value, target, patch.pointer, visit.node, holder=self._holder)
            else:
                yield Patch(None, None, target, patch.pointer, holder=self._holder, tree=visit.node)

    def _room(self) -> Room | None:
        """Where an entry can be added: behind those that are there, or in a new list."""
        outer = self._at(self._applied.pointer)
        wrap: tuple[str, ...] = ()
        if self._style is Style.ARGO and outer is not None:
            inner = self._view.child(outer, "kustomize")
            outer, wrap = (inner, ()) if inner is not None else (outer, ("kustomize",))
        if outer is None or isinstance(outer.node, Scalar) or outer.alias is not None or outer.duplicate is not None:
            return None
        place = f"{self._holder.document}{self._applied.pointer}"
        if self._style is Style.ARGO and not wrap:
            place = f"{place}/kustomize"
        listed = self._view.child(outer, "images") if not wrap else None
        if listed is None:
            return Room(place, 0, (*wrap, "images"))
        if not isinstance(listed.node, Sequence) or not listed.node.items or listed.alias is not None:
            return None
        return Room(f"{place}/images", len(listed.node.items))


def _target(target: object) -> dict[str, str] | None:
    return dict(target) if isinstance(target, dict) and target else None
