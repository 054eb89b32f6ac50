"""Objects made from rows of the catalogue: what a manifest looks like that holds the row's example."""

from __future__ import annotations

import json
from pathlib import Path

from gitops_clone.finders import catalogue
from gitops_clone.finders.catalogue import AnyKey, Each, Form, Key, Named, Row, Step, rows_for

CATALOGUE = Path(catalogue.__file__).with_name("catalogue.json")
PARAMETER = "image"


def all_rows() -> list[Row]:
    """Every row, in the order of the data."""
    kinds = dict.fromkeys((raw["group"], raw["kind"]) for raw in json.loads(CATALOGUE.read_bytes()))
    return [row for group, kind in kinds for row in rows_for(group, kind) if row.group == group]


def document_for(row: Row) -> dict[str, object]:
    """A minimal object of the row's kind with the row's example at the row's path, and what its conditions ask for.

    The example is the only image, but for rows of the form `parameter`: there an image field of the object, too, is
    the reference to the parameter (`$(params.image)`, `{{inputs.parameters.image}}`).
    """
    document = _head(row.group, row.kind) | _mapping(_at(row.path, _value(row), _siblings(row)))
    if row.form is Form.PARAMETER:
        user = next(other for other in _rows_like(row) if other.path[-1] == Key("image"))
        text = f"$(params.{PARAMETER})" if row.group == "tekton.dev" else f"{{{{inputs.parameters.{PARAMETER}}}}}"
        document = _mapping(_merged(document, _at(user.path, text, {})))
    return document


def _head(group: str, kind: str) -> dict[str, object]:
    group = "example.com" if group == "*" else group
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": {"name": "example"}}


def _value(row: Row) -> object:
    if row.form is Form.PODSPEC:
        return _pod_spec(row.example)
    if row.form is Form.LIST:
        return _item(row)
    if row.form is Form.NOT_IMAGE and not (isinstance(row.path[-1], Key) and "image" in row.path[-1].name.lower()):
        # The row excludes all that is below: what the general rule finds is the strongest case.
        return _pod_spec(row.example)
    return row.example


def _pod_spec(image: str) -> dict[str, object]:
    return {"containers": [{"name": "main", "image": image}]}


def _item(row: Row) -> dict[str, object]:
    """An item of a typed list, which has no kind of its own; in a plain List, a Pod."""
    if row.kind == "List":
        return _head("", "Pod") | {"spec": _pod_spec(row.example)}
    template = next(other for other in rows_for(row.group, row.kind.removesuffix("List")) if other.form is Form.PODSPEC)
    return {"metadata": {"name": "example"}} | _mapping(_at(template.path, _pod_spec(row.example), {}))


def _siblings(row: Row) -> dict[str, object]:
    named: dict[str, object] = {"name": PARAMETER} if row.form is Form.PARAMETER else {}
    return named | {key: glob.replace("*", "spec.example.") for key, glob in row.when.items()}


def _rows_like(row: Row) -> list[Row]:
    return [other for other in rows_for(row.group, row.kind) if other.form is Form.REFERENCE]


def _at(path: tuple[Step, ...], value: object, siblings: dict[str, object]) -> object:
    """Collections around a value, so that it stands at the path; `siblings` stand beside its last key."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    last = not any(isinstance(below, Key | AnyKey) for below in rest)
    below = _at(rest, value, siblings)
    match step:
        case Key(name):
            return {name: below} | (siblings if last else {})
        case AnyKey():
            return {"any": below} | (siblings if last else {})
        case Named(name):
            return [{"name": name} | _mapping(below)]
        case Each():
            return [below]


def _merged(one: object, other: object) -> object:
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {key: _merged(one[key], value) if key in one else value for key, value in other.items()}
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    raise ValueError("two values at one path")


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("a row's path begins with a key, and [name=x] is followed by one")
    return value
