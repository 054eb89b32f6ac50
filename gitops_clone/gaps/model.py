"""A gap: what this repository makes a cluster pull without naming it, or what would stop the relocated workloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is missing. The first five are pulls that Git does not show, the others stop workloads."""

    CHART = "chart from elsewhere"
    SOURCE = "manifests from elsewhere"
    OPERATOR = "made by an operator"
    RUN_TIME = "known at run time"
    UNKNOWN = "cannot be told"
    CREDENTIALS = "no pull credentials"
    REACH = "out of reach"
    POLICY = "admission policy"

    @property
    def stops(self) -> bool:
        """Whether it would stop workloads whose images have moved."""
        return self in (Kind.CREDENTIALS, Kind.REACH, Kind.POLICY)


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap: where it is seen (line 1-based), in which object, what would be pulled if that is known.

    `says` is one sentence that holds for all gaps of its sort, `remedy` the command or setting that shows or mends it.
    """

    kind: Kind
    file: str
    line: int
    owner: str
    says: str
    remedy: str
    pulls: str | None = None


Sorts = Mapping[tuple[str, str], Sequence[tuple[str, int, str]]]
"""By sentence and remedy, the objects of which they hold: file, line, and how reports name them."""


def one_each(kind: Kind, sorts: Sorts) -> Iterator[Gap]:
    """One gap for each sort, at the first of its objects."""
    for (says, remedy), places in sorts.items():
        file, line, owner = min(places)
        count = f" ({len(places)} objects)" if len(places) > 1 else ""
        yield Gap(kind, file, line, f"{owner}{count}", says, remedy)
