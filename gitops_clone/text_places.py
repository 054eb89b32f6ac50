"""The places of a file that is no manifest: a program reads it as text. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_clone.documents.texts import Format, guess
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finders.manifests import find_in_text
from gitops_clone.finding import Place
from gitops_clone.lines import Lines


def find(file: str, text: str, catalogue: Catalogue, *, lines: bool) -> Iterator[Place]:
    """The images of a text in a file; `lines`: it holds lines `key=value`. Their pointers are null."""
    positions = Lines(text)
    for spot in find_in_text(text, Format.PROPERTIES if lines else guess(text), catalogue):
        within = spot.within
        if within is None:
            continue  # a file that is one reference and nothing else
        line, column = positions.position(within.span.start)
        ignored = spot.note is None and positions.ignored(within.span.start)
        yield Place(
            file, 0, None, None, line, column, within.image, within.image, within.span,
            note="comment gitops-clone: ignore" if ignored else spot.note, ignored=ignored or spot.ignored,
            rule=spot.rule, certainty=spot.certainty, within=within,
        )  # fmt: skip
