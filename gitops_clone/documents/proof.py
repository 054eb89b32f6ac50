"""The proof that an edit changed what it should and nothing else (docs/design.md, invariant 2).

The tree before, with the JSON Patch of the planned edits applied, must equal the tree parsed from the new text.
The trees are built from parser events: keys and scalars as text with style, tag and anchor, an alias as an alias,
`<<` an ordinary key, duplicate keys numbered. So no integer key, custom tag, merge key or timestamp can break it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from typing import Any

from gitops_clone.documents.node import Alias, Mapping, Node, Scalar
from gitops_clone.documents.parse import Unparsable, parse

_PROPERTIES = "\0properties"


class Unproved(ValueError):
    """The new text does not parse to the expected tree; the file must be left alone."""


def pointer(path: tuple[str | int, ...]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def text_pointers(root: Node | None) -> dict[int, str]:
    """For each scalar of a document, by `id`, the pointer of its text: aliases and merge keys not expanded."""
    pointers: dict[int, str] = {}
    _walk(root, (), pointers)
    return pointers


def prove(
    before: str, after: str, replaced: Dict[tuple[int, str], str], operations: Iterable[Dict[str, Any]] = ()
) -> None:
    """Raise `Unproved` unless `after` is `before` with just these values replaced, and these operations done.

    `replaced` maps the place of a scalar (number of the document within the text, text pointer) to its new value;
    `operations` are of a JSON Patch, on the trees as `_tree` makes them, in a list of the text's documents.
    """
    old = parse(before)
    try:
        new = parse(after)
    except Unparsable as error:
        raise Unproved(f"the new text would not parse: {error}") from None
    prove_trees(old, new, replaced, operations)


def prove_trees(
    before: Sequence[Node | None],
    after: Sequence[Node | None],
    replaced: Dict[tuple[int, str], str],
    operations: Iterable[Dict[str, Any]] = (),
) -> None:
    """The same for the trees of two texts."""
    import jsonpatch

    old, new = ([_tree(document) for document in documents] for documents in (before, after))
    patch = jsonpatch.JsonPatch(
        [
            *(
                {"op": "replace", "path": f"/{document}{path}/value", "value": value}
                for (document, path), value in replaced.items()
            ),
            *operations,
        ]
    )
    try:
        expected = patch.apply(old, in_place=True)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        # Their messages hold the document, secrets and all.
        raise Unproved("the planned edits do not apply") from None
    if expected != new:
        raise Unproved("the new text would not mean what was planned")


def _tree(node: Node | None) -> Any:
    return _walk(node, (), None)


def _walk(node: Node | None, path: tuple[str | int, ...], pointers: dict[int, str] | None) -> Any:
    """The comparable form of a node; on the way, note the pointers of scalars if asked."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        if pointers is not None:
            pointers[id(node)] = pointer(path)
        return {"style": node.style, "tag": node.tag, "anchor": node.anchor, "value": node.value}
    if isinstance(node, Alias):
        return {"alias": node.name}
    properties = [node.tag, node.anchor]
    if not isinstance(node, Mapping):
        items = [_walk(item, (*path, number), pointers) for number, item in enumerate(node.items)]
        return items if node.tag is None and node.anchor is None else [*items, properties]
    tree: dict[str, Any] = {_PROPERTIES: properties}
    for key, value in node.pairs:
        name = _name(key, tree)
        tree[name] = _walk(value, (*path, name), pointers)
    return tree


def _name(key: Node, taken: Dict[str, Any]) -> str:
    """A key as text. A plain or quoted key is its value; a duplicate, or a key of another form, gets a distinct one."""
    name = key.value if isinstance(key, Scalar) and key.tag is None else f"\0{_tree(key)}"
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}\0{number}"
        number += 1
    return unique
