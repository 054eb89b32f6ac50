"""What to write to have it otherwise: comments, annotations, settings, rows of the catalogue. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from gitops_clone.config import CONFIG_NAME
from gitops_clone.explain import inside, suggest
from gitops_clone.explain.lines import Stands
from gitops_clone.explain.model import Advice
from gitops_clone.explain.template import Traced
from gitops_clone.finders.catalogue import Form
from gitops_clone.finders.whereabouts import Whereabouts
from gitops_clone.finding import Finding, RuleKind, State
from gitops_clone.image import parse

_BY_SHAPE_OR_ROW = (RuleKind.ROW, RuleKind.SHAPE, RuleKind.NAMED)


def for_finding(finding: Finding, place: Whereabouts | None) -> Iterator[Advice]:
    """What changes what becomes of a finding; `place` is where it stands, None outside of objects."""
    if finding.state in (State.UPSTREAM, State.BACKUP):
        yield from _to_leave(finding, place)
        return
    for pattern, told in _BY_REASON:
        if match := re.search(pattern, finding.reason or ""):
            yield from told(finding, place, match)
            return
    if finding.state is State.IGNORED and place is not None and finding.place.note:
        row = suggest.row(place, finding.place.image, Form.REFERENCE)
        yield Advice("take it all the same", row, CONFIG_NAME)


def for_value(stands: Stands) -> Iterator[Advice]:
    """What makes a value an image."""
    if stands.could_be and stands.place is not None:
        yield Advice("take it for an image", suggest.row(stands.place, stands.text, inner=stands.inner), CONFIG_NAME)


def for_template(images: Sequence[Finding], changed_at: Sequence[str], traced: Traced) -> Iterator[Advice]:
    """What changes what a line of a template renders; `changed_at` are the places that a rewrite changes for it."""
    if changed_at:
        yield Advice("relocate what it renders", "gitops-clone rewrite", f"command line: it changes {changed_at[0]}")
    elif images and not any(finding.state is State.UPSTREAM for finding in images):
        states = ", ".join(dict.fromkeys(finding.state.value for finding in images))
        where = f"{images[0].place.file}:{images[0].place.line}"
        yield Advice(f"see why what it renders is {states}", f"gitops-clone explain {where}", "command line")
    elif not traced.rendered and not traced.failures:
        yield Advice("have it rendered", "the value that its condition asks for", "the values of a release")


def _to_leave(finding: Finding, place: Whereabouts | None) -> Iterator[Advice]:
    where = finding.place
    if not where.file.endswith(".json"):
        line = f"at the end of line {where.line}, or on the line before"
        yield Advice("leave this place alone", "# gitops-clone: ignore", line)
    in_kustomization = where.rule is not None and where.rule.kind in (RuleKind.ENTRY, RuleKind.INLINE_PATCH)
    if place is not None and place.kind and not in_kustomization:
        yield Advice("leave the object alone", 'gitops-clone/ignore: "true"', f"metadata.annotations of {place.owner}")
    name = parse(finding.upstream or where.image).name
    yield Advice("leave the image alone", f"ignore = [{json.dumps(name)}]", CONFIG_NAME)
    yield Advice("leave the file alone", f"exclude = [{json.dumps(where.file, ensure_ascii=False)}]", CONFIG_NAME)
    if place is not None and place.kind and where.rule is not None and where.rule.kind in _BY_SHAPE_OR_ROW:
        yield Advice("tell that it is no image", suggest.row(place, where.image, Form.NOT_IMAGE), CONFIG_NAME)


def _commented(finding: Finding, _place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it", "remove the comment", f"line {finding.place.line} or the line before")


def _annotated(_finding: Finding, place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it", "remove gitops-clone/ignore", f"metadata.annotations of {place.owner if place else 'it'}")


def _in_namespace(_finding: Finding, _place: Whereabouts | None, match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it", f"ignore-namespace = […] without {json.dumps(match[1])}", CONFIG_NAME)


def _matching(_finding: Finding, _place: Whereabouts | None, match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it", f"ignore = […] without {match[1]}", CONFIG_NAME)


def _uncertain(finding: Finding, place: Whereabouts | None, match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it, and all that are as sure", match[1], f"command line (certainty in {CONFIG_NAME})")
    if place is not None and place.kind:
        within = finding.place.within
        inner = inside.at(within.value, *within.span) if within is not None else None
        form = Form.TEXT if within is not None and inner is None else None
        yield Advice("take this place", suggest.row(place, finding.place.image, form, inner), CONFIG_NAME)
        yield Advice("tell that it is no image", suggest.row(place, finding.place.image, Form.NOT_IMAGE), CONFIG_NAME)


def _not_asked(_finding: Finding, _place: Whereabouts | None, match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("take it, and all others", match[1], f"command line (charts in {CONFIG_NAME})")


def _of_flux(_finding: Finding, _place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("have Flux write the backup's name", "spec.image of the ImageRepository", "docs/other-bots.md")


def _with_others(_finding: Finding, _place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("relocate it", "--with-kustomizations, or name the other file too", "command line")


def _elsewhere(_finding: Finding, _place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("relocate what is rendered", "gitops-clone rewrite --render", "command line")


def _variable(finding: Finding, _place: Whereabouts | None, _match: re.Match[str]) -> Iterator[Advice]:
    yield Advice("relocate it", "write the value out", f"line {finding.place.line}")


_BY_REASON: tuple[tuple[str, Callable[[Finding, Whereabouts | None, re.Match[str]], Iterator[Advice]]], ...] = (
    (r"comment gitops-clone: ignore", _commented),
    (r"annotation gitops-clone/ignore", _annotated),
    (r"^namespace (\S+)$", _in_namespace),
    (r'^matches (".*")$', _matching),
    (r"(--certainty \w+) takes it", _uncertain),
    (r"(--charts) takes it$", _not_asked),
    (r"Flux image automation owns", _of_flux),
    (r"include that file in the run", _with_others),
    (r"the chart is not in the repository|only rendering shows|is remote", _elsewhere),
    (r"has a variable|has a placeholder", _variable),
)
