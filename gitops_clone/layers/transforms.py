"""`transformers` of a kustomization, as far as they are kustomize's own: what they are configured to do. Pure.

Others are programs: what they do, only rendering shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.finders.view import TooManyAliases, View, Visit
from gitops_clone.layers import replacements
from gitops_clone.layers.fields import FieldSpec, field_path
from gitops_clone.layers.flow import Key
from gitops_clone.layers.kustomization import Holder, ImageEntry, Kustomization, entry_at
from gitops_clone.layers.patches import Content, ImagesOf, ReadPatch, read_text
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.replacements import Replacement, texts

_HARMLESS = frozenset(("HashTransformer", "LegacyOrderTransformer", "ReplicaCountTransformer", "SortOrderTransformer"))
TRANSFORMER = "in the configuration of a transformer, inside a kustomization"


@dataclass(frozen=True, slots=True)
class Transform:
    """One transformer: `entry` with its `fields` changes images; `unknown` is why it cannot be told what it does.

    `file` is that of the kustomization.
    """

    file: str
    entry: ImageEntry | None = None
    fields: tuple[FieldSpec, ...] = ()
    patches: tuple[ReadPatch, ...] = ()
    copies: tuple[Replacement, ...] = ()
    prefix: str = ""
    suffix: str = ""
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    unknown: str | None = None


def read(each: Kustomization, content: Content, images: ImagesOf) -> tuple[Transform, ...]:
    """The transformers of a kustomization in their order. `content` and `images` as for patches."""
    return tuple(one for written in each.transformers for one in _read(each, written.value, content, images))


def _read(each: Kustomization, written: str, content: Content, images: ImagesOf) -> Iterator[Transform]:
    inline = re.search(r"^kind:", written, re.MULTILINE) is not None
    name = each.file if inline else resolve(each.folder, written)
    data = written.encode() if inline else content(name) if name is not None else None
    unknown = Transform(each.file, unknown=f"{each.file}: transformers change it in ways that only rendering shows")
    if data is None or name is None:
        yield unknown
        return
    try:
        source = decode(data)
        check(source)
        text = source.utf8.decode()
        roots = parse(text)
    except (Undecodable, Unparsable):
        yield unknown
        return
    for number, root in enumerate(roots):
        if isinstance(root, MappingNode):
            try:
                one = _Reader(each, "" if inline else name, number, text, root, content, images).read()
            except TooManyAliases:
                one = None
            yield one or unknown


class _Reader:
    """Reads one configuration; `name` is the file that it stands in, empty for one inside the kustomization."""

    def __init__(
        self,
        each: Kustomization,
        name: str,
        document: int,
        text: str,
        root: Node,
        content: Content,
        images: ImagesOf,
    ) -> None:
        self._each, self._name, self._document, self._text = each, name, document, text
        self._content, self._images = content, images
        self._view = View(root)

    def read(self) -> Transform | None:
        """What it is configured to do; None if that is not known."""
        view, root = self._view, self._view.root
        if view.text(root, "apiVersion") != "builtin":
            return None
        kind = view.text(root, "kind") or ""
        if kind in _HARMLESS:
            return self._made()
        known: dict[str, Callable[[], Transform | None]] = {
            "ImageTagTransformer": self._entry,
            "PatchTransformer": self._patch,
            "PatchJson6902Transformer": self._patch,
            "PatchStrategicMergeTransformer": self._merges,
            "ReplacementTransformer": self._copies,
            "PrefixTransformer": lambda: self._made(prefix=self._at("metadata/name") and (self._word("prefix") or "")),
            "SuffixTransformer": lambda: self._made(suffix=self._at("metadata/name") and (self._word("suffix") or "")),
            "PrefixSuffixTransformer": lambda: self._made(
                prefix=self._word("prefix") or "", suffix=self._word("suffix") or ""
            ),
            "LabelTransformer": lambda: self._made(labels=self._pairs("labels")),
            "AnnotationsTransformer": lambda: self._made(annotations=self._pairs("annotations")),
            "NamespaceTransformer": lambda: self._made(namespace=view.text(root, "metadata", "namespace")),
        }
        return known[kind]() if kind in known else None

    def _made(self, **what: Any) -> Transform:
        return Transform(self._each.file, **what)

    def _entry(self) -> Transform | None:
        tag = self._view.child(self._view.root, "imageTag")
        file = self._name or self._each.file
        where = f"{self._document}/imageTag" if self._name else f"/transformers{self._document}/imageTag"
        entry = entry_at(file, where, self._text, self._view, tag) if tag is not None else None
        if entry is None:
            return None
        if self._name:
            entry = replace(entry, holder=Holder(file, self._document, self._text, 0))
        else:
            entry = replace(entry, note=TRANSFORMER)  # its text is within another one
        return self._made(entry=entry, fields=tuple(self._fields()))

    def _patch(self) -> Transform | None:
        view, root = self._view, self._view.root
        chosen = texts(view, view.child(root, "options"))
        options = frozenset(key for key, value in chosen.items() if value == "true")
        target = view.child(root, "target")
        inner = view.text(root, "patch") or view.text(root, "jsonOp")
        done = (
            self._inline(inner, texts(view, target) if target else None, options)
            if inner
            else self._file(view.text(root, "path") or "", texts(view, target) if target else None, options)
        )
        return self._made(patches=(done,)) if done is not None else None

    def _merges(self) -> Transform | None:
        view = self._view
        listed = view.child(view.root, "paths")
        names = [view.text(item) for item in (view.children(listed) if listed else ())]
        done = [self._file(name or "", None, frozenset()) for name in names]
        inner = view.text(view.root, "patches")
        if inner:
            done.append(self._inline(inner, None, frozenset()))
        return self._made(patches=tuple(one for one in done if one is not None)) if all(done) else None

    def _copies(self) -> Transform | None:
        view = self._view
        listed = view.child(view.root, "replacements")
        items = list(view.children(listed)) if listed else []
        if any(view.child(item, "path") is not None for item in items):
            return None
        where = self._name or self._each.file
        key = Key(where, self._document, "/replacements")
        return self._made(copies=tuple(replacements.read_item(where, view, item, key) for item in items))

    def _file(self, written: str, target: Mapping[str, str] | None, options: frozenset[str]) -> ReadPatch | None:
        name = resolve(self._each.folder, written)
        data = self._content(name) if name else None
        if data is None or name is None:
            return None
        try:
            source = decode(data)
            check(source)
        except Undecodable:
            return None
        return read_text(
            name, source.utf8.decode(), target, options, lambda at, pointer: Key(name, at, pointer), self._images(name)
        )

    def _inline(self, text: str, target: Mapping[str, str] | None, options: frozenset[str]) -> ReadPatch | None:
        """A patch that stands in the configuration: no file has its images as places of their own."""
        done = read_text(self._name or self._each.file, text, target, options, lambda at, pointer: _KEY, {})
        if done is None or done.touches:
            return None
        return done

    def _fields(self) -> Iterator[FieldSpec]:
        view = self._view
        listed = view.child(view.root, "fieldSpecs") or view.child(view.root, "FieldSpecs")
        for item in view.children(listed) if listed is not None else ():
            yield field_spec(view, item)

    def _at(self, path: str) -> str:
        """Something, if the transformer works on a field."""
        return "yes" if any(spec.path == f"/{path}" for spec in self._fields()) else ""

    def _word(self, key: str) -> str | None:
        return self._view.text(self._view.root, key)

    def _pairs(self, key: str) -> dict[str, str]:
        """The labels or annotations of the objects themselves."""
        return texts(self._view, self._view.child(self._view.root, key)) if self._at(f"metadata/{key}") else {}


_KEY = Key("", 0, "")


def field_spec(view: View, item: Visit) -> FieldSpec:
    """A field of `configurations` or of a transformer."""
    parts = {key: view.text(item, key) or "" for key in ("path", "group", "version", "kind")}
    return FieldSpec(field_path(parts["path"]), parts["group"], parts["version"], parts["kind"])


def fields_of(roots: Collection[Node | None], key: str) -> Iterator[FieldSpec]:
    """The fields that files of `configurations` name under a key: `images`, `varReference`."""
    for root in roots:
        view = View(root) if root is not None else None
        listed = view.child(view.root, key) if view is not None else None
        if view is not None and listed is not None:
            yield from (field_spec(view, item) for item in view.children(listed))
