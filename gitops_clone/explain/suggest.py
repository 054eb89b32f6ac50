"""The row of the catalogue that would take a place, as somebody would write it into `.gitops-clone.toml`. Pure."""

from __future__ import annotations

import json
import re

from gitops_clone.documents.node import Node, Scalar
from gitops_clone.documents.standing import Path
from gitops_clone.explain.inside import Inner
from gitops_clone.finders.catalogue import CONTAINER, METADATA, Form
from gitops_clone.finders.objects import CONTAINER_LISTS
from gitops_clone.finders.path import Each, Inside, Key, Named, Reading, Step, format_path
from gitops_clone.finders.whereabouts import Whereabouts, below
from gitops_clone.image import InvalidReference, parse

_FLAG = re.compile(r"(--?[A-Za-z][\w.-]*)(?:=|\Z)")
_EVERYWHERE = ("ConfigMap", "Secret")


def row(place: Whereabouts, value: str, form: Form | None = None, inner: Inner | None = None) -> str:
    """A table `[[catalogue]]` for a place; without a `form`, the one that the value has.

    `inner` is where the value stands in a text at the place.
    """
    group, kind, steps = _place(place)
    if inner is not None:
        steps += _inside(inner)
    if form is None:
        form = Form.OBJECT if inner is not None and inner.is_object else _form(value, steps)
    fields = {
        "group": group,
        "kind": kind,
        "name": (place.name or None) if kind in _EVERYWHERE else None,
        "path": format_path(steps),
        "form": form.value,
    }
    lines = [f"{key} = {_toml(text)}" for key, text in fields.items() if text is not None]
    return "\n".join(["[[catalogue]]", *lines])


def path_of(place: Whereabouts, inner: Inner | None = None) -> str:
    """The path of a place as the catalogue has it, from the top of its object."""
    return format_path(_steps(place.root, place.path) + (_inside(inner) if inner else ()))


def _inside(inner: Inner) -> tuple[Step, ...]:
    """The way into a text; an object in it is taken as a whole."""
    steps = () if inner.is_object else _steps(inner.root, inner.path)
    return (Inside(inner.reading), *steps)


def _form(value: str, steps: tuple[Step, ...]) -> Form:
    if any(isinstance(step, Inside) and step.reading is Reading.FLAGS for step in steps):
        return Form.REFERENCE
    try:
        parse(value)
    except InvalidReference:
        return Form.TEXT
    return Form.REFERENCE


def _place(place: Whereabouts) -> tuple[str | None, str, tuple[Step, ...]]:
    """Group (None: any), kind or pseudo-kind, and path."""
    node: Node | None = place.root
    found: tuple[str | None, str, tuple[Step, ...]] = (place.group, place.kind, _steps(node, place.path))
    for number, step in enumerate(place.path):
        node = below(node, step)
        rest = place.path[number + 1 :]
        if step == "metadata" and rest[:1] == ("annotations",):
            return None, METADATA, _steps(node, rest)
        if isinstance(step, int) and number and place.path[number - 1] in CONTAINER_LISTS:
            found = None, CONTAINER, _flag(node, rest) or _steps(node, rest)
    return found


def _steps(root: Node | None, path: Path) -> tuple[Step, ...]:
    """A path as steps; an item of a list that has a name by that name."""
    steps: list[Step] = []
    node = root
    for step in path:
        node = below(node, step)
        if isinstance(step, str):
            steps.append(Key(step))
        else:
            name = below(node, "name")
            named = isinstance(name, Scalar) and re.fullmatch(r"[\w.-]+", name.value) and path[0] == "env"
            steps.append(Named(name.value) if named and isinstance(name, Scalar) else Each())
    return tuple(steps)


def _flag(container: Node | None, path: Path) -> tuple[Step, ...] | None:
    """The path of the flag that an item of `args` or `command` gives a value; None where it is none."""
    if len(path) != 2 or path[0] not in ("args", "command") or not isinstance(path[1], int):
        return None
    items = below(container, path[0])
    here = _text(below(items, path[1]))
    match = _FLAG.match(here) or _FLAG.fullmatch(_text(below(items, path[1] - 1)) if path[1] else "")
    return (Key("args"), Inside(Reading.FLAGS), Key(match[1])) if match else None  # stands for `command` too


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _toml(text: str) -> str:
    """A text as TOML: literal where it has double quotes."""
    return f"'{text}'" if '"' in text and "'" not in text and text.isprintable() else json.dumps(text)
