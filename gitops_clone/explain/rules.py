"""The rules that make a value an image, in words. Pure."""

from __future__ import annotations

from gitops_clone.config import CONFIG_NAME
from gitops_clone.finders.catalogue import Catalogue
from gitops_clone.finding import Rule, RuleKind

_WORDS = {
    RuleKind.GENERAL: "general rule: the `image` of a container or of a volume's image, in an object of any kind",
    RuleKind.ROW: "row of the catalogue",
    RuleKind.PATCH: "JSON Patch: it puts a value where the general rule has an image",
    RuleKind.INLINE_PATCH: "patch inside a kustomization: it puts a value where an image is",
    RuleKind.ENTRY: "entry of a kustomization's `images`: it gives images another name, tag or digest",
    RuleKind.COPIED: "field that a kustomization copies to an image, or that its `configurations` name as one",
    RuleKind.VALUES: "values of a chart",
    RuleKind.TEMPLATE: "line `image: …` of a template, which no YAML parser reads",
    RuleKind.SHAPE: "shape: a registry host, a path, and a tag or digest",
}


def words(rule: Rule | None, catalogue: Catalogue) -> str:
    """The rule, with the row or the sort of place that it has; of a row also whether it is the user's."""
    if rule is None:
        return "a rule that does not give its name"
    told = _WORDS.get(rule.kind, rule.kind.value)
    if rule.kind is RuleKind.SHAPE:
        return f"{told}, {rule.row}" if rule.row else told
    yours = rule.kind is RuleKind.ROW and any(str(row) == rule.row for row in catalogue.added)
    return f"{told}{f', yours in {CONFIG_NAME}' if yours else ''}{f': {rule.row}' if rule.row else ''}"
