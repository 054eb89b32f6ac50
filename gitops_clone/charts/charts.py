"""The edits that relocate addresses: each of them when all artifacts that it is used for are backed up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from gitops_clone.amendments import Available, Digest
from gitops_clone.charts.addresses import moved
from gitops_clone.charts.locks import ChartLock
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
    """The addresses of a run; `files` are those that may be edited, but for those that are `lost`.

    `locks` are the lock files of charts that depend on others, by their Chart.yaml.
    """

    addresses: tuple[Address, ...]
    rules: Rules
    files: frozenset[str]
    locks: Mapping[str, ChartLock] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    def amendments(self, available: Available, digest: Digest) -> Mapping[str, Sequence[Amendment]]:
        """The edits by file."""
        found: dict[str, list[Amendment]] = {}
        locked: dict[str, dict[int, str]] = {}
        for each in self.addresses:
            name = each.key.file
            free = name in self.files and self._group(name).isdisjoint(self.lost)
            if free and all(available(upstream) for upstream, _ in each.upstreams) and (edit := self._edit(each)):
                found.setdefault(name, []).append(edit)
                if name in self.locks:
                    locked.setdefault(name, {})[int(each.key.pointer.split("/")[2])] = edit.new
        for name, texts in locked.items():
            found[self.locks[name].file] = [*self.locks[name].amendments(texts)]
        return found

    def coupled(self, available: Available, digest: Digest) -> Sequence[frozenset[str]]:
        """Each chart that is locked with its lock file; else, an address is one text."""
        changed = self.amendments(available, digest)
        return [self._group(name) for name in self.locks if name in changed]

    def without(self, files: Collection[str]) -> Self:
        """The same addresses, when these files cannot be changed."""
        return replace(self, lost=self.lost | frozenset(files))

    def _group(self, name: str) -> frozenset[str]:
        """A file, and the one that must change with it."""
        return frozenset((name, self.locks[name].file) if name in self.locks else (name,))

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
