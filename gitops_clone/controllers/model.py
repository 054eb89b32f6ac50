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
    """The object that applies, and where it stands: file, document (0-based), line (1-based), pointer in a List."""

    file: str
    document: int
    line: int
    kind: Kind
    name: str
    namespace: str | None = None
    pointer: str = ""

    def __str__(self) -> str:
        """How reports name it: `HelmRelease apps/web`."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class ImageOverride:
    """One entry of `images`, at `pointer`: a mapping as in a kustomization (Flux), or one text (`text`; Argo CD).

    The values are empty where they are not given. Argo CD's `name=new:tag`, `name:tag`, `name@digest` are taken apart.
    """

    pointer: str
    line: int
    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    text: bool = False


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch of an object, as text in the scalar at `pointer` or (`tree`) as a tree there; `target` as kustomize's."""

    pointer: str
    text: str | None
    target: Mapping[str, str] | None = field(default=None, hash=False)
    tree: bool = False


@dataclass(frozen=True, slots=True)
class ConfigReference:
    """A ConfigMap or Secret that an object reads; `key` is the key in its data (all of them for substitutions)."""

    kind: str
    name: str
    key: str | None = None
    target: str | None = None
    optional: bool = False


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
    REFERENCE = "reference"
    """A ConfigMap or Secret that is not known (yet)."""


@dataclass(frozen=True, slots=True)
class Values:
    """One source of values. `file`, `document`, `pointer` say where it stands; `path` is the key of a scalar.

    The key is dotted, as Helm has it (`image.tag`). `string`: a scalar that is a string whatever it looks like.
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
class ChartReference:
    """A chart that is not a folder of the repository: its name and version, and where it comes from if that is known.

    `source` names the object that says so (`HelmRepository flux-system/bitnami`), `pointer` is where the name stands.
    """

    name: str
    version: str | None
    repository: str | None
    source: str | None
    pointer: str


@dataclass(frozen=True, slots=True)
class Applied:
    """One source of one object. `pointer` is where the object has the source (`/spec`, `/spec/sources/1`).

    `path` is the folder of a kustomization, of plain manifests, or of a chart; `chart` a chart from elsewhere; both
    None: it comes from another place. `values` in order, the later win. `images` are overrides that work on all that
    the source brings (kustomize images; the post-renderers of a HelmRelease), in order. `substitute` has the variables
    of Flux's `postBuild` as far as they are known, None without such a block; `substitute_from` what else it reads.
    `obstacle` says why what is applied cannot be told.
    """

    owner: Owner
    pointer: str
    path: str | None = None
    chart: ChartReference | None = None
    namespace: str | None = None
    release: str | None = None
    values: tuple[Values, ...] = ()
    images: tuple[ImageOverride, ...] = ()
    patches: tuple[Patch, ...] = ()
    components: tuple[str, ...] = ()
    substitute: Mapping[str, str] | None = field(default=None, hash=False)
    substitute_from: tuple[ConfigReference, ...] = ()
    obstacle: str | None = None
