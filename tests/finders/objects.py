"""Objects made from rows of the catalogue: what a manifest looks like that holds the row's example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from gitops_clone.finders import catalogue
from gitops_clone.finders.catalogue import CONTAINER, METADATA, SHIPPED, Form, Part, Role, Row, parse_row, shipped_rows
from gitops_clone.finders.path import AnyKey, Each, Inside, Key, Named, Reading, Step

LEFT_ALONE = (Form.NOT_IMAGE, Form.MENTION)
REPORTED = (Form.NAME, Form.PREFIX)
ELSEWHERE = (Form.LIST, Form.VALUES)
"""What no image stands at: tested by itself, or read by the rooms of charts."""

CATALOGUE = Path(catalogue.__file__).with_name("catalogue.json")
PARAMETER = "image"


def all_rows() -> list[Row]:
    """Every row, in the order of the data."""
    return [parse_row(raw) for raw in shipped_rows()]


def document_for(row: Row) -> dict[str, object]:
    """A minimal object of the row's kind with the row's example at the row's path, and what its conditions ask for.

    The example is the only image, but for rows of the form `parameter`: there an image field of the object, too, is
    the reference to the parameter (`$(params.image)`, `{{inputs.parameters.image}}`, `${image}`).
    """
    content = _mapping(_at(row.path, _value(row), _siblings(row)))
    for role, parts in row.parts.items():
        if parts[0].from_top:
            content = _mapping(_merged(content, _at(parts[0].path, _split(row)[role], {})))
    match row.kind:
        case kind if kind == CONTAINER:
            return _workload({"spec": {"containers": [{"name": "main"} | content]}})
        case kind if kind == METADATA:
            return _workload({"metadata": content})
    document = _mapping(_merged(_head(row.group, row.kind, _fit(row.name or "example")), content))
    if row.form is Form.PARAMETER and row.kind == "Template":
        return document | {"objects": [_head("", "Pod") | {"spec": _pod_spec(f"${{{PARAMETER}}}")}]}
    if row.form is Form.PARAMETER:
        user = next(other for other in _rows_like(row) if other.path[-1] == Key("image"))
        text = f"$(params.{PARAMETER})" if row.group == "tekton.dev" else f"{{{{inputs.parameters.{PARAMETER}}}}}"
        document = _mapping(_merged(document, _at(user.path, text, {})))
    return document


def object_with(group: str, kind: str, path: tuple[Step, ...], value: object) -> dict[str, object]:
    """A minimal object of a kind with a value at a path."""
    return _mapping(_merged(_head(group, kind), _at(path, value, {})))


def _head(group: str, kind: str, name: str = "example") -> dict[str, object]:
    group = "example.com" if group == "*" else group
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": {"name": name}}


def _workload(template: dict[str, object]) -> dict[str, object]:
    return _head("apps", "Deployment") | {"spec": {"template": template}}


def _value(row: Row) -> object:
    example = _example(row)
    match row.form:
        case Form.PODSPEC:
            return _pod_spec(example)
        case Form.LIST:
            return _item(row)
        case Form.OBJECT:
            return _head("", "Pod") | {"spec": _pod_spec(example)}
        case Form.PATCH:
            return [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": example}]
        case Form.VALUES:
            name, _, tag = example.partition(":")
            return {"image": {"repository": name, "tag": tag}}
        case Form.TEXT:
            return f"run {example} now"
        case Form.URL:
            return row.schemes[0] + example
        case Form.SPLIT:
            return _split(row)["repository"]
        case Form.NOT_IMAGE if row.kind != METADATA and not _names_an_image(row.path[-1]):
            # The row excludes all that is below: what the general rule finds is the strongest case.
            return _pod_spec(example)
    return example


def _names_an_image(step: Step) -> bool:
    return isinstance(step, Key) and "image" in step.name.lower()


def _example(row: Row) -> str:
    if row.example is None:
        raise ValueError("only rows with an example make an object")
    return row.example


def _pod_spec(image: str) -> dict[str, object]:
    return {"containers": [{"name": "main", "image": image}]}


def _item(row: Row) -> dict[str, object]:
    """An item of a typed list, which has no kind of its own; in a plain List, a Pod."""
    spec = _pod_spec(_example(row))
    if row.kind == "List":
        return _head("", "Pod") | {"spec": spec}
    kind = row.kind.removesuffix("List")
    template = next(other for other in SHIPPED.rows_for(row.group, kind) if other.form is Form.PODSPEC)
    return {"metadata": {"name": "example"}} | _mapping(_at(template.path, spec, {}))


def _split(row: Row) -> dict[str, str]:
    """The example of a split row in parts, by their roles; a part without a field of its own stays in another one."""
    text = _example(row)
    parts: dict[str, str] = {}
    name, _, digest = text.partition("@")
    if digest and Role.DIGEST in row.parts:
        parts[Role.DIGEST], text = digest, name
    elif digest and Role.SHA in row.parts:
        parts[Role.SHA], text = digest.removeprefix("sha256:"), name
    if Role.TAG in row.parts:
        colon = text.index(":", text.rfind("/") + 1)
        text, parts[Role.TAG] = text[:colon], text[colon + 1 :]
    if Role.REGISTRY in row.parts:
        parts[Role.REGISTRY], _, text = text.rpartition("/")
    return parts | {"repository": text}


def _siblings(row: Row) -> dict[str, object]:
    """What stands beside the last key of the row's path."""
    siblings: object = {"name": PARAMETER} if row.form is Form.PARAMETER else {}
    siblings = _mapping(siblings) | {key: glob.replace("*", "spec.example.") for key, glob in row.when.items()}
    for role, text in (_split(row) if row.parts else {}).items():
        part = _part(row.parts, role)
        if part and not part.from_top:
            siblings = _merged(siblings, _at(part.path, text, {}))
    return _mapping(siblings)


