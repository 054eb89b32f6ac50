"""How the image entries of an object of Flux or Argo CD join those of a kustomization, and what Flux substitutes. Pure.

Measured, or read in their sources: Flux writes its overrides into the kustomization of the path, an entry of a name
that is there already in its place, the others at the end (fluxcd/pkg, kustomize/kustomize_generator.go). Argo CD calls
`kustomize edit set image`, which sorts all entries by name, and keeps one of each (commands/edit/set/setimage.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from gitops_clone.controllers.substitution import Unsubstituted, substitute
from gitops_clone.layers.transformer import Rule


class Style(Enum):
    """Whose way of joining entries it is."""

    FLUX = "flux"
    ARGO = "argo"


@dataclass(frozen=True, slots=True)
class Variables:
    """What Flux substitutes after the build; with `complete`, a variable that is not there is empty."""

    known: Mapping[str, str] = field(hash=False)
    complete: bool

    def __hash__(self) -> int:
        return hash((frozenset(self.known.items()), self.complete))

    def apply(self, text: str) -> str:
        """The text with its variables replaced, as far as they are known; what Flux refuses stays."""
        if "$" not in text or (self.complete and not self.known):
            return text
        try:
            return substitute(text, self.known, complete=self.complete)
        except Unsubstituted:
            return text


Ruled = tuple[str, Rule]
"""An entry, by its key, and what it does."""


def joined(own: Sequence[Ruled], over: Sequence[Ruled], style: Style) -> list[Ruled]:
    """The entries in the order in which kustomize gets them."""
    if not over:
        return list(own)
    if style is Style.FLUX:
        result = list(own)
        for item in over:
            same = next((index for index, (_, rule) in enumerate(result) if rule.name == item[1].name), None)
            if same is None:
                result.append(item)
            else:
                result[same] = item
        return result
    by_name = {item[1].name: item for item in over}  # the last counts
    for item in own:
        by_name.setdefault(item[1].name, item)
    return [by_name[name] for name in sorted(by_name)]
