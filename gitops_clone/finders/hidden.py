"""Images that no field names: told by their shape, and by where they stand how likely they are. Pure.

What only looks like one, or names one without pulling it (a push target, a policy, an example), is found too, and left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from gitops_clone.documents.node import Scalar
from gitops_clone.documents.texts import Format, guess
from gitops_clone.finders import shape
from gitops_clone.finders.objects import Object, is_yard
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.finding import Certainty, Span

_POLICY_GROUPS = re.compile(r"(?:policies\.)?kyverno\.io|(?:\w+\.)?gatekeeper\.sh|policy\.sigstore\.dev")
_POLICY_KINDS = ("ValidatingAdmissionPolicy", "ValidatingWebhookConfiguration")
_PROSE = ("description", "message", "summary", "title", "notes", "documentation", "displayName", "expr")
_SPEAKS_OF_IMAGES = re.compile(r"[iI]mage|IMAGE")
# Words of a name that say where an image is pushed, not pulled: `--destination`, `OUTPUT_IMAGE`, `pushRef`.
_PUSH = re.compile(
    r"(?:\A|[^a-z])(?:dest|destination|push|target|output|publish|upload)(?:[^a-z]|\Z)|\A--?(?:t|tag)\Z|cache-repo"
)
_PUSHING_COMMAND = re.compile(r"(?:\bpush|--destination|--tag|\s-t)[ =]+[\"']?(?:docker://)?\Z")
_FLAG_BEFORE = re.compile(r"(--?[A-Za-z][\w.-]*)[ =][\"']?(?:docker://)?\Z|\A([A-Za-z_][\w.-]*)=[\"']?\Z")


_IS_IMAGE = re.compile(r"(?:\A|[^a-zA-Z])image\Z|[a-z0-9]Image\Z|IMAGE(?:_NAME)?\Z")
_PAIR = re.compile(r"(--?[A-Za-z][\w.-]*|[A-Za-z_][\w.-]*)=(.+)")
_SHORT = re.compile(
    r"[a-z0-9][a-z0-9._/-]*[a-z0-9](?::[\w][\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)
_OF_LAYERS = (("images",), ("imageTags",), ("replacements",), ("vars",))
_PATCHES = ("patches", "patchesJson6902", "patchesStrategicMerge")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An object, or a tree in a text; whether the text stands where a program is configured; whether texts are read."""

    view: View
    item: Object
    speaks: bool
    texts: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A scalar that may hold references: as a text of a format, or as it is.

    `certainty` and `where` hold for what is told by its shape alone, or (`named`) by the name that it goes by.
    `note` is why all of it is to stay.
    """

    surroundings: Surroundings
    visit: Visit
    form: Format | None
    certainty: Certainty
    where: str
    note: str | None
    named: Span | None

    def references(self) -> Iterator[tuple[Span, str | None]]:
        """The references in the scalar's value, each with why it is to stay."""
        assert isinstance(self.visit.node, Scalar)
        value = self.visit.node.value
        for span in [self.named] if self.named else shape.find(value):
            before = value[: span.start]
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", _name(self.surroundings, self.visit, before)).lower()
            pushed = _PUSH.search(words) or _PUSHING_COMMAND.search(before)
            yield span, "a push target" if pushed else None


def find(around: Surroundings, visits: Iterable[Visit], known: Collection[int]) -> Iterator[Seen]:
    """The scalars among an object's nodes that may hold references, but for those of `known` (by id)."""
    top = around.item.visit
    policy = _POLICY_GROUPS.fullmatch(around.item.group) is not None or around.item.kind in _POLICY_KINDS
    for visit in visits:
        if not isinstance(visit.node, Scalar):
            continue
        value = visit.node.value
        shaped = "/" in value and next(shape.find(value), None) is not None
        structured = around.texts and len(value) > 12 and (shaped or "mage" in value or "MAGE" in value)
        named = None if shaped or ":" not in value else _named(around, visit, value)
        if not (shaped or structured or named is not None) or id(visit.node) in known or is_yard(visit.path):
            continue
        path = visit.path[len(top.path) :]
        form = guess(value) if structured else None
        if (shaped or named is not None or form is not None) and not _is_elsewhere(around.item, path):
            certainty, where = _place(around, visit, value) if named is None else (Certainty.LIKELY, "")
            yield Seen(around, visit, form, certainty, where, _why_left(path, policy), named)


