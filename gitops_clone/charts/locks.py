"""Chart.lock: it repeats what a chart depends on, under a checksum over both files; both change together. Pure.

The checksum is that of Helm (internal/resolver, HashReq): SHA-256 over the JSON of both lists, as Go writes it.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitops_clone.documents.amend import Replace
from gitops_clone.helm import json_text, yaml_values
from gitops_clone.helm.errors import Refused, Unsupported
from gitops_clone.helm.gotypes import Value

FILES = {"Chart.yaml": "Chart.lock", "requirements.yaml": "requirements.lock"}
"""The files that say what a chart depends on, each with the one that locks it."""

# The fields in the order in which Go writes them; those that are left out where they are empty.
_FIELDS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
_ALWAYS = ("name", "repository")


def locked_by(lock: str) -> str | None:
    """The file of a chart that a lock file belongs to, by its name; None for any other file."""
    folder, name = posixpath.split(lock)
    chart = next((chart for chart, each in FILES.items() if each == name), None)
    return posixpath.join(folder, chart) if chart is not None else None


class Unlike(ValueError):
    """A lock file that does not belong to its chart, or cannot be read; the message says it in a few words."""


@dataclass(frozen=True, slots=True)
class ChartLock:
    """A lock file: what the chart asks for, what is locked (in the same order), and the checksum."""

    file: str
    wanted: tuple[Mapping[str, Value], ...]
    locked: tuple[Mapping[str, Value], ...]
    digest: str

    def version(self, number: int) -> str | None:
        """The version of a dependency, by its number."""
        version = self.locked[number].get("version") if number < len(self.locked) else None
        return version if isinstance(version, str) else None

    def amendments(self, moved: Mapping[int, str]) -> list[Replace]:
        """The edits for the dependencies, by number, that get other addresses."""
        edits = [
            Replace(f"0/dependencies/{number}/repository", str(self.locked[number]["repository"]), address)
            for number, address in sorted(moved.items())
        ]
        after = checksum(_moved(self.wanted, moved), _moved(self.locked, moved))
        return [*edits, Replace("0/digest", self.digest, after)]


def read(file: str, chart: str, lock: str) -> ChartLock:
    """The lock file of a chart, given the texts of both. Raises `Unlike`."""
    wanted, locked = _load(chart), _load(lock)
    digest = locked.get("digest")
    made = ChartLock(file, _dependencies(wanted), _dependencies(locked), digest if isinstance(digest, str) else "")
    names = [[(each.get("name"), each.get("repository")) for each in one] for one in (made.wanted, made.locked)]
    if names[0] != names[1] or checksum(made.wanted, made.locked) != made.digest:
        raise Unlike("is out of sync")
    return made


def checksum(wanted: Sequence[Mapping[str, Value]], locked: Sequence[Mapping[str, Value]]) -> str:
    """The checksum over two lists of dependencies. Raises `Unlike` for what has none."""
    try:
        text = ",".join("[" + ",".join(map(_json, each)) + "]" if each else "null" for each in (wanted, locked))
    except (Refused, Unsupported):
        raise Unlike("has no checksum that is known here") from None
    return f"sha256:{hashlib.sha256(f'[{text}]'.encode()).hexdigest()}"


def _json(dependency: Mapping[str, Value]) -> str:
    fields = ((name, dependency.get(name) or "") for name in _FIELDS)
    written = (f'"{name}":{json_text.dump(value)}' for name, value in fields if value or name in _ALWAYS)
    return "{" + ",".join(written) + "}"


def _moved(listed: Sequence[Mapping[str, Value]], moved: Mapping[int, str]) -> list[Mapping[str, Value]]:
    return [{**each, "repository": moved[number]} if number in moved else each for number, each in enumerate(listed)]


def _load(text: str) -> dict[str, Value]:
    try:
        found = yaml_values.load(text)
    except yaml_values.NotValues:
        found = None
    if not isinstance(found, dict):
        raise Unlike("cannot be read")
    return found


def _dependencies(found: Mapping[str, Value]) -> tuple[Mapping[str, Value], ...]:
    listed = found.get("dependencies")
    return tuple(each for each in listed if isinstance(each, dict)) if isinstance(listed, list) else ()
