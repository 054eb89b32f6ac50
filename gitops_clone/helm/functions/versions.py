"""sprig's semantic versions. A text that is no version is refused, as Helm refuses it."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_clone.helm.errors import Refused
from gitops_clone.helm.gotypes import Int64, Member, Object, Value
from gitops_clone.helm.registry import function
from gitops_clone.helm.semver import BadVersion, Version, compare, satisfies


class _Semver(Object):
    type_name = "*semver.Version"
    kind = "ptr"

    def __init__(self, version: Version) -> None:
        self._version = version

    def members(self) -> Mapping[str, Value]:
        version = self._version
        return {
            "Major": Member(lambda: Int64(version.major)),
            "Minor": Member(lambda: Int64(version.minor)),
            "Patch": Member(lambda: Int64(version.patch)),
            "Prerelease": Member(lambda: version.prerelease),
            "Metadata": Member(lambda: version.metadata),
            "Original": Member(lambda: version.original),
            "String": Member(lambda: str(version)),
            "Compare": Member(lambda other: compare(version, _version(other)), ("any",)),
            "Equal": Member(lambda other: compare(version, _version(other)) == 0, ("any",)),
            "LessThan": Member(lambda other: compare(version, _version(other)) < 0, ("any",)),
            "GreaterThan": Member(lambda other: compare(version, _version(other)) > 0, ("any",)),
        }

    def show(self) -> str:
        return str(self._version)


def _version(value: Value) -> Version:
    if not isinstance(value, _Semver):
        raise Refused("wrong type for value; expected *semver.Version")
    return value._version


@function("semver", "string")
def _semver(value: str) -> _Semver:
    try:
        return _Semver(Version.parse(value))
    except BadVersion as error:
        raise Refused(f"error calling semver: {error}") from None


@function("semverCompare", "string", "string")
def _semver_compare(constraint: str, value: str) -> bool:
    try:
        return satisfies(constraint, value)
    except BadVersion as error:
        raise Refused(f"error calling semverCompare: {error}") from None
