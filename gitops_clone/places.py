"""One file's bytes to the places that name an image: documents and finders put together. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.embedded import Embedded, Uneven, embedded
from gitops_clone.documents.node import Mapping as MappingNode
from gitops_clone.documents.node import Node, Scalar, Sequence, is_null
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.proof import pointer, text_pointers
from gitops_clone.documents.scalar import text_span
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import Chunk, split
from gitops_clone.finders import json_patch, manifests, shape, templates
from gitops_clone.finders.candidates import candidate_pattern, is_definition
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.finders.manifests import Spot, TwoObjects
from gitops_clone.finders.view import TooManyAliases
from gitops_clone.finding import Certainty, Part, Place, Rule, RuleKind, Skipped, Span
from gitops_clone.lines import Lines

_KIND = b"kind"
_STRUCTURED = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LINES = (".env", ".properties")
_BROKEN = "its text is folded or escaped"
COMMENTED = "comment gitops-clone: ignore"


class FilePlaces(NamedTuple):
    """What one file holds: its places in the order of the text, and what was passed over."""

    places: tuple[Place, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def find_places(file: str, data: bytes, catalogue: Catalogue = SHIPPED, *, is_text: bool = False) -> FilePlaces:
    """The places of one file, `file` being its name in the report. Never raises for bad content: that is in `skipped`.

    Only documents whose bytes can hold an image are parsed; a file without any is not even decoded. `is_text` is a file
    that a program reads as text, like the data of a ConfigMap.
    """
    bare = is_text and file.endswith(_STRUCTURED)
    kind = "Kustomization" if file.rpartition("/")[2] in _KUSTOMIZATIONS else ""
    text = file.endswith(_LINES) or (is_text and not bare)
    try:
        source = decode(data)
        if not _may_hold_image(source.utf8, catalogue, bare=bool(bare or text or kind)):
            return FilePlaces()
        check(source)
    except Undecodable as error:
        fatal = not text and _may_hold_image(data.replace(b"\0", b""), catalogue, bare=bare)
        return FilePlaces(skipped=(Skipped(file, str(error), fatal, error.line),))
    if text:
        from gitops_clone import text_places

        return FilePlaces(tuple(text_places.find(file, source.utf8.decode(), catalogue, lines=file.endswith(_LINES))))
    places: list[Place] = []
    skipped: list[Skipped] = []
    lines_before = 0
    chunks = split(source.utf8)
    for chunk in chunks:
        may_hold = len(chunks) == 1 or _may_hold_image(chunk.data, catalogue, bare=bool(bare or kind))
        if may_hold and not is_definition(chunk.data):
            find = partial(manifests.find, catalogue=catalogue, bare=bare, kind=kind)
            found = _places_of(file, chunk, lines_before, find)
            places += found.places
            skipped += found.skipped
        lines_before += chunk.data.count(b"\n")
    return FilePlaces(tuple(places), tuple(skipped))


def _may_hold_image(data: bytes, catalogue: Catalogue, *, bare: bool) -> bool:
    """Whether bytes can hold an image: in an object, or (`bare`) in any text."""
    if json_patch.may_hold(data):
        return True
    if not bare and _KIND not in data:
        return False
    # Variables and flags are named by texts, not by keys: `name: SOME_IMAGE`, `--some-image=…`.
    return (
        candidate_pattern(catalogue).search(data) is not None
        or shape.may_hold(data)
        or b"IMAGE" in data
        or b"-image=" in data
    )


def _places_of(file: str, chunk: Chunk, lines_before: int, find: Callable[[Node], list[Spot]]) -> FilePlaces:
    text = chunk.data.decode()
    template = templates.is_template(text) or (_in_chart(file) and "{{" in text)
    try:
        roots = parse(text, second_opinion=not template)
    except Unparsable as error:
        if template:
            return FilePlaces(tuple(_template_places(file, chunk, text, lines_before)))
        return FilePlaces(skipped=(Skipped(file, str(error), True, error.line + lines_before),))
    if template and any(_has_action_as_key(root) for root in roots):
        return FilePlaces(tuple(_template_places(file, chunk, text, lines_before)))
    lines = Lines(text, lines_before, roots)
    places: list[Place] = []
    skipped: list[Skipped] = []
    for number, root in enumerate(roots, chunk.document):
        if root is None:
            continue
        try:
            spots = json_patch.find(root) if json_patch.is_list(root) else find(root)
        except (TooManyAliases, TwoObjects, RecursionError) as error:
            reason = "merge keys nested too deep" if isinstance(error, RecursionError) else str(error)
            line, _ = lines.position(error.offset if isinstance(error, TwoObjects) else 0)
            skipped.append(Skipped(file, reason, True, line))
            continue
        if spots:
            note = sops_note(root)
            places += _manifest_places(file, chunk, number, root, spots, text, lines, note)
            if note:
                skipped.append(Skipped(file, note, False, lines_before + 1))
    return FilePlaces(tuple(places), tuple(skipped))


def _in_chart(file: str) -> bool:
    """Whether a file lies where charts have their templates."""
    return "templates" in file.split("/")[:-1]


def _manifest_places(
    file: str, chunk: Chunk, document: int, root: Node, spots: list[Spot], text: str, lines: Lines, sops: str | None
) -> Iterator[Place]:
    # Without aliases, the text stands where the object has it.
    pointers = text_pointers(root) if any(spot.alias for spot in spots) else {}
    texts = _Texts(text, pointers)
    for spot in spots:
        scalar = spot.scalar
        span = texts.span(spot)
        start = span.start if span else scalar.start
        shown = spot.alias.start if spot.alias else start
        if (image := _image_of(spot, lines)) is None:
            continue
        commented = any(lines.ignored(offset) for offset in {start, shown, scalar.start})
        note, ignored = _why_left_alone(spot, span, commented, sops)
        parts = texts.parts(spot)
        if note is None and spot.parts and len(parts) <= len(spot.parts):
            note = _BROKEN
        line, column = lines.position(shown)
        raw = text[span.start : span.end] if span else text[scalar.start : scalar.end]
        yield Place(
            file=file,
            document=document,
            pointer=pointer(spot.path),
            text_pointer=pointers.get(id(scalar), pointer(spot.path)),
            line=line,
            column=column,
            image=image,
            raw=image if spot.parts or (spot.within and not span) else raw,
            span=span or Span(scalar.start, scalar.end),
            chunk=chunk.start,
            note=note,
            ignored=ignored,
            namespace=spot.namespace,
            policy=lines.policy(start),
            rule=spot.rule,
            certainty=spot.certainty,
            within=spot.within,
            parts=parts if len(parts) > 1 else (),
        )


def _image_of(spot: Spot, lines: Lines) -> str | None:
    """The image as written; of a null value what ytt puts there, `None` where it puts nothing."""
    if spot.within is None and is_null(spot.scalar):
        return lines.ytt(spot.scalar.end)
    return spot.image or (spot.within.image if spot.within else spot.scalar.value)


class _Texts:
    """Where the images of spots stand in a text; what was learned of a scalar is kept for its next part."""

    def __init__(self, text: str, pointers: Mapping[int, str]) -> None:
        self._text, self._pointers = text, pointers
        self._known: dict[int, Embedded | None] = {}

    def span(self, spot: Spot) -> Span | None:
        """The span of a spot's image; None where it does not stand there in one piece, as it is."""
        if spot.within is None:
            return text_span(self._text, spot.scalar)
        if spot.within.span.start == spot.within.span.end:
            return None
        try:
            if id(spot.scalar) not in self._known:
                self._known[id(spot.scalar)] = None
                self._known[id(spot.scalar)] = embedded(self._text, spot.scalar)
            known = self._known[id(spot.scalar)]
            span = known.edit_of(Edit(spot.within.span, "")).span if known else None
        except Uneven:
            return None
        return span if span and self._text[span.start : span.end] == spot.within.image else None

    def parts(self, spot: Spot) -> tuple[Part, ...]:
        """The parts of a split reference that stand there in one piece; none where it is not split."""
        found = []
        for role, part in (("repository", spot), *spot.parts) if spot.parts else ():
            span = self.span(part)
            if span is not None:
                value = part.within.image if part.within else part.scalar.value
                path = pointer(part.path)
                text_pointer = self._pointers.get(id(part.scalar), path)
                raw = self._text[span.start : span.end]
                found.append(Part(str(role), value, raw, span, path, text_pointer, part.within))
        return tuple(found)


