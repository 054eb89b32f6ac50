"""The proof for texts in scalars: each level's trees are as before, but for the scalars that were to change."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_clone.documents.edits import Edit, splice
from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.pointer import at
from gitops_clone.documents.proof import Unproved, prove_trees
from gitops_clone.documents.texts import Format, Unreadable, read
from gitops_clone.finding import Level, Span

_Part = tuple[tuple[Level, ...], Span, str]


def prove_inside(before: str, after: str, parts: Sequence[_Part]) -> None:
    """Raise `Unproved` unless a text is another one with just these parts replaced.

    Each part is the levels that lead to the innermost scalar, the span of what is replaced in its value, and the new
    text. Without levels the text itself is that scalar.
    """
    here = [Edit(span, new) for levels, span, new in parts if not levels]
    if here:
        if len(here) < len(parts) or splice(before, here) != after:
            raise Unproved("the new text within a scalar would not be what was planned")
        return
    below: dict[Level, list[_Part]] = {}
    for levels, span, new in parts:
        below.setdefault(levels[0], []).append((levels[1:], span, new))
    form = Format(parts[0][0][0].reading)
    try:
        old, new_trees = read(before, form), read(after, form)
    except Unreadable as error:
        raise Unproved(f"the new text within a scalar would not parse: {error}") from None
    replaced: dict[tuple[int, str], str] = {}
    for level, inner in below.items():
        one, other = _scalar(old, level), _scalar(new_trees, level)
        if one is None or other is None:
            raise Unproved("the new text within a scalar would not mean what was planned")
        prove_inside(one.value, other.value, inner)
        replaced[level.document, level.pointer] = other.value
    prove_trees(old, new_trees, replaced)


def _scalar(trees: Sequence[Node | None], level: Level) -> Scalar | None:
    root = trees[level.document] if level.document < len(trees) else None
    found = at(root, level.pointer)[1] if root is not None else None
    return found if isinstance(found, Scalar) else None
