"""The admission policies of a file: what they say of images, by rows of data and, for Kyverno's rules, by a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_clone.admission import kyverno
from gitops_clone.admission.model import Language, Policy
from gitops_clone.admission.places import owner_of, pattern_at
from gitops_clone.admission.rows import ROWS, Row
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Scalar
from gitops_clone.finders.view import TooManyAliases, Visit

_MARKS = tuple(sorted({row.group.encode() for row in ROWS if row.when is None} | {b"kyverno.io/", b"connaisseur"}))
# Code that reads images, not an object with an image in it.
_LOOKS_AT_IMAGES = re.compile(r"\.image\b|\bimages[.\[]|\bimage\.(?:registry|repository|identifier|tag|digest)")


def find(file: str, data: bytes) -> list[Policy]:
    """The policies of one file, in the order of the text. What does not parse has none: the scan reports it."""
    found: list[Policy] = []
    for each in objects(file, data, _MARKS):
        try:
            found += [policy for row in ROWS if (policy := _by_row(each, row)) is not None]
            found += kyverno.read(each)
        except (TooManyAliases, RecursionError):
            continue
    return found


def _by_row(each: Object, row: Row) -> Policy | None:
    if each.kind != row.kind or each.group != row.group:
        return None
    if row.when is not None and each.read(*row.when[0].split(".")) != row.when[1]:
        return None
    visits = [visit for visit in _at(each, row.path) if isinstance(visit.node, Scalar)]
    patterns = [pattern_at(each, visit, row.pattern) for visit in visits]
    if row.language is Language.CODE:
        patterns = [found for found in patterns if _LOOKS_AT_IMAGES.search(found.text)]
    if not patterns:
        return None
    line, audit = each.line(each.visit), _is_audit(each)
    return Policy(each.file, line, owner_of(each), row.effect, row.language, tuple(patterns), audit=audit)


def _at(each: Object, path: str) -> Iterator[Visit]:
    level: list[Visit] = [each.visit]
    for step in path.split("."):
        key = step.removesuffix("[]")
        below = [found for visit in level if (found := each.view.child(visit, key)) is not None]
        level = [item for visit in below for item in each.items(visit)] if step.endswith("[]") else below
    yield from level


def _is_audit(each: Object) -> bool:
    """Whether a policy only warns or records."""
    action = each.read("spec", "enforcementAction") or each.read("spec", "mode") or ""
    return action.lower() in ("dryrun", "warn", "monitor")