def _why_left_alone(spot: Spot, span: Span | None, commented: bool, sops: str | None) -> tuple[str | None, bool]:
    """The note of a place and whether a rule says so; `commented`: a comment says that it is ignored."""
    scalar = spot.scalar
    if spot.note is not None:
        return spot.note, spot.ignored
    if is_null(scalar):
        return "ytt expression", False
    if commented:
        return COMMENTED, True
    if sops:
        return sops, False
    if spot.within:
        return (None if span else _BROKEN), False
    if span is None and not scalar.value.strip():
        return "empty", False
    if _is_not_text(scalar):
        return "not a string", False
    return (None if span else "white space inside the value"), False


def _template_places(file: str, chunk: Chunk, text: str, lines_before: int) -> Iterator[Place]:
    lines = Lines(text, lines_before)
    for spot in templates.find(text):
        line, column = lines.position(spot.start)
        ignored = lines.ignored(spot.start)
        note = COMMENTED if ignored else "composed by a template" if spot.templated else None
        span = Span(spot.start, spot.end)
        # What a reference is that no key names, rendering tells.
        rule = templates.SHAPED if spot.shaped else Rule(RuleKind.TEMPLATE)
        yield Place(
            file, chunk.document, None, None, line, column, spot.image, text[span.start : span.end], span, chunk.start,
            note, ignored, policy=lines.policy(spot.start), rule=rule,
            certainty=Certainty.POSSIBLE if spot.shaped else Certainty.CERTAIN,
        )  # fmt: skip


def _is_not_text(scalar: Scalar) -> bool:
    """Whether a plain scalar is a number or a boolean to YAML (core schema, YAML 1.2.2, section 10.3.2)."""
    if scalar.style or scalar.tag == "tag:yaml.org,2002:str":
        return False
    return (
        scalar.value.lower() in ("true", "false")
        or re.fullmatch(r"[-+]?[0-9][0-9_]*(\.[0-9]*)?", scalar.value) is not None
    )


def _has_action_as_key(node: Node | None) -> bool:
    """Whether `{{ … }}` was read as a mapping that is a key, which only a template action is."""
    if isinstance(node, Sequence):
        return any(_has_action_as_key(item) for item in node.items)
    if isinstance(node, MappingNode):
        return any(isinstance(key, MappingNode) or _has_action_as_key(value) for key, value in node.pairs)
    return False


def sops_note(root: Node) -> str | None:
    """Why a document with a `sops` block must not be edited: its MAC covers all values, or only the encrypted ones."""
    if not isinstance(root, MappingNode):
        return None
    for key, value in root.pairs:
        if isinstance(key, Scalar) and key.value == "sops" and isinstance(value, MappingNode):
            settings = {k.value: v.value for k, v in value.pairs if isinstance(k, Scalar) and isinstance(v, Scalar)}
            if settings.get("mac_only_encrypted") != "true":
                return "SOPS: its MAC covers all values, an edit would make the file undecryptable"
    return None
