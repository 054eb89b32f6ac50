"""What operators pull for an object that does not name it: by rows of data (operators.json). Pure.

A row: `group` and `kind`; `pulls`, the image (or what else) that the operator makes, with `{path}` for values of the
object; `visible`, the field or flag that names it; `evidence`, where the operator's own source or documentation shows
it. `when` is a path that must be there, `unless` are paths of which any one names the image in Git.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from gitops_clone.admission.places import owner_of
from gitops_clone.controllers.objects import Object, objects
from gitops_clone.documents.node import Scalar, is_null
from gitops_clone.finders.view import TooManyAliases, Visit
from gitops_clone.gaps.model import Gap, Kind
from gitops_clone.image import InvalidReference, parse

_DATA = Path(__file__).with_name("operators.json")
_GROUP = re.compile(rb"""apiVersion["']?\s*+:\s*+["']?([\w.-]+)/""")
_VALUE = re.compile(r"\{([\w.]+)\}")
_NOT_GIVEN = re.compile(r"(?::|, for \w+ | )\?\Z")
_SAYS = "an operator makes the image's name: nothing in Git has it"


class Evidence(TypedDict):
    """An address, and what stands there in a few words."""

    url: str
    says: str


class Row(TypedDict):
    """A row as the data have it."""

    group: str
    kind: str
    pulls: str
    visible: str
    evidence: Evidence
    when: NotRequired[str]
    unless: NotRequired[list[str]]


@cache
def rows() -> dict[str, list[Row]]:
    """The rows by group."""
    by_group: dict[str, list[Row]] = {}
    for row in json.loads(_DATA.read_bytes()):
        by_group.setdefault(row["group"], []).append(row)
    return by_group


def find(file: str, data: bytes, known: Collection[str]) -> Iterator[Gap]:
    """The gaps of one file. `known` are the images that findings have (normalised; names and whole references)."""
    groups = {match[1].decode() for match in _GROUP.finditer(data)} & rows().keys()
    for each in objects(file, data, [group.encode() for group in sorted(groups)]) if groups else ():
        for row in rows().get(each.group, ()):
            try:
                if row["kind"] == each.kind and _applies(each, row):
                    pulls = _filled(row["pulls"], each)
                    if not _is_known(pulls, known):
                        line = each.line(each.visit)
                        yield Gap(Kind.OPERATOR, file, line, owner_of(each), _SAYS, row["visible"], pulls)
            except (TooManyAliases, RecursionError):
                continue


def _applies(each: Object, row: Row) -> bool:
    if "when" in row and not _is_there(each, row["when"]):
        return False
    return not any(_is_there(each, path) for path in row.get("unless", ()))


def _is_there(each: Object, path: str) -> bool:
    """Whether a path leads to something; `[]` goes to each item of a list."""
    level: list[Visit] = [each.visit]
    for step in path.split("."):
        key = step.removesuffix("[]")
        below = [found for visit in level if (found := each.view.child(visit, key)) is not None]
        level = [item for visit in below for item in each.items(visit)] if step.endswith("[]") else below
    return any(not (isinstance(visit.node, Scalar) and is_null(visit.node)) for visit in level)


def _filled(pulls: str, each: Object) -> str:
    """What is pulled, with the object's values; without the part at the end that needs one which is not there."""
    return _NOT_GIVEN.sub("", _VALUE.sub(lambda match: each.read(*match[1].split(".")) or "?", pulls))


def _is_known(pulls: str, known: Collection[str]) -> bool:
    """Whether findings have the image: the very one, or any of its name where the object does not say which."""
    try:
        reference = parse(pulls)
    except InvalidReference:
        return False
    return str(reference if reference.tag else reference.name) in known
