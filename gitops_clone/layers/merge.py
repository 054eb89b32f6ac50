"""Strategic merge patches as kustomize 5.7 applies them, measured with the tool. Pure.

Of lists, only those of pods are merged by a key, and only in the built-in kinds; every other one is replaced whole.
Where the result cannot be told and an image is concerned, `Unsure` says why.
"""

from __future__ import annotations

import re

from gitops_clone.layers.regular import Unsure
from gitops_clone.layers.resources import Id
from gitops_clone.layers.trees import Leaf, Tree, holds_image

_POD = "/spec/template/spec"
_PODS = {
    ("apps", "v1"): dict.fromkeys(("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), _POD),
    ("", "v1"): {"Pod": "/spec", "PodTemplate": "/template/spec", "ReplicationController": _POD},
    ("batch", "v1"): {"CronJob": f"/spec/jobTemplate{_POD}", "Job": _POD},
    ("batch", "v1beta1"): {"CronJob": f"/spec/jobTemplate{_POD}"},
}
_BY_NAME = re.compile(r"/(?:(?:containers|initContainers|ephemeralContainers)(?:/\*/env)?|volumes)\Z")
# Lists of pods that hold no image, with keys that are not modelled here.
_OTHERS = re.compile(r"/(?:\w*[cC]ontainers/\*/(?:ports|volumeMounts|volumeDevices)|imagePullSecrets|hostAliases)\Z")


def merged(tree: Tree, patch: Tree, target: Id, *, schema: bool = True) -> Tree | None:
    """An object with a patch merged into it; None where the patch deletes it. Raises `Unsure`.

    Without `schema`, other rules than the built-in ones may hold for lists.
    """
    return _Merge(_PODS.get((target.group, target.version), {}).get(target.kind), schema).node(tree, patch, "")


class _Merge:
    """One merge: `pod` is where the object has its pod, None for a kind without."""

    def __init__(self, pod: str | None, schema: bool) -> None:
        self._pod, self._schema = pod, schema

    def node(self, tree: Tree | None, patch: Tree, place: str) -> Tree | None:
        if isinstance(patch, Leaf):
            return None if patch.null else patch
        if isinstance(patch, list):
            return self._list(tree if isinstance(tree, list) else None, patch, place)
        return self._map(tree if isinstance(tree, dict) else None, patch, place)

    def _map(self, tree: dict[str, Tree] | None, patch: dict[str, Tree], place: str) -> Tree | None:
        directive = _directive(patch)
        rest = {key: value for key, value in patch.items() if key != "$patch"}
        if directive == "delete":
            return None
        if directive == "replace" or tree is None:
            if "$patch" in _keys(rest):
                raise Unsure("a directive stands inside something new")
            return rest
        result = dict(tree)
        for key, value in rest.items():
            new = self.node(tree.get(key), value, f"{place}/{key}")
            if new is None:
                result.pop(key, None)
            else:
                result[key] = new
        return result

    def _list(self, tree: list[Tree] | None, patch: list[Tree], place: str) -> Tree | None:
        replaces = [item for item in patch if isinstance(item, dict) and item.keys() == {"$patch"}]
        if replaces:
            if any(_directive(item) != "replace" for item in replaces if isinstance(item, dict)):
                raise Unsure("a list has a directive that only rendering shows")
            return [item for item in patch if not any(item is each for each in replaces)]
        if tree is None:
            if any(isinstance(item, dict) and "$patch" in _keys(item) for item in patch):
                raise Unsure("a directive stands inside something new")
            return patch
        inside = place.removeprefix(self._pod) if self._pod and place.startswith(f"{self._pod}/") else ""
        if inside and _BY_NAME.fullmatch(inside):
            return self._named(tree, patch, place)
        if inside and _OTHERS.fullmatch(inside):
            return tree
        if not self._schema and (holds_image(tree) or holds_image(patch)):
            raise Unsure("`openapi` may tell how its lists are merged")
        return patch

    def _named(self, tree: list[Tree], patch: list[Tree], place: str) -> Tree:
        """Items of one name are merged; those of the patch come first."""
        old, new = _by_name(tree), _by_name(patch)
        result: list[Tree] = []
        for name, item in new.items():
            if name in old and _directive(item) == "replace":
                raise Unsure("an item of a list has a directive that only rendering shows")
            done = self.node(old.get(name), item, f"{place}/*")
            if done is not None:
                result.append(done)
        return [*result, *(item for name, item in old.items() if name not in new)]


def _by_name(items: list[Tree]) -> dict[str, dict[str, Tree]]:
    found: dict[str, dict[str, Tree]] = {}
    for item in items:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, Leaf) or name.text in found:
            raise Unsure("an item of a list has no name, or the name of another one")
        found[name.text] = item
    return found


def _directive(patch: dict[str, Tree]) -> str | None:
    found = patch.get("$patch")
    return found.text if isinstance(found, Leaf) else None


def _keys(tree: Tree) -> set[str]:
    """All keys in a tree."""
    if isinstance(tree, Leaf):
        return set()
    if isinstance(tree, list):
        return set().union(*(_keys(item) for item in tree))
    return set(tree).union(*(_keys(value) for value in tree.values()))
