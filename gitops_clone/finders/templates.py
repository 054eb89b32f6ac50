"""Images in files that are templates, not YAML: told by their bytes, read line by line, reported, not yet rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A template action where YAML wants a key, an item or a value: `{{ if`, `- {{`, `image: {{`; or a statement of Jinja.
_ACTION = re.compile(r"^[ \t]*(?:- +)*(?:\{\{|\{%)|:[ \t]+\{\{|\{\{-|-\}\}", re.MULTILINE)
_IMAGE_LINE = re.compile(
    r"""^[ \t]*(?:-[ \t]+)*["']?image["']?[ \t]*:[ \t]+(?P<quote>["']?)(?P<image>[^\s"'#{\[|>&*!][^\r\n]*?)(?P=quote)"""
    r"""[ \t]*(?:[ \t]\#[^\r\n]*)?,?\r?$""",
    re.MULTILINE,
)
_TEMPLATED_LINE = re.compile(
    r"^[ \t]*(?:-[ \t]+)*[\"']?image[\"']?[ \t]*:[ \t]+(?P<image>[^\r\n]*\{\{[^\r\n]*?)[ \t]*\r?$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class TemplateSpot:
    """The text of an image in a template: offsets in code points; `templated` if an action composes it."""

    start: int
    end: int
    image: str
    templated: bool


def is_template(text: str) -> bool:
    """Whether a text that YAML parsers refuse is a Go (or Jinja) template."""
    return ("{{" in text or "{%" in text) and _ACTION.search(text) is not None


def find(text: str) -> Iterator[TemplateSpot]:
    """The images of a template: one for each `image:` line with a value."""
    for match in _TEMPLATED_LINE.finditer(text):
        yield TemplateSpot(match.start("image"), match.end("image"), match["image"].strip("\"'"), True)
    for match in _IMAGE_LINE.finditer(text):
        if "{{" not in match[0]:
            yield TemplateSpot(match.start("image"), match.end("image"), match["image"], False)
