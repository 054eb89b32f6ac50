"""From a place to a finding: what its image is upstream, what it becomes, and whether it is to be touched. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from gitops_clone.finders.catalogue import SHIPPED, Catalogue
from gitops_clone.finding import Certainty, Finding, Place, Skipped, State
from gitops_clone.image import InvalidReference, Reference, parse
from gitops_clone.lockfile import Lock
from gitops_clone.naming import Pin, Scheme, Unrelocatable
from gitops_clone.spellings import key_of, original

_VARIABLES = (
    (r"\{\{", "composed by a template: {{ … }}"),
    (r"\$\{", "has a variable: ${…}"),
    (r"\$\(", "has a variable: $(…)"),
    (r"\$[A-Za-z_]", "has a variable: $…"),
    (r"\(@", "ytt expression"),
    (r"<[^>]+>|###[^#]+###|@\w+@", "has a placeholder"),
    (r"\AENC\[", "encrypted"),
    (r"\Ako://", "a Go import path that ko replaces"),
)
_IN_CLUSTER = r"(?:^|\.)svc(?:\.cluster\.local)?(?::\d+)?$"


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides a state: the naming scheme, the lock file, and the user's rules of what to leave alone.

    And before that, what is a place: the catalogue, with the user's own rows; and the files (`texts`) that a program
    reads as text. `charts`: charts and other artifacts in registries are taken, too.
    """

    scheme: Scheme
    lock: Lock
    push_scheme: Scheme | None = None
    ignore: tuple[str, ...] = ()
    ignore_namespace: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    pin: Pin = Pin.NEVER
    catalogue: Catalogue = SHIPPED
    certainty: Certainty = Certainty.CERTAIN
    texts: frozenset[str] = frozenset()
    charts: bool = False
    _keys: dict[str, list[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for key, entry in sorted(self.lock.images.items()):
            for form in self.forms(key, entry.digest):
                self._keys.setdefault(form, []).append(key)

    def forms(self, key: str, digest: str | None) -> set[str]:
        """Each text that may be written for an upstream: one for each way to pin."""
        return {str(self.scheme.written(parse(key), pin, digest)) for pin in Pin}

    def keys_of(self, backup: str) -> list[str]:
        """The locked upstreams behind a normalised reference on the backup registry, in order."""
        return self._keys.get(backup, [])


def classify(place: Place, rules: Rules) -> Finding:
    """The finding that a place is."""
    if place.note is not None and place.ignored:
        return replace(_resolve(place, rules), state=State.IGNORED, reason=place.note)
    if place.note is not None:
        return Finding(place, State.UNRESOLVED, reason=place.note)
    finding = _resolve(place, rules)
    if finding.state in (State.UPSTREAM, State.BACKUP) and (reason := _ignored(place, finding, rules)) is not None:
        return replace(finding, state=State.IGNORED, reason=reason)
    if not rules.certainty.includes(place.certainty) and not _is_ours(finding, rules):
        reason = f"{place.certainty.value}, not certain: --certainty {place.certainty.value} takes it"
        return replace(finding, state=State.IGNORED, reason=finding.reason or reason)
    return finding


def _is_ours(finding: Finding, rules: Rules) -> bool:
    """Whether an earlier run backed the image up, and may have written the place: whatever the certainty asked now."""
    return finding.state is State.OWN or (finding.state is State.BACKUP and finding.upstream in rules.lock.images)


def join_shared_text(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that share one text (aliases) must all be relocated, or none: mark those that another one holds back."""
    held: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        if finding.state in (State.IGNORED, State.UNRESOLVED):
            held.setdefault(_text_of(finding.place), finding)
    return [
        replace(finding, state=State.UNRESOLVED, reason=f"shares its text with line {other.place.line}: {other.reason}")
        if finding.state in (State.UPSTREAM, State.BACKUP) and (other := held.get(_text_of(finding.place))) is not None
        else finding
        for finding in findings
    ]


def _text_of(place: Place) -> tuple[object, ...]:
    return (place.file, place.chunk, place.span)


def _resolve(place: Place, rules: Rules) -> Finding:
    try:
        reference = parse(place.image)
        if any(_matches(reference, place.image, glob) for glob in rules.own):
            return Finding(place, State.OWN)
        if rules.scheme.holds(reference):
            return _on_backup_registry(place, reference, rules)
        upstream = reference.tagged()
        if rules.push_scheme is not None and rules.push_scheme.holds(reference):
            pushed = rules.push_scheme.upstream(reference)
            if pushed is None:
                return Finding(place, State.OWN)
            upstream = pushed
        return Finding(place, State.UPSTREAM, str(upstream), str(rules.scheme.backup(upstream)))
    except Unrelocatable as error:
        return Finding(place, State.UNRESOLVED, str(upstream), reason=str(error))
    except InvalidReference as error:
        reason = next((reason for pattern, reason in _VARIABLES if re.search(pattern, place.image)), str(error))
        return Finding(place, State.UNRESOLVED, reason=reason)


def _on_backup_registry(place: Place, reference: Reference, rules: Rules) -> Finding:
    keys = rules.keys_of(str(reference.tagged()))
    # Upstreams may share a backup reference: the lock file knows which one stood at this place.
    before = original(rules.lock.images, keys, key_of(place))
    key = before[0] if before else next(iter(keys), None)
    upstream = parse(key) if key else rules.scheme.upstream(reference)
    if upstream is None:
        return Finding(place, State.OWN)
    return Finding(place, State.BACKUP, str(upstream), str(rules.scheme.backup(upstream)))


def _ignored(place: Place, finding: Finding, rules: Rules) -> str | None:
    """The rule of the user's, or of another bot's, that keeps a relocatable finding as it is."""
    if place.namespace in rules.ignore_namespace:
        return f"namespace {place.namespace}"
    reference = parse(finding.upstream or place.image)
    for glob in rules.ignore:
        if _matches(reference, place.image, glob):
            return f'matches "{glob}"'
    if finding.state is not State.UPSTREAM:
        return None
    if place.policy is not None:
        return f"Flux image automation owns this line (ImagePolicy {place.policy})"
    if re.search(_IN_CLUSTER, reference.registry):
        return "its registry is inside the cluster"
    return None


def _matches(reference: Reference, written: str, glob: str) -> bool:
    """Whether a pattern fits the reference as written or normalised, with or without tag and digest."""
    return any(fnmatchcase(text, glob) for text in (written, str(reference), reference.name))


def separate_collisions(findings: Sequence[Finding], rules: Rules) -> tuple[list[Finding], list[Skipped]]:
    """Hold back upstreams that would share a backup name with another image (docs/design.md).

    What is locked keeps its name, otherwise the first in the order of names. Each upstream held back is reported once.
    """
    taken: dict[str, str] = {}
    for upstream in (*sorted(rules.lock.images), *sorted(f.upstream for f in findings if f.upstream and f.backup)):
        name = str(rules.scheme.backup(parse(upstream)))
        taken.setdefault(name, upstream)
    result: list[Finding] = []
    reported: dict[str, Skipped] = {}
    for finding in findings:
        first = taken.get(finding.backup or "")
        if first is not None and finding.state is State.UPSTREAM and not _same_content(first, finding.upstream or ""):
            reason = f"{finding.upstream} would have the backup name of {first}: ignore one of them"
            place = finding.place
            reported.setdefault(finding.upstream or "", Skipped(place.file, reason, True, place.line))
            finding = replace(finding, state=State.UNRESOLVED, reason=reason)
        result.append(finding)
    return result, list(reported.values())


def _same_content(one: str, other: str) -> bool:
    """Whether two upstreams with one backup name are the same image: a tag may look like the one made of a digest."""
    first, second = parse(one), parse(other)
    return (first.name, first.digest) == (second.name, second.digest)


def name_repositories(findings: Iterable[Finding], repositories: Mapping[str, str]) -> list[Finding]:
    """Add to findings that Flux owns the ImageRepository to change, by ImagePolicy (`namespace:name`)."""
    named = []
    for finding in findings:
        repository = repositories.get(finding.place.policy or "")
        if repository is not None and finding.state is State.IGNORED and finding.reason:
            finding = replace(finding, reason=f"{finding.reason}: change {repository} instead")
        named.append(finding)
    return named
