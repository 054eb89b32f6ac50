"""Values that stand in objects of Flux and Argo CD, as text for a values file. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from gitops_clone.controllers.model import Values, ValuesForm
from gitops_clone.documents.node import Mapping, Scalar, Sequence
from gitops_clone.documents.parse import Unparsable, parse
from gitops_clone.documents.source import Undecodable, check, decode
from gitops_clone.documents.split import split
from gitops_clone.finders.view import TooManyAliases, View, Visit

# Plain scalars that mean something else than their text (YAML 1.2.2, section 10.3.2); all others are quoted.
_TYPED = re.compile(r"~|null|true|false|[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|", re.IGNORECASE)
_PATH = re.compile(r"[\w-]+(?:\.[\w-]+)*")


class Unknown(ValueError):
    """What the values are cannot be told here; the message says why, in one line."""


def text_of(values: Values, content: Callable[[str], bytes | None]) -> str:
    """The text of values, as YAML. `content` gives the bytes of a file, None where there is none. Raises `Unknown`."""
    if values.form is ValuesForm.REFERENCE:
        kind = values.reference.kind if values.reference is not None else "object"
        name = values.reference.name if values.reference is not None else ""
        raise Unknown(f"its values in {kind} {name} are not known")
    data = content(values.file) if values.file else None
    if data is None:
        raise Unknown(f"{values.file or values.path} is not in the repository")
    try:
        source = decode(data)
        check(source)
        if values.form is ValuesForm.FILE:
            return source.utf8.decode()
        if values.form is ValuesForm.CONTENT:
            return parameter(values.path, source.utf8.decode(), string=True)
        return _at_pointer(values, source.utf8)
    except (Undecodable, Unparsable, TooManyAliases) as error:
        raise Unknown(f"{values.file}: {error}") from None


def scalar_of(values: Values, content: Callable[[str], bytes | None]) -> str:
    """The one value that a SCALAR is. Raises `Unknown`."""
    return text_of(replace(values, form=ValuesForm.TEXT), content)


def _at_pointer(values: Values, utf8: bytes) -> str:
    chunk = [chunk for chunk in split(utf8) if chunk.document <= values.document][-1]
    root = parse(chunk.data.decode())[values.document - chunk.document]
    view = View(root) if root is not None else None
    visit = view.root if view is not None else None
    for step in values.pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        below = view.children(visit) if view is not None and visit is not None else ()
        visit = next((child for child in below if str(child.path[-1]) == name), None)
    if view is None or visit is None:
        raise Unknown(f"{values.file}: nothing stands at {values.pointer}")
    if values.form is ValuesForm.TREE:
        return flow(view, visit)
    text = visit.node.value if isinstance(visit.node, Scalar) else ""
    return parameter(values.path, text, string=values.string) if values.form is ValuesForm.SCALAR else text


def flow(view: View, visit: Visit) -> str:
    """A node as YAML in flow style, aliases and merge keys expanded. Raises `TooManyAliases`."""
    for _ in view.walk(visit):
        pass  # which counts them
    return _flow(view, visit)


def _flow(view: View, visit: Visit) -> str:
    node = visit.node
    if isinstance(node, Scalar):
        plain = node.style == "" and node.tag is None and _TYPED.fullmatch(node.value)
        return (node.value or "null") if plain else json.dumps(node.value)
    if isinstance(node, Sequence):
        return f"[{', '.join(_flow(view, child) for child in view.children(visit))}]"
    assert isinstance(node, Mapping)
    pairs = (f"{json.dumps(str(child.path[-1]))}: {_flow(view, child)}" for child in view.children(visit))
    return f"{{{', '.join(pairs)}}}"


def parameter(name: str, value: str, *, string: bool = False) -> str:
    """A parameter of an Application (`image.tag`) as values; a `string` is one whatever it looks like.

    Raises `Unknown` where its name is no plain path.
    """
    if not _PATH.fullmatch(name):
        raise Unknown("its parameters have names that are not understood")
    text = value if _TYPED.fullmatch(value) and value and not string else json.dumps(value)
    for key in reversed(name.split(".")):
        text = f"{{{json.dumps(key)}: {text}}}"
    return text
