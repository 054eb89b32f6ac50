"""Images in files that are templates, not YAML: told by their bytes, read and rewritten line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitops_clone.finders import shape
from gitops_clone.finding import Place, Rule, RuleKind, Span

# A template action where YAML wants a key, an item or a value: `{{ if`, `- {{`, `image: {{`; or one that trims; or one
# with double quotes inside double quotes; or a statement of Jinja.
_ACTION = re.compile(
    r"""^[ \t]*(?:-[ ]+)*(?:\{\{|\{%) | :[ \t]+\{\{ | \{\{- | -\}\}
      | "[^"\n{]*+(?:\{(?!\{)[^"\n{]*+)*+\{\{[^"}\n]*+"[^}\n]{0,500}+\}\}""",
    re.MULTILINE | re.VERBOSE,
)
_IMAGE_LINE = re.compile(r"""^[ \t]*(?:-[ \t]+)*["']?image["']?[ \t]*:[ \t]+(?P<rest>\S[^\r\n]*)""", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]#")
# What stands before and after a reference that is all of a scalar, or what a flag or variable in it is set to.
_BEFORE = re.compile(
    r"""(?:(?:\A|[ \t])-[ \t]+|\A[ \t]*|:[ \t]+|[\[,{][ \t]*)["']?(?:--?[A-Za-z][\w.-]*=|[A-Za-z_][\w.-]*=)?\Z"""
)
_AFTER = re.compile(r"""["']?[ \t]*(?:[,\]}]|[ \t]\#|\r?$)""", re.MULTILINE)
_DELIMITER = re.compile(r"\{\{|\}\}|\{%|%\}")
_CLOSING = {"{{": "}}", "{%": "%}"}
_LONGEST = 2000
"""Code points of a line before a reference that is told by its shape."""

SHAPED = Rule(RuleKind.SHAPE, "in a template")
"""Why a reference that no key names is taken for an image, as long as it is not known what it renders."""


class TemplateSpot(NamedTuple):
    """The text of an image in a template: offsets in code points; `templated` if an action composes it.

    `shaped`: no key says that it is an image, only its shape.
    """

    start: int
    end: int
    image: str
    templated: bool
    shaped: bool = False


def is_unknown(place: Place) -> bool:
    """Whether a place in a template is known only by its shape."""
    return place.rule == SHAPED


def is_template(text: str) -> bool:
    """Whether a text that YAML parsers refuse is a Go (or Jinja) template."""
    return ("{{" in text or "{%" in text) and _ACTION.search(text) is not None


def find(text: str) -> list[TemplateSpot]:
    """The images of a template: one for each `image:` line with a value, and what has the shape of one elsewhere."""
    named = list(_named(text))
    known = {spot.start for spot in named}
    shaped = [TemplateSpot(*span, text[span.start : span.end], False, True) for span in _shaped(text)]
    return sorted([*named, *(spot for spot in shaped if spot.start not in known)])


def _named(text: str) -> Iterator[TemplateSpot]:
    for match in _IMAGE_LINE.finditer(text):
        start, image = _value(match["rest"])
        if image:
            start += match.start("rest")
            yield TemplateSpot(start, start + len(image), image, "{{" in image or "{%" in image)


def _shaped(text: str) -> Iterator[Span]:
    """The references that are all of a scalar, or what a flag or variable in it is set to, and in no action."""
    spans = list(shape.find(text))
    actions = _actions(text) if spans else iter(())
    action = next(actions, None)
    for span in spans:
        while action is not None and action.end <= span.start:
            action = next(actions, None)
        start = text.rfind("\n", max(0, span.start - _LONGEST), span.start) + 1
        if span.start - start > _LONGEST or (action is not None and action.start < span.end):
            continue
        before = text[start : span.start]
        is_comment = before.lstrip().startswith("#") or _COMMENT.search(before)
        if not is_comment and _BEFORE.search(before) and _AFTER.match(text, span.end):
            yield span


def _actions(text: str) -> Iterator[Span]:
    """The spans of a template's actions; one that is not closed goes to the end."""
    start, closing = 0, ""
    for match in _DELIMITER.finditer(text):
        if not closing and match[0] in _CLOSING:
            start, closing = match.start(), _CLOSING[match[0]]
        elif match[0] == closing:
            yield Span(start, match.end())
            closing = ""
    if closing:
        yield Span(start, len(text))


def _value(rest: str) -> tuple[int, str]:
    """Where in the rest of a line its value begins, and the value without quotes and comment; empty if no text."""
    if rest[0] in "\"'":
        quote = rest[0]
        # Actions may hold the quotes that surround them.
        end = rest.rfind(quote) if "{{" in rest else rest.find(quote, 1)
        return 1, rest[1 : max(end, 1)]
    if rest[0] in "#[|>&*!" or (rest[0] == "{" and rest[1:2] not in ("{", "%")):
        return 0, ""
    comment = _COMMENT.search(rest)
    return 0, rest[: comment.start() if comment else len(rest)].rstrip(" \t").removesuffix(",")
