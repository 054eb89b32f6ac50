"""Images that only a run tells: variables that nothing in Git fills in, image streams, bots that choose tags. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_clone.finding import Finding, RuleKind, State
from gitops_clone.gaps.model import Gap, Kind

_OPENS = ("${", "$(", "<")


def find(findings: Iterable[Finding]) -> Iterator[Gap]:
    """The gaps that findings are."""
    for finding in findings:
        place, kind = finding.place, Kind.RUN_TIME
        if place.policy is not None:
            says = "Flux image automation chooses the tag, and writes upstream names"
            remedy = "docs/other-bots.md: let the ImageRepository look at the backup"
        elif finding.reason == "an OpenShift ImageStream sets this image":
            says = finding.reason
            remedy = "the ImageStream's spec.tags[].from names what is pulled; import it from the backup"
        elif finding.state is State.UNRESOLVED and any(mark in place.image for mark in _OPENS):
            says = f"an image that is completed outside of Git: {finding.reason}"
            remedy = "write the value into the repository, or relocate what fills it in"
        elif finding.state is State.UNRESOLVED and place.rule and place.rule.kind is RuleKind.ROW and place.note:
            says, remedy, kind = place.note, "`gitops-clone explain FILE:LINE` tells the rule", Kind.OPERATOR
        else:
            continue
        yield Gap(kind, place.file, place.line, "", says, remedy, place.image)