def _named(around: Surroundings, visit: Visit, value: str) -> Span | None:
    """Where a reference without a registry stands, if its name says that it is an image: `someImage: acme/app:1`."""
    if "/" not in value:
        return None
    match = _PAIR.fullmatch(value)
    name, start = (match[1], match.start(2)) if match else (_name(around, visit, ""), 0)
    if not _SHORT.fullmatch(value, start) or not _IS_IMAGE.search(name):
        return None
    return Span(start, len(value))


def _is_elsewhere(item: Object, path: Path) -> bool:
    """Whether there is no image as it stands, or other rooms read what is there: layers, and those of charts."""
    match item.kind:
        case "Secret":
            return path[:1] == ("data",)
        case "Kustomization" | "Component" if item.group != "kustomize.toolkit.fluxcd.io":
            return path[:1] in _OF_LAYERS
        case "Kustomization":
            return path[:2] in (("spec", "patches"), ("spec", "images"))
        case "Application" | "ApplicationSet":
            return path[-3:-1] == ("kustomize", "images")
        case "HelmRelease":
            return "postRenderers" in path
    return False


def is_patch(item: Object, path: Path) -> bool:
    """Whether a text in an object is a patch, whose image fields the layers know."""
    return item.kind in ("Kustomization", "Component") and path[len(item.visit.path)] in _PATCHES


def _place(around: Surroundings, visit: Visit, value: str) -> tuple[Certainty, str]:
    """How likely a reference at a visit is an image, and the words for the place."""
    view, top, kind = around.view, around.item.visit, around.item.kind
    path = visit.path[len(top.path) :]
    likely = Certainty.LIKELY
    if "oci://" in value:
        return Certainty.POSSIBLE, "after oci://, which may be an artifact of any kind"
    if _is_argument(path):
        # A script may do anything with it; a flag hands it to the program.
        script = any(character.isspace() for character in value.strip())
        return (Certainty.POSSIBLE, "in a script") if script else (likely, "in an argument")
    if path[-1:] == ("value",) and path[-3:-2] == ("env",):
        return likely, "in an environment variable"
    if path[-2:-1] == ("literals",):
        return (likely if _SPEAKS_OF_IMAGES.search(value.partition("=")[0]) else Certainty.POSSIBLE), "in a literal"
    if kind == "ConfigMap" and path[:1] == ("data",):
        names = f"{path[1]} {view.text(top, 'metadata', 'name')}"
        return likely if _SPEAKS_OF_IMAGES.search(names) else Certainty.POSSIBLE, "in the data of a ConfigMap"
    if around.speaks:
        return likely, "in a text that configures a program"
    if any(isinstance(step, str) and _SPEAKS_OF_IMAGES.search(step) for step in path[-4:]):
        return likely, "in a field that speaks of images"
    return Certainty.POSSIBLE, "in a text"


def _is_argument(path: Path) -> bool:
    return len(path) > 1 and path[-2] in ("args", "command") and isinstance(path[-1], int)


def _name(around: Surroundings, visit: Visit, before: str) -> str:
    """The name that a reference goes by: of its flag, of its variable, of its parameter, of its key."""
    path = visit.path
    if match := _FLAG_BEFORE.search(before):
        return match[1] or match[2]
    if _is_argument(path):
        item = _at(around, (*path[:-1], int(path[-1]) - 1)) if path[-1] else None
        text = item.node.value if item is not None and isinstance(item.node, Scalar) else ""
        return text if text.startswith("-") and "=" not in text else ""
    if path[-1:] in (("value",), ("default",)):
        parent = _at(around, path[:-1])
        return (around.view.text(parent, "name") or "") if parent else ""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _at(around: Surroundings, path: Path) -> Visit | None:
    """The node at a path of the document, if there is one."""
    visit: Visit | None = around.item.visit
    for step in path[len(around.item.visit.path) :]:
        below = around.view.children(visit) if visit else ()
        visit = next((child for child in below if child.path[-1] == step), None)
    return visit


def _why_left(path: Path, policy: bool) -> str | None:
    """Why all references at a path are to stay, whatever their certainty; None if they may move."""
    if path[:1] == ("status",):
        return "status: what the cluster reported"
    if policy:
        return "a policy: it names images and does not pull them"
    return "a text for people" if path and path[-1] in _PROSE else None
