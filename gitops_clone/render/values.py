"""Values that stand in an object of Flux or Argo CD, as text for a values file. Pure."""

from __future__ import annotations

import json
import re

from gitops_clone.documents.node import Mapping, Scalar, Sequence
from gitops_clone.finders.view import View, Visit

# Plain scalars that mean something else than their text (YAML 1.2.2, section 10.3.2); all others are quoted.
_TYPED = re.compile(r"~|null|true|false|[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?|", re.IGNORECASE)
_PATH = re.compile(r"[\w-]+(?:\.[\w-]+)*")


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


def parameter(name: str, value: str) -> str | None:
    """A parameter of an Application (`image.tag`) as values; None where its name is no plain path."""
    if not _PATH.fullmatch(name):
        return None
    text = value if _TYPED.fullmatch(value) and value else json.dumps(value)
    for key in reversed(name.split(".")):
        text = f"{{{json.dumps(key)}: {text}}}"
    return text
