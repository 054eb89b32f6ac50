"""Lines, columns, and the comments that are heeded: `gitops-clone: ignore` and the marker of Flux image automation."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitops_clone.documents.node import Mapping, Node, Scalar, Sequence

_IGNORE = re.compile(r"#[ \t]*gitops-clone:[ \t]*ignore\b")
# The marker may be glued to the `#`; the policy may name one part of the reference (`ns:name:tag`).
_POLICY = re.compile(r"#[ \t]*\{[ \t]*\"\$imagepolicy\"[ \t]*:[ \t]*\"([^\":\n]+:[^\":\n]+)(?::\w+)?\"")
# What may stand before a comment that speaks of the next line: a dash, a key without value, the head of a block scalar.
_OPENING = re.compile(r"[ \t]*(?:-[ \t]+)*(?:[\w.\"'/-]+[ \t]*:[ \t]+)?(?:[|>][-+0-9]*[ \t]+)?")
_YTT = re.compile(r"[ \t]*(#@[^\r\n]*\S)")


class _Ignore(NamedTuple):
    """Where a comment begins, and whether it speaks of the next line too."""

    start: int
    opening: bool


class Lines:
    """Line numbers, columns and comments of a text that begins `before` lines into its file.

    `roots` are the documents of the text: what stands in their scalars is no comment. Offsets are code points.
    """

    def __init__(self, text: str, before: int = 0, roots: Iterable[Node | None] = ()) -> None:
        self._text = text
        self._before = before
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._ignores: dict[int, _Ignore] = {}
        self._policies: dict[int, tuple[int, str]] = {}
        self._read_comments(list(roots))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both 1-based, the column in code points."""
        line = self._line(offset)
        return self._before + line + 1, offset - self._starts[line] + 1

    def ignored(self, offset: int) -> bool:
        """Whether the comment that ignores stands behind the offset on its line, or on the line before."""
        line = self._line(offset)
        here, above = self._ignores.get(line), self._ignores.get(line - 1)
        return (here is not None and here.start >= offset) or (above is not None and above.opening)

    def policy(self, offset: int) -> str | None:
        """The Flux ImagePolicy whose marker stands behind the offset on its line, as `namespace:name`."""
        start, policy = self._policies.get(self._line(offset), (-1, None))
        return policy if start >= offset else None

    def ytt(self, offset: int) -> str | None:
        """The ytt expression (https://carvel.dev/ytt) that stands in place of a value at the offset, `#@` included."""
        match = _YTT.match(self._text, offset)
        return match[1] if match else None

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def _read_comments(self, roots: list[Node | None]) -> None:
        ignores = list(_IGNORE.finditer(self._text))
        policies = list(_POLICY.finditer(self._text))
        if not ignores and not policies:
            return
        texts = sorted(span for root in roots for span in _texts(root, self._text))
        starts = [start for start, _ in texts]

        def is_comment(offset: int) -> bool:
            before = bisect_right(starts, offset) - 1
            return before < 0 or texts[before][1] <= offset

        for match in filter(lambda match: is_comment(match.start()), ignores):
            line = self._line(match.start())
            opening = _OPENING.fullmatch(self._text, self._starts[line], match.start()) is not None
            self._ignores[line] = _Ignore(match.start(), opening)
        for match in filter(lambda match: is_comment(match.start()), policies):
            self._policies[self._line(match.start())] = match.start(), match[1]


def _texts(root: Node | None, text: str) -> Iterator[tuple[int, int]]:
    """The spans of a document's scalars; of a block scalar only the body, for its head may have a comment."""
    stack: list[Node] = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            head = text.find("\n", node.start, node.end) if node.style in ("|", ">") else node.start
            yield (head if head >= 0 else node.start), node.end
        elif isinstance(node, Sequence):
            stack += node.items
        elif isinstance(node, Mapping):
            stack += (part for pair in node.pairs for part in pair)
