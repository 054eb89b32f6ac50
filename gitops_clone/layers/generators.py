"""ConfigMaps and Secrets that a kustomization generates: their texts, with the places where these are written. Pure."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.flow import Key
from gitops_clone.layers.paths import resolve
from gitops_clone.layers.resources import Resource
from gitops_clone.layers.trees import Leaf, Tree, text_at


@dataclass(frozen=True, slots=True)
class Generator:
    """One item of `configMapGenerator` or `secretGenerator`.

    `literals` are texts with their pointers; `envs` and `files` as they are written. `hashed`: the name ends with a
    hash of the content.
    """

    kind: str
    name: str
    namespace: str | None
    behavior: str
    literals: tuple[tuple[str, str], ...]
    envs: tuple[str, ...]
    files: tuple[str, ...]
    hashed: bool


def read(view: View) -> Iterator[Generator]:
    """The generators of a kustomization."""
    always = view.text(view.root, "generatorOptions", "disableNameSuffixHash") == "true"
    for field, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        listed = view.child(view.root, field)
        for item in view.children(listed) if listed is not None else ():
            own = view.text(item, "options", "disableNameSuffixHash") == "true"
            pointer = f"/{field}/{item.path[-1]}"
            env = view.text(item, "env")
            yield Generator(
                kind,
                view.text(item, "name") or "",
                view.text(item, "namespace"),
                view.text(item, "behavior") or "create",
                tuple(
                    (text, f"{pointer}/literals/{number}") for number, text in enumerate(_texts(view, item, "literals"))
                ),
                (*_texts(view, item, "envs"), *([env] if env else [])),
                tuple(_texts(view, item, "files")),
                not (own or always),
            )


def read_files(each: Generator, folder: str) -> Iterator[str]:
    """The files whose whole content a generator takes."""
    for written in each.files:
        name = resolve(folder, written.partition("=")[2] or written)
        if name is not None:
            yield name


def generate(
    here: Sequence[Resource], generators: Sequence[Generator], file: str, content: Callable[[str], bytes | None]
) -> list[Resource]:
    """The objects of a layer with what its generators make. `content` gives the bytes of a file."""
    result = list(here)
    for each in generators:
        made = _object(each, file, content)
        old = next((number for number, one in enumerate(result) if _is_of(one, each)), None)
        if each.behavior in ("merge", "replace") and old is not None:
            result[old] = _joined(result[old], made, merge=each.behavior == "merge")
        else:
            result.append(made)
    return result


def _object(each: Generator, file: str, content: Callable[[str], bytes | None]) -> Resource:
    folder = file.rpartition("/")[0]
    data: dict[str, Tree] = {}
    for written in each.files:
        key = written.partition("=")[0] if "=" in written else posixpath.basename(written)
        data[key] = Leaf("")  # nothing copies a whole file to an image place
    for written in each.envs:
        name = resolve(folder, written)
        lines = (content(name) or b"").decode("utf-8", "replace").splitlines() if name is not None else []
        for line in lines:
            key, mark, value = line.lstrip().partition("=")
            if key and mark and not key.startswith("#"):
                data[key] = Leaf(value, Key(name or "", 0, f"={key}"))
    for text, pointer in each.literals:
        key, _, value = text.partition("=")
        data[key] = Leaf(_unquoted(value), Key(file, 0, f"{pointer}={key}"))
    if each.kind == "Secret":
        data = {key: _encoded(value) for key, value in data.items()}
    metadata: dict[str, Tree] = {"name": Leaf(each.name)}
    if each.namespace:
        metadata["namespace"] = Leaf(each.namespace)
    tree: dict[str, Tree] = {"apiVersion": Leaf("v1"), "kind": Leaf(each.kind), "metadata": metadata, "data": data}
    return Resource(namespace=each.namespace, hashed=each.hashed).grown(tree)


def _is_of(one: Resource, each: Generator) -> bool:
    """Whether a generated object is the one that a generator with a behaviour adds to."""
    namespace = each.namespace or "default"
    return any((i.kind, i.name, i.namespace) == (each.kind, each.name, namespace) for i in one.ids)


def _joined(old: Resource, new: Resource, *, merge: bool) -> Resource:
    assert old.tree is not None
    assert new.tree is not None
    before, after = old.tree.get("data"), new.tree.get("data")
    data = {**(before if merge and isinstance(before, dict) else {}), **(after if isinstance(after, dict) else {})}
    return replace(old, hashed=old.hashed and new.hashed).grown({**old.tree, "data": data})


def _encoded(value: Tree) -> Tree:
    """A value of a Secret: no file has it as it is."""
    return Leaf(base64.b64encode(value.text.encode()).decode()) if isinstance(value, Leaf) else value


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _texts(view: View, item: Visit, key: str) -> list[str]:
    listed = view.child(item, key)
    found = (view.text(each) for each in (view.children(listed) if listed is not None else ()))
    return [text for text in found if text is not None]


def name_of(resource: Resource) -> str:
    """The name of a generated object, for reports."""
    return f"{resource.kind} {text_at(resource.tree, 'metadata', 'name')}"