def _part(parts: Mapping[Role, tuple[Part, ...]], role: str) -> Part | None:
    return parts[Role(role)][0] if role in parts else None


def _fit(glob: str) -> str:
    """A text that a glob matches."""
    return glob.replace("*", "x")


def _rows_like(row: Row) -> list[Row]:
    return [other for other in SHIPPED.rows_for(row.group, row.kind) if other.form is Form.REFERENCE]


def _at(path: tuple[Step, ...], value: object, siblings: dict[str, object]) -> object:
    """Collections and texts around a value, so that it stands at the path; `siblings` stand beside its last key."""
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
            return [{"name": _fit(name)} | _mapping(below)]
        case Each():
            return [below]
        case Inside(reading):
            return _text(reading, below)


def _text(reading: Reading, content: object) -> object:
    """What is read as this content."""
    match reading:
        case Reading.YAML | Reading.JSON:
            return json.dumps(content)
        case Reading.LIST if isinstance(content, list):
            return ",".join(content)
        case Reading.FLAGS:
            return [f"--{flag.lstrip('-')}={value}" for flag, value in _mapping(content).items()]
        case Reading.PROPERTIES:
            return "".join(f"{key}={value}\n" for key, value in _mapping(content).items())
        case Reading.TOML:
            (key, value), *_ = _mapping(content).items()
            return _toml(key, value)
    raise ValueError(f"no text is read by {reading} as {content}")


def _toml(key: str, value: object) -> str:
    """The one value in nested tables, and lists of tables, of one key each."""
    if isinstance(value, str):
        return f"{key} = {json.dumps(value)}\n"
    table = value[0] if isinstance(value, list) else value
    (below, inner), *_ = _mapping(table).items()
    if isinstance(inner, str):
        return f"{f'[[{key}]]' if isinstance(value, list) else f'[{key}]'}\n{_toml(below, inner)}"
    head = f"[[{key}]]\n" if isinstance(value, list) else ""
    return f"{head}{_toml(f'{key}.{below}', inner)}"


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
