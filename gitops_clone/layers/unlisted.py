"""Image places that only the layers know: in patches inside kustomizations, in fields that these copy. Pure.

No finder sees them: what makes them images is what kustomizations do with them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gitops_clone.documents.amend import Replace
from gitops_clone.documents.edits import Edit
from gitops_clone.documents.embedded import Uneven, embedded
from gitops_clone.documents.node import Mapping, Scalar
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.pointer import at
from gitops_clone.documents.scalar import text_span
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.documents.texts import Format, read
from gitops_clone.finding import Place, Rule, RuleKind, Span
from gitops_clone.layers.flow import Key, Source
from gitops_clone.lines import Lines

_COPIED = Rule(RuleKind.COPIED)
_INLINE = Rule(RuleKind.INLINE_PATCH)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """An image place; `before` is what precedes the image in its scalar (`KEY=` of a literal)."""

    source: Source
    place: Place
    before: str = ""

    def amendment(self, new: str, upstream: str) -> Replace:
        """The edit that writes another image there."""
        key = self.source.key
        pointer = key.pointer.partition("=")[0] or key.pointer  # of a file of lines, all of it is the place
        at = f"{key.document}{pointer}"
        return Replace(at, f"{self.before}{self.source.image}", f"{self.before}{new}", upstream, new)


def in_patch(key: Key, text: str, before: int, outer: Scalar, inner_text: str, inner: Scalar) -> Unlisted:
    """An image in a patch: `outer` is the scalar that holds it, in a text with some lines `before` it in its file.

    `inner` is its own scalar in the patch.
    """
    span = text_span(inner_text, inner)
    line = before + inner_text.count("\n", 0, inner.start) + text.count("\n", 0, outer.start)
    line += 2 if outer.style in ("|", ">") else 1
    where = key.pointer.partition("#")[0]
    note, ignored = _why_left(text, outer, inner, span), Lines(inner_text).ignored(inner.start)
    place = Place(
        key.file, key.document, where, where, line, 1, inner.value, inner.value, Span(0, 0),
        note="comment gitops-clone: ignore" if ignored else note, ignored=ignored, rule=_INLINE,
    )  # fmt: skip
    return Unlisted(Source(key, inner.value), place)


def copied(source: Source, data: bytes | None) -> Unlisted:
    """A text that is copied to an image place; `data` are the bytes of the file that it stands in."""
    key = source.key
    pointer, mark, name = key.pointer.partition("=")
    before = f"{name}=" if mark and pointer else ""
    place = Place(
        key.file, key.document, pointer or None, pointer or None, 1, 1, source.image, source.image, Span(0, 0),
        rule=_COPIED,
    )  # fmt: skip
    if not pointer:
        return Unlisted(source, _of_line(place, name, source.image, data or b""))
    found = _find(key.document, pointer, data)
    if found is None:
        return Unlisted(source, replace(place, note="reached through an alias or a merge key"), before)
    scalar, text, lines = found
    line, column = lines.position(scalar.start)
    place = replace(place, line=line, column=column, policy=lines.policy(scalar.start))
    if lines.ignored(scalar.start):
        place = replace(place, note="comment gitops-clone: ignore", ignored=True)
    elif scalar.anchor or scalar.value != f"{before}{source.image}" or text_span(text, scalar) is None:
        place = replace(place, note="its text is not in the file in one piece")
    return Unlisted(source, place, before)


def _of_line(place: Place, name: str, image: str, data: bytes) -> Place:
    """The place of a line `name=image` of a file, and why it is to be left."""
    try:
        source = decode(data)
        check(source)
    except Undecodable as error:
        return replace(place, note=str(error))
    text = source.utf8.decode()
    (root,) = read(text, Format.PROPERTIES)
    pairs = root.pairs if isinstance(root, Mapping) else []
    found = [value for key, value in pairs if isinstance(key, Scalar) and key.value == name]
    if len(found) != 1 or not isinstance(found[0], Scalar) or found[0].value != image:
        return replace(place, note="its text is not in the file in one piece")
    lines = Lines(text)
    line, column = lines.position(found[0].start)
    place = replace(place, line=line, column=column)
    ignored = lines.ignored(found[0].start)
    return replace(place, note="comment gitops-clone: ignore", ignored=True) if ignored else place


def _why_left(text: str, outer: Scalar, inner: Scalar, span: Span | None) -> str | None:
    if outer.anchor or inner.anchor:
        return "in a patch with an anchor"
    if span is None:
        return "white space inside the value"
    try:
        embedded(text, outer).edit_of(Edit(span, "x"))
    except Uneven as error:
        return f"in a patch inside the kustomization: {error}"
    return None


def _find(document: int, pointer: str, data: bytes | None) -> tuple[Scalar, str, Lines] | None:
    """The scalar at a pointer of a document of a file, the text of its chunk, and the lines of that."""
    try:
        source = decode(data or b"")
        check(source)
    except Undecodable:
        return None
    chunks = split(source.utf8)
    here = max(number for number, chunk in enumerate(chunks) if chunk.document <= document)
    text = chunks[here].data.decode()
    try:
        roots = parse(text)
    except Unparsable:
        return None
    number = document - chunks[here].document
    root = roots[number] if number < len(roots) else None
    scalar = at(root, pointer)[1] if root is not None else None
    before = source.utf8.count(b"\n", 0, chunks[here].start)
    return (scalar, text, Lines(text, before, roots)) if isinstance(scalar, Scalar) else None
