"""The words of this room: an address in a registry, and the artifacts that it is used for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gitops_clone.charts.addresses import SCHEME
from gitops_clone.layers.flow import Key


class Wanted(NamedTuple):
    """What an object wants of an address: a chart of a repository (`chart` is its name), or all that stands there.

    `version` is the tag or digest, None where it is not known: then `obstacle` says why. That may be given all the
    same: why the artifact must stay where it is. `ignored`: a rule of the user's says so. `user` is the text that names
    the chart, of another object than the one that has the address; `policy` are texts that a bot may own.
    """

    chart: str = ""
    version: str | None = None
    obstacle: str | None = None
    ignored: bool = False
    namespaces: tuple[str, ...] = ()
    user: Key | None = None
    policy: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """One use of an address: the address as it is written, and where; what is wanted; by which entry points."""

    key: Key
    text: str
    wanted: Wanted
    points: tuple[str, ...] = ()

    @property
    def image(self) -> str:
        """The reference of the artifact, without tag and digest where these are not known."""
        name = self.text.removeprefix(SCHEME).rstrip("/")
        name = f"{name}/{self.wanted.chart}" if self.wanted.chart else name
        version = self.wanted.version
        return name if version is None else f"{name}{'@' if ':' in version else ':'}{version}"
