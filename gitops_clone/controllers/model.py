"""What objects of Flux and Argo CD apply, in words that both share: who, from where, with which overrides and values.

Pointers are RFC 6901, from the root of the object's document. `path` and file names are relative to the root of the
repository; whether a source is this repository cannot be told from its URL, so a path that is not in it means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds that apply something, and their API groups are told by them: the first two are Flux's."""

    KUSTOMIZATION = "Kustomization"
    HELM_RELEASE = "HelmRelease"
    APPLICATION = "Application"
    APPLICATION_SET = "ApplicationSet"


@dataclass(frozen=True, slots=True)
class Owner:
    """The object that applies, and where it stands: file, document (0-based), line (1-based), pointer in a List.

    `kind` is one of `Kind`, but for objects of other tools. `updated` are the names of the images that Argo CD Image
    Updater writes, as its annotation on the object has them.
    """

    file: str
    document: int
    line: int
    kind: str
    name: str
    namespace: str | None = None
    pointer: str = ""
    ignored: bool = False
    updated: tuple[str, ...] = ()

    def __str__(self) -> str:
        """How reports name it: `HelmRelease apps/web`."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class ImageOverride:
    """One entry of `images`, at `pointer`: a mapping as in a kustomization (Flux), or one text (`text`; Argo CD).

    The values are empty where they are not given. Argo CD's `name=new:tag`, `name:tag`, `name@digest` are taken apart.
    `file` is where it stands, if that is not the object's own file.
    """

    pointer: str
    line: int
    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    text: bool = False
    file: str = ""

    @property
    def keeps(self) -> bool:
        """Whether a `*` of Argo CD keeps a part of the entry of the same name below."""
        return self.text and "*" in (self.new_name, self.new_tag, self.digest)


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch of an object, as text in the scalar at `pointer` or (`tree`) as a tree there; `target` as kustomize's.

    Neither: it stands in the file `path`, relative to the folder that is applied.
    """

    pointer: str
    text: str | None
    target: Mapping[str, str] | None = field(default=None, hash=False)
    tree: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigReference:
    """A ConfigMap or Secret that an object reads, in the namespace that it has itself.

    `key` is the key in its data (all of them for substitutions).
    """

    kind: str
    name: str
    key: str | None = None
    target: str | None = None
    optional: bool = False
    namespace: str | None = None


class ValuesForm(StrEnum):
    """Where values of a chart stand."""

    FILE = "file"
    """A file of the repository."""
    TREE = "tree"
    """The mapping at a pointer: `spec.values`, `helm.valuesObject`."""
    TEXT = "text"
    """YAML as the text of the scalar at a pointer: `helm.values`, a key of a ConfigMap's data."""
    SCALAR = "scalar"
    """One value, the scalar at a pointer: `helm.parameters`, `valuesFrom` with a `targetPath`."""
    CONTENT = "content"
    """One value, the whole text of a file: `helm.fileParameters`."""
    REFERENCE = "reference"
    """A ConfigMap or Secret that is not known (yet)."""


@dataclass(frozen=True, slots=True)
class Values:
    """One source of values. `file`, `document`, `pointer` say where it stands; `path` is the key of one value.

    The key is dotted, as Helm has it (`image.tag`). `string`: a scalar that is a string whatever it looks like.
    Without a `file`, a FILE is one of a chart from elsewhere, and `path` is its name there. Where a REFERENCE is
    followed, `reference` still tells who said so. `optional`: a missing one is no error.
    """

    form: ValuesForm
    file: str = ""
    document: int = 0
    pointer: str = ""
    path: str = ""
    string: bool = False
    reference: ConfigReference | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class SourceReference:
    """An object that says where something comes from: `HelmRepository flux-system/bitnami`."""

    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class ChartReference:
    """A chart that is not a folder of the repository: its name and version, and where it comes from if that is known.

    The name is empty where another object has it (`chartRef`). `source` is the object that says where it comes from,
    `pointer` is where the name (or the `chartRef`) stands.
    """

    name: str
    version: str | None
    repository: str | None
    source: SourceReference | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Which manifests of a folder without a kustomization are applied.

    All below it (`recurse`), or its own; of Argo CD, those that the globs leave.
    """

    recurse: bool = False
    include: str | None = None
    exclude: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """One source of one object. `pointer` is where the object has the source (`/spec`, `/spec/sources/1`).

    `path` is the folder of a kustomization, of plain manifests (then `directory` counts), or of a chart; `chart` a
    chart from elsewhere; both None: it comes from another place. `source` is what `path` is in: the object of Flux, or
    (without a kind) the URL that Argo CD has.

    `namespace` is what every object gets, `default_namespace` those that have none; of a chart, the release's.
    `values` in order, the later win; with `replaces_values`, the first of them stand instead of the chart's own file.
    `images` are overrides that work on all that the source brings (kustomize images; the post-renderers of a
    HelmRelease), in order. `substitute` has the variables of Flux's `postBuild`, None without such a block;
    `substitute_from` what else it reads. `obstacle` says why what is applied cannot be told.
    """

    owner: Owner
    pointer: str
    path: str | None = None
    chart: ChartReference | None = None
    source: SourceReference | None = None
    directory: Directory = Directory()
    namespace: str | None = None
    default_namespace: str | None = None
    release: str | None = None
    values: tuple[Values, ...] = ()
    replaces_values: bool = False
    images: tuple[ImageOverride, ...] = ()
    patches: tuple[Patch, ...] = ()
    components: tuple[str, ...] = ()
    substitute: Mapping[str, str] | None = field(default=None, hash=False)
    substitute_from: tuple[ConfigReference, ...] = ()
    obstacle: str | None = None
