"""Where a finder saw an image: a scalar, or a part of one; and where what it saw in a text stands in the document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from gitops_clone.documents.edits import Edit
from gitops_clone.documents.embedded import Uneven, embedded
from gitops_clone.documents.node import Alias, Node, Scalar
from gitops_clone.documents.proof import text_pointers
from gitops_clone.documents.scalar import text_span
from gitops_clone.documents.texts import Format, Unreadable, read
from gitops_clone.finders.catalogue import Role
from gitops_clone.finders.view import Path, View, Visit
from gitops_clone.finding import Certainty, Level, Rule, Span, Within
from gitops_clone.lines import Lines

_BROKEN = "its text is folded or escaped"


@dataclass(frozen=True, slots=True)
class Spot:
    """A scalar that holds an image (`within`: a part of it does), at its path in the expanded document.

    `parts` are the other scalars of a split reference, and `image` is it as composed. See `Place` for the rest.
    """

    path: Path
    scalar: Scalar
    alias: Alias | None
    note: str | None = None
    ignored: bool = False
    namespace: str | None = None
    rule: Rule | None = None
    certainty: Certainty = Certainty.CERTAIN
    within: Within | None = None
    parts: tuple[tuple[Role, Spot], ...] = ()
    image: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the image is all of a scalar, and nothing besides."""
        return self.within is None and not self.parts

    def left(self, note: str | None, *, ignored: bool = True) -> Spot:
        """The same spot with why it is to be left, unless there is a reason already, or none."""
        return self if note is None or self.note is not None else replace(self, note=note, ignored=ignored)

    def at_most(self, certainty: Certainty) -> Spot:
        """The same spot, no surer than this."""
        return replace(self, certainty=certainty) if self.certainty.includes(certainty) is False else self


class Opened:
    """One of the trees that the text of a scalar is."""

    def __init__(self, outer: Visit, form: Format, document: int, root: Node) -> None:
        assert isinstance(outer.node, Scalar)
        self.outer, self.form, self.document = outer, form, document
        self.text = outer.node.value
        self.view = View(root)
        self._root = root

    @cached_property
    def pointers(self) -> dict[int, str]:
        return text_pointers(self._root)

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text, 0, [self._root])


def open_text(outer: Visit, form: Format) -> list[Opened]:
    """The trees in the text of a scalar; none where it is not of the format."""
    if not isinstance(outer.node, Scalar):
        return []
    try:
        roots = read(outer.node.value, form)
    except Unreadable:
        return []
    return [Opened(outer, form, number, root) for number, root in enumerate(roots) if root is not None]


def part_of(visit: Visit, span: Span, number: int) -> Within:
    """A part of a scalar's value, the scalar being no text of a format."""
    assert isinstance(visit.node, Scalar)
    value = visit.node.value
    return Within(value, span, value[span.start : span.end], span, (), number)


def lift(spot: Spot, opened: Opened) -> Spot:
    """A spot in a tree as a spot in the scalar that holds the tree's text, with what comments in the text say of it."""
    outer = opened.outer
    scalar = outer.node
    assert isinstance(scalar, Scalar)
    note, ignored = spot.note, spot.ignored
    span = _span(opened.text, spot)
    if note is None and span is None:
        note, ignored = _BROKEN if spot.within or spot.scalar.value.strip() else "empty", False
    if note is None and span is not None and "gitops-clone" in opened.text and opened.lines.ignored(span.start):
        note, ignored = "comment gitops-clone: ignore", True
    level = Level(opened.form.value, opened.document, opened.pointers.get(id(spot.scalar), ""))
    if note is None and "\0" in level.pointer:
        note, ignored = "a key on the way to it stands twice in its text", False
    below = spot.within
    image = below.image if below else spot.scalar.value
    within = Within(
        value=opened.text,
        span=span or Span(0, 0),
        image=image,
        inmost=below.inmost if below else Span(0, len(spot.scalar.value)),
        levels=(level, *below.levels) if below else (level,),
        number=below.number if below else None,
    )
    parts = tuple((role, lift(part, opened)) for role, part in spot.parts)
    return replace(
        spot, path=outer.path, scalar=scalar, alias=outer.alias, note=note, ignored=ignored, within=within, parts=parts
    )


def lift_all(spot: Spot, texts: tuple[Opened, ...]) -> Spot:
    """A spot in the innermost of some texts, as one in the document."""
    for opened in reversed(texts):
        spot = lift(spot, opened)
    return spot


def _span(text: str, spot: Spot) -> Span | None:
    """Where in a text the image of a spot in one of its scalars stands, None if not in one piece."""
    if spot.within is None:
        return text_span(text, spot.scalar) if spot.scalar.end else None
    if spot.within.span.start == spot.within.span.end:
        return None
    try:
        return embedded(text, spot.scalar).edit_of(Edit(spot.within.span, "")).span
    except Uneven:
        return None
