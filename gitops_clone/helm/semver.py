"""Versions and constraints as Masterminds/semver 3.4 takes them: loosely, `v1.2` is a version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

_VERSION = re.compile(
    r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_OPERATORS = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_OPERAND = (
    r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?"
    r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)
_PLAIN_OPERAND = re.sub(r"\((?!\?)", "(?:", _OPERAND)
_ONE = re.compile(rf"\s*({_OPERATORS})\s*({_OPERAND})\s*")
_FIND = re.compile(rf"(?:{_OPERATORS})\s*{_PLAIN_OPERAND}")
_VALID = re.compile(
    rf"\s*(?:{_OPERATORS})\s*{_PLAIN_OPERAND}\s*(?:(?:\s+|,\s*)(?:{_OPERATORS})\s*{_PLAIN_OPERAND}\s*)*"
)
_RANGE = re.compile(rf"\s*({_PLAIN_OPERAND})\s+-\s+({_PLAIN_OPERAND})\s*")
_LONGEST = 1000
_MOST = 2**64


class BadVersion(ValueError):
    """No version, or no constraint."""


@dataclass(frozen=True, slots=True)
class Version:
    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = ""

    @classmethod
    def parse(cls, text: str) -> Version:
        """Raises `BadVersion`."""
        match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
        if not match or "\n" in text:
            raise BadVersion("Invalid Semantic Version")
        major, minor, patch = (int(part or 0) for part in match.groups()[:3])
        prerelease, metadata = match[4] or "", match[5] or ""
        if max(major, minor, patch) >= _MOST:
            raise BadVersion("Error parsing version segment")
        if any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in prerelease.split(".")):
            raise BadVersion("Version segment starts with 0")
        return cls(major, minor, patch, prerelease, metadata, text)

    def __str__(self) -> str:
        tail = (f"-{self.prerelease}" if self.prerelease else "") + (f"+{self.metadata}" if self.metadata else "")
        return f"{self.major}.{self.minor}.{self.patch}{tail}"


def compare(one: Version, other: Version) -> int:
    """-1, 0 or 1; metadata does not count."""
    first, second = (one.major, one.minor, one.patch), (other.major, other.minor, other.patch)
    if first != second:
        return -1 if first < second else 1
    if not one.prerelease or not other.prerelease:
        return bool(other.prerelease) - bool(one.prerelease)
    return _compare_prereleases(one.prerelease, other.prerelease)


def _compare_prereleases(one: str, other: str) -> int:
    for first, second in zip_longest(one.split("."), other.split("."), fillvalue=""):
        if first != second:
            return _compare_parts(first, second)
    return 0


def _compare_parts(one: str, other: str) -> int:
    if not one or not other:
        return -1 if not one else 1
    if one.isdigit() and other.isdigit():
        return -1 if int(one) < int(other) else 1
    if one.isdigit() != other.isdigit():
        return -1 if one.isdigit() else 1
    return -1 if one < other else 1


@dataclass(frozen=True, slots=True)
class _Constraint:
    """One comparison. `open` is the first part that is no number: «major», «minor», «patch», or none."""

    operator: str
    version: Version
    open: str

    def holds(self, version: Version, prereleases: bool) -> bool:
        if version.prerelease and not prereleases:
            return False
        order = compare(version, self.version)
        match self.operator:
            case "" | "=":
                return self._tilde(version, order) if self.open else order == 0
            case "!=":
                return self._differs(version, order)
            case ">":
                return self._greater(version, order)
            case "<":
                return order < 0
            case ">=" | "=>":
                return order >= 0
            case "<=" | "=<":
                return self._at_most(version, order)
            case "~" | "~>":
                return self._tilde(version, order)
        return self._caret(version, order)

    def _differs(self, version: Version, order: int) -> bool:
        own = self.version
        if self.open:
            if own.major != version.major:
                return True
            if self.open == "minor":
                return False
            if own.minor != version.minor:
                return True
            if self.open == "patch":
                return (version.prerelease or own.prerelease) != "" and version.prerelease != own.prerelease
            if own.patch != version.patch:
                return True
        return order != 0

    def _greater(self, version: Version, order: int) -> bool:
        own = self.version
        if not self.open:
            return order > 0
        if version.major != own.major:
            return version.major > own.major
        if self.open == "minor":
            return False
        return version.minor > own.minor if self.open == "patch" else order > 0

    def _at_most(self, version: Version, order: int) -> bool:
        own = self.version
        if not self.open:
            return order <= 0
        if version.major != own.major:
            return version.major < own.major
        return version.minor <= own.minor or self.open == "minor"

    def _tilde(self, version: Version, order: int) -> bool:
        own = self.version
        if order < 0:
            return False
        if (own.major, own.minor, own.patch) == (0, 0, 0) and self.open not in ("minor", "patch"):
            return True
        return version.major == own.major and (version.minor == own.minor or self.open == "minor")

    def _caret(self, version: Version, order: int) -> bool:
        own = self.version
        if order < 0:
            return False
        if own.major > 0 or self.open == "minor":
            return version.major == own.major
        if version.major > 0:
            return False
        if own.minor > 0 or self.open == "patch":
            return version.minor == own.minor
        return version.minor == 0 and version.patch == own.patch


@lru_cache(maxsize=512)
def _constraints(text: str) -> tuple[tuple[_Constraint, ...], ...]:
    """Alternatives of comparisons that must all hold. Raises `BadVersion`."""
    if len(text) > _LONGEST:
        raise BadVersion("improper constraint: too long")
    # Runs of spaces, and those around commas, mean nothing, and would cost time.
    text = re.sub(r" ?, ?", ",", re.sub(r"\s+", " ", text))
    for match in _RANGE.finditer(text):
        text = text.replace(match[0], f">= {match[1]}, <= {match[2]} ", 1)
    alternatives = []
    for part in text.split("||"):
        if not _VALID.fullmatch(part):
            raise BadVersion(f"improper constraint: {part}")
        alternatives.append(tuple(_constraint(found) for found in _FIND.findall(part)))
    return tuple(alternatives)


def _constraint(text: str) -> _Constraint:
    match = _ONE.fullmatch(text)
    if not match:
        raise BadVersion(f"improper constraint: {text}")
    operator, _, major, minor, patch, tail = match.groups()[:6]
    tail = tail or ""
    minor, patch = (minor or "").removeprefix("."), (patch or "").removeprefix(".")
    if major in ("x", "X", "*"):
        return _Constraint(operator, Version.parse(f"0.0.0{tail}"), "major")
    if minor in ("", "x", "X", "*"):
        return _Constraint(operator, Version.parse(f"{major}.0.0{tail}"), "minor")
    if patch in ("", "x", "X", "*"):
        return _Constraint(operator, Version.parse(f"{major}.{minor}.0{tail}"), "patch")
    return _Constraint(operator, Version.parse(match[2]), "")


def satisfies(constraint: str, version: str) -> bool:
    """Whether a version meets a constraint. Raises `BadVersion` where one of them is none."""
    alternatives = _constraints(constraint)
    found = Version.parse(version)
    return any(
        all(one.holds(found, any(other.version.prerelease for other in group)) for one in group)
        for group in alternatives
    )


def is_compatible(constraint: str, version: str) -> bool:
    """The same, false where one of them is none (Helm's IsCompatibleRange)."""
    try:
        return satisfies(constraint, version)
    except BadVersion:
        return False
