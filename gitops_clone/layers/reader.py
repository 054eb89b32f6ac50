"""Reads what kustomizations name: manifests, patches, transformers and the like, each file once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gitops_clone.documents.node import Node
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, decode
from gitops_clone.finding import Certainty, Finding
from gitops_clone.layers import loading, replacements, transforms
from gitops_clone.layers import patches as patching
from gitops_clone.layers.existing import content_of
from gitops_clone.layers.flow import Flow, Key, key_of
from gitops_clone.layers.graph import Graph
from gitops_clone.layers.kustomization import ImageEntry, Kustomization
from gitops_clone.layers.needs import needs
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.replacements import Replacement
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.simulate import Files, Looked, entry_key
from gitops_clone.layers.trees import Images
from gitops_clone.layers.unlisted import Unlisted, copied


class Reader:
    """Reads each file once, and keeps what was found in it."""

    def __init__(
        self,
        root: Path,
        graph: Graph,
        found: Mapping[str, Sequence[Finding]],
        scan_file: Callable[[str, bytes], Iterable[Finding]],
    ) -> None:
        self._graph, self._found, self._scan_file = graph, found, scan_file
        self.content = content_of(root)
        self._findings: dict[str, Sequence[Finding]] = {}
        self._resources: dict[str, tuple[Resource, ...]] = {}
        self._looked: dict[str, Looked] = {}
        self._needles: dict[str, set[bytes] | None] = {}
        self._look: set[str] = set()
        self.findings: dict[Key, Finding] = {}
        self.unlisted: dict[Key, Unlisted] = {}
        self.seen: set[Key] = set()
        self.entries: dict[str, ImageEntry] = {}

    def files(self) -> Files:
        return Files(self.resources, self.looked, self.content)

    def looked(self, layer: str) -> Looked:
        """What is known of a kustomization."""
        return self._looked[layer]._replace(look=layer in self._look)

    def looked_whole(self, layer: str) -> Looked:
        """What is known of a layer, whose objects are all looked into."""
        if layer not in self._looked:
            self._looked[layer] = self._read(self._graph.kustomizations[layer])
        return self._looked[layer]._replace(look=True)

    def prepare(self, folders: Iterable[str], closures: Iterable[Sequence[str]]) -> None:
        """Read what kustomizations name besides manifests first: it says which of these are to be looked into.

        `closures` are what the entry points are made of: components, and what counts for all layers above, concern
        these as a whole.
        """
        wide: dict[str, set[bytes] | None] = {}
        for folder in sorted(folders):
            each = self._graph.kustomizations[folder]
            looked = self._looked[folder] = self._read(each)
            self.entries |= {entry_key(entry): entry for entry in each.images}
            self.entries |= {entry_key(one.entry): one.entry for one in looked.transforms if one.entry is not None}
            self.unlisted |= {found.source.key: found for found in looked.patches.inline}
            needles = needs(each, looked)
            over = self._graph.over.get(folder)
            if over is not None:
                self.entries |= {entry_key(entry): entry for entry in over.entries}
                if over.variables is not None:
                    needles = {b"\0"} | needles if needles is not None else None
            if needles is None or needles:
                if each.component or each.acts.variables or looked.image_fields:
                    wide[folder] = needles
                else:
                    self._look_into(self._graph.closure(folder), needles)
        for closure in closures if wide else ():
            for folder in wide.keys() & set(closure):
                self._look_into(closure, wide[folder])

    def _look_into(self, folders: Iterable[str], needles: Collection[bytes] | None) -> None:
        """The manifests of some folders are to be looked into, also those with one of the needles (None: all)."""
        for folder in folders:
            self._look.add(folder)
            for file in self._graph.includes[folder].files:
                known = self._needles.setdefault(file, set())
                self._needles[file] = None if needles is None or known is None else known | set(needles)

    def _read(self, each: Kustomization) -> Looked:
        acts = each.acts
        if not (each.patches or acts.copies or each.transformers or each.configurations or acts.openapi):
            return Looked()
        documents = [roots for written in each.configurations for roots in self._documents(each, written)]
        return Looked(
            patches=patching.read(each, self.content, self._images),
            copies=tuple(self._copies(each)),
            transforms=transforms.read(each, self.content, self._images),
            image_fields=tuple(transforms.fields_of(documents, "images")),
            variable_fields=tuple(transforms.fields_of(documents, "varReference")),
            openapi=acts.openapi,
        )

    def _copies(self, each: Kustomization) -> Iterator[Replacement]:
        for copy in each.acts.copies:
            if isinstance(copy, Replacement):
                yield copy
                continue
            name = resolve(each.folder, copy)
            for number, root in enumerate(self._documents(each, copy)):
                if name is not None and root is not None:
                    yield from replacements.read_file(name, root, number)

    def _documents(self, each: Kustomization, written: str) -> list[Node | None]:
        """The documents of a file that a kustomization names."""
        name = resolve(each.folder, written)
        data = self.content(name) if name else None
        try:
            return parse(decode(data).utf8.decode()) if data is not None else []
        except (Undecodable, Unparsable, UnicodeDecodeError):
            return []

    def resources(self, name: str) -> tuple[Resource, ...]:
        """The objects of a manifest, as far as they matter."""
        if name not in self._resources:
            findings = self._of(name)
            data = self.content(name) if name in self._needles else None
            self._resources[name] = (
                loading.untouched(name, findings)
                if data is None
                else loading.looked_into(name, data, findings, self._needles[name])
            )
        return self._resources[name]

    def note_unlisted(self, flows: Iterable[Flow]) -> None:
        """Find where the texts of flows stand that no finder has seen, or not as what they are a part of."""
        for flow in flows:
            source = flow.source
            if source is None or source.key in self.unlisted:
                continue
            finding = self.findings.get(source.key)
            sure = finding is not None and finding.place.certainty is Certainty.CERTAIN
            if finding is None or flow.composed or (flow.named and not sure):
                self.unlisted[source.key] = copied(source, self.content(source.key.file))
        self.seen |= self.unlisted.keys()

    def _images(self, name: str) -> Images:
        """The images in the scalars of a file."""
        return loading.images(self._of(name))

    def _of(self, name: str) -> Sequence[Finding]:
        """The findings of a file, which are known then."""
        if name not in self._findings:
            findings = self._found.get(name)
            if findings is None:
                data = self.content(name)
                findings = list(self._scan_file(name, data)) if data is not None else []
            self._findings[name] = findings
            listed = [finding for finding in findings if finding.place.pointer is not None or finding.place.within]
            known = {key_of(finding.place): finding for finding in listed}
            self.findings |= known
            self.seen |= known.keys()
        return self._findings[name]


def looking(root: Path, graph: Graph) -> Callable[[str], Looked]:
    """Gives what is known of each layer of a graph, whose objects are all looked into; nothing of images."""
    return Reader(root, graph, {}, lambda name, data: ()).looked_whole
