"""Many entry points rendered at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gitops_clone import pool
from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.render import documents
from gitops_clone.render.documents import Document, Unreadable
from gitops_clone.render.model import EntryPoint, PointKey
from gitops_clone.render.tools import Refused, Tools

Rendered = list[Document] | Refused


def render(
    tools: Tools, root: Path, points: Sequence[EntryPoint], catalogue: Catalogue = SHIPPED
) -> dict[PointKey, Rendered]:
    """What entry points of the tree at `root` render, by their keys; two at once for each core.

    Raises `UsageError` where a program is missing, `Interrupted` on a signal.
    """
    for kind in sorted({point.kind for point in points if point.obstacle is None}):
        tools.require(kind)
    made: dict[PointKey, Rendered] = {point.key: Refused(point.obstacle) for point in points if point.obstacle}

    def task(point: EntryPoint) -> pool.Task:
        def work(post: pool.Post) -> None:
            text = tools.render(root, point)
            rendered = text if isinstance(text, Refused) else _read(text, catalogue)
            post(lambda: made.update({point.key: rendered}))

        return pool.Task("", work)

    at_once = 2 * (os.cpu_count() or 1)
    tasks = [task(point) for point in points if not point.obstacle]
    pool.run(tasks, at_once=at_once, per_key=at_once, kill=tools.kill)
    return made


def _read(text: str, catalogue: Catalogue) -> Rendered:
    try:
        return documents.read(text, catalogue)
    except Unreadable as error:
        return Refused(f"what it renders cannot be read: {error}")
