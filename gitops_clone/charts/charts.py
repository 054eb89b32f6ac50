"""The edits that relocate addresses: each of them when all artifacts that it is used for are backed up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.charts.addresses import moved
from gitops_clone.documents.amend import Amendment, Replace
from gitops_clone.image import parse
from gitops_clone.layers.flow import Key
from gitops_clone.states import Rules


class Address(NamedTuple):
    """An address that may move: where it stands, its text, and the upstreams there, each with its chart's name."""

    key: Key
    text: str
    upstreams: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Charts:
    """The addresses of a run; `files` are those that may be edited."""

    addresses: tuple[Address, ...]
    rules: Rules
    files: frozenset[str]

    def amendments(self, available: Available, digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        """The edits by file."""
        found: dict[str, list[Amendment]] = {}
        for each in self.addresses:
            free = each.key.file in self.files and all(available(upstream) for upstream, _ in each.upstreams)
            if free and (edit := self._edit(each)) is not None:
                found.setdefault(each.key.file, []).append(edit)
        return found

    def coupled(self, available: Available, digest: Digest) -> Sequence[frozenset[str]]:
        """No files: an address is one text."""
        return ()

    def without(self, files: Collection[str]) -> Self:
        """The same addresses, when these files cannot be changed."""
        return replace(self, files=self.files - frozenset(files))

    def _edit(self, address: Address) -> Replace | None:
        """The edit of an address; None where its artifacts would not agree on it."""
        scheme = self.rules.scheme
        backups = {upstream: scheme.backup(parse(upstream)) for upstream, _ in address.upstreams}
        texts = {moved(address.text, chart, backups[upstream].name) for upstream, chart in address.upstreams}
        if len(texts) != 1:
            return None
        upstream, _ = address.upstreams[0]
        place = f"{address.key.document}{address.key.pointer}"
        return Replace(place, address.text, texts.pop(), upstream, str(backups[upstream]))
