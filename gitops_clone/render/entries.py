"""The image entries that relocate what an entry point renders, and the objects and files that take them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitops_clone.controllers.model import Kind as Controller
from gitops_clone.documents.amend import Amendment, Insert
from gitops_clone.documents.planned import Tree as Value
from gitops_clone.finders.view import View, Visit
from gitops_clone.layers.transformer import Rule, apply, split
from gitops_clone.render.kustomized import kustomization_of
from gitops_clone.render.model import EntryPoint, Kind
from gitops_clone.render.tree import Tree


@dataclass(frozen=True, slots=True)
class Holder:
    """What takes entries: a kustomization file (`document` is None), or a list of an object, below `pointer`."""

    file: str
    line: int
    document: int | None = None
    pointer: str = ""
    key: str = "images"


def rules(targets: Mapping[str, str]) -> list[Rule]:
    """The entries that make each image its target; none for those that no entries tell apart."""
    by_name: dict[str, dict[Rule, list[str]]] = defaultdict(lambda: defaultdict(list))
    for image, target in targets.items():
        by_name[split(image).name][_rule(image, target)].append(image)
    found: list[Rule] = []
    for name in sorted(by_name):
        ways = by_name[name]
        usual = max(ways, key=lambda rule: len(ways[rule]))
        special = [(rule, image) for rule, images in ways.items() if rule != usual for image in images]
        # A name may hold a tag. What has a tag of its own comes first: then the other entry does not match any more.
        found += (rule._replace(name=f"{name}:{split(image).tag}") for rule, image in special if split(image).tag)
        found.append(usual)
    return found


def _rule(image: str, target: str) -> Rule:
    """The entry with the least in it that makes an image its target."""
    name, new = split(image).name, split(target)
    least = Rule(name, new.name)
    return least if apply(least, image) == target else Rule(name, new.name, new.tag, new.digest)


def reached(found: Iterable[Rule], image: str) -> str:
    """What entries make of an image, in their order."""
    for rule in found:
        image = apply(rule, image)
    return image


def holder(point: EntryPoint, tree: Tree) -> Holder | str:
    """What takes entries for an entry point, or why nothing does."""
    source = point.source
    if point.kind is Kind.KUSTOMIZATION and (name := kustomization_of(tree.root / point.folder)) is not None:
        return Holder(f"{point.folder}/{name}" if point.folder else name, 1)
    if point.applied is None:
        return "no object here applies the chart, so that nothing can be added"
    if source is None or source.owner.file in tree.made:
        return f"its {point.applied.owner.kind} stands in no file: it is made by {point.where}"
    owner = source.owner
    if owner.kind is Controller.HELM_RELEASE:
        return Holder(owner.file, owner.line, owner.document, source.pointer, "postRenderers")
    if owner.kind is Controller.KUSTOMIZATION:
        return Holder(owner.file, owner.line, owner.document, source.pointer)
    return "Argo CD renders charts without a step behind that takes image entries"


def why_not(tree: Tree, held: Holder) -> str | None:
    """Why the file or object of a holder must stay as it is; None if it may be changed."""
    found = tree.at(held.file, held.document, "") if held.document is not None else None
    if found is None:
        return None if held.document is None else "its object cannot be read"
    view, root = found
    if view.child(root, "sops") is not None:
        return "SOPS: its MAC covers all values, an edit would make the file undecryptable"
    outer = held.pointer.partition("/spec")[0]
    owner = tree.at(held.file, held.document or 0, outer)
    if owner is not None and owner[0].text(owner[1], "metadata", "annotations", "gitops-clone/ignore") == "true":
        return "annotation gitops-clone/ignore"
    return None


def amendments(tree: Tree, held: Holder, added: Mapping[Rule, tuple[str, str]]) -> list[Amendment]:
    """The edits that add entries to a list of an object: at its end, so that they see what others have made.

    Each entry comes with the upstream that it is for, and what that becomes.
    """
    found = tree.at(held.file, held.document or 0, held.pointer)
    assert found is not None
    view, spec = found
    base = f"{held.document}{held.pointer}/{held.key}"
    listed = view.child(spec, held.key)
    if held.key == "images":
        return _inserts(base, _count(view, listed), added)
    if listed is None:
        return [_whole(base, [{"kustomize": {"images": [_entry(rule) for rule in added]}}], added)]
    renderers = list(view.children(listed))
    below = view.at(renderers[-1], "kustomize", "images") if renderers else None
    if below is not None:
        return _inserts(f"{base}/{len(renderers) - 1}/kustomize/images", _count(view, below), added)
    return [_whole(f"{base}/{len(renderers)}", {"kustomize": {"images": [_entry(rule) for rule in added]}}, added)]


def _count(view: View, listed: Visit | None) -> int | None:
    """How many items a list has; None where there is none."""
    return sum(1 for _ in view.children(listed)) if listed is not None else None


def _inserts(base: str, count: int | None, added: Mapping[Rule, tuple[str, str]]) -> list[Amendment]:
    if count is None:
        return [_whole(base, [_entry(rule) for rule in added], added)]
    return [
        Insert(f"{base}/{count + number}", _entry(rule), *told) for number, (rule, told) in enumerate(added.items())
    ]


def _whole(place: str, value: Value, added: Mapping[Rule, tuple[str, str]]) -> Amendment:
    """One edit for all entries; it is told as that of the first."""
    return Insert(place, value, *next(iter(added.values())))


def _entry(rule: Rule) -> dict[str, str]:
    pairs = (("name", rule.name), ("newName", rule.new_name), ("newTag", rule.new_tag), ("digest", rule.digest))
    return {key: value for key, value in pairs if value}
