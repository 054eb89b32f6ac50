"""The rules that make a value an image, in words. Pure."""

from __future__ import annotations

from gitops_clone.config import CONFIG_NAME
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finding import Place, RuleKind

_WORDS = {
    RuleKind.GENERAL: "general rule: the `image` of a container or of a volume's image, in an object of any kind",
    RuleKind.ROW: "row of the catalogue",
    RuleKind.PATCH: "JSON Patch: it puts a value where the general rule has an image",
    RuleKind.INLINE_PATCH: "patch inside a kustomization: it puts a value where an image is",
    RuleKind.ENTRY: "entry of a kustomization's `images`: it gives images another name, tag or digest",
    RuleKind.COPIED: "field that a kustomization copies to an image, or that its `configurations` name as one",
    RuleKind.VALUES: "values of a chart, by their keys: the chart is not at hand, or does not render them",
    RuleKind.ARTIFACT: "address in a registry, of a chart or another artifact that Flux, Argo CD or others pull",
    RuleKind.TEMPLATE: "line `image: …` of a template, which no YAML parser reads",
    RuleKind.SHAPE: "shape: a registry host, a path, and a tag or digest",
    RuleKind.NAMED: "name of its key: it says that a path with a tag or digest is an image",
}


def words(place: Place, catalogue: Catalogue) -> str:
    """The rule by which a place is an image, with the row or the sort of place that it has.

    Of a row also whether it is the user's; of what a chart composes, that the rule is for what is rendered.
    """
    rule = place.rule
    if rule is None:
        return "a rule that does not give its name"
    told = _WORDS.get(rule.kind, rule.kind.value)
    if rule.kind is RuleKind.ROW and any(str(row) == rule.row for row in catalogue.added):
        told = f"{told}, yours in {CONFIG_NAME}"
    if rule.row:
        told = f"{told}{', ' if rule.kind is RuleKind.SHAPE else ': '}{rule.row}"
    composed = place.composed and rule.kind not in (RuleKind.VALUES, RuleKind.ARTIFACT)
    return f"values of a chart, which renders it: {told}" if composed else told
